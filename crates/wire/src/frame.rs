//! From a protobuf frame's bytes to a [`Command`].
//!
//! **Invariant:** any bytes give a command or [`Undecodable`], never a panic. Size limits,
//! sessions and permissions are somebody else's; only the shape is judged here.

use prost::Message;

use crate::decode::{conversation, field, message, patch, restriction, session};
use crate::proto::{CommandType, GenericCommand, OpType};
use crate::request::{Command, Envelope, InvalidRequest, Request};

/// The bytes are no frame; the connection closes with
/// [`crate::close_code::CloseCode::UnparseableRawMessage`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// No protobuf of a command.
    #[error("frame is not a command: {0}")]
    Protobuf(prost::DecodeError),
    /// No JSON of a command.
    #[error("frame is not a command: {0}")]
    Json(String),
}

/// Decodes one frame.
///
/// # Errors
/// [`Undecodable`] when the bytes are not the protobuf of a command. A command that can be
/// read but not executed is `Ok` and carries its [`InvalidRequest`], because it is answered.
pub fn decode(bytes: &[u8]) -> Result<Command, Undecodable> {
    GenericCommand::decode(bytes)
        .map(command)
        .map_err(Undecodable::Protobuf)
}

pub(crate) fn command(frame: GenericCommand) -> Command {
    Command {
        envelope: envelope(&frame),
        request: request(frame),
    }
}

pub(crate) fn envelope(frame: &GenericCommand) -> Envelope {
    Envelope {
        serial: frame.i,
        client_id: frame.peer_id.clone().filter(|id| !id.is_empty()),
        app_id: frame.app_id.clone().filter(|id| !id.is_empty()),
        service: frame.service,
        installation_id: frame.installation_id.clone().filter(|id| !id.is_empty()),
    }
}

fn request(frame: GenericCommand) -> Result<Request, InvalidRequest> {
    // proto2 reads an absent enum as its first value, and encoders that skip zeros leave the
    // session command out.
    let command = frame.cmd.unwrap_or(CommandType::Session as i32);
    let operation = frame.op;
    match CommandType::try_from(command) {
        Ok(CommandType::Session) => {
            let body = frame.session_message.unwrap_or_default();
            session::decode(operation, body)
        }
        Ok(CommandType::Conv) => {
            let body = frame.conv_message.unwrap_or_default();
            conversation::decode(operation, body)
        }
        Ok(CommandType::Blacklist) => {
            restriction::blacklist(operation, frame.blacklist_message.unwrap_or_default())
        }
        // No operation is asked of these: some SDKs put one that means nothing.
        Ok(CommandType::Direct) => {
            let priority = message::priority(frame.priority);
            message::send(frame.direct_message.unwrap_or_default(), priority)
        }
        Ok(CommandType::Ack) => message::ack(frame.ack_message.unwrap_or_default()),
        Ok(CommandType::Read) => message::read(frame.read_message.unwrap_or_default()),
        Ok(CommandType::Logs) => message::history(&frame.logs_message.unwrap_or_default()),
        Ok(CommandType::Echo) => Ok(Request::Echo),
        Ok(CommandType::Login) => Ok(Request::Login),
        Ok(CommandType::Logout) => Ok(Request::Logout),
        Ok(CommandType::Report) if operation == Some(OpType::Upload as i32) => {
            session::report(frame.report_message.unwrap_or_default())
        }
        Ok(CommandType::Patch) => patch::decode(operation, frame.patch_message.unwrap_or_default()),
        Ok(
            CommandType::Rcp
            | CommandType::Unread
            | CommandType::Error
            | CommandType::Data
            | CommandType::Room
            | CommandType::Presence
            | CommandType::Report
            | CommandType::Loggedin
            | CommandType::Loggedout
            | CommandType::Pubsub
            | CommandType::Goaway,
        )
        | Err(_) => Err(field::unsupported(command, operation)),
    }
}

#[cfg(test)]
mod tests;
