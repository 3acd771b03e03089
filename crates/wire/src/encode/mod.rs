//! From [`crate::reply`] to the generated types, one file per noun.

pub(crate) mod content;
pub(crate) mod conversation;
pub(crate) mod message;
pub(crate) mod patch;
pub(crate) mod restriction;
pub(crate) mod session;

use bytes::Bytes;
use parlor_model::{ClientId, JsonObject};
use prost::Message;

use crate::proto::{CommandType, ErrorCommand, GenericCommand, JsonObjectMessage, OpType};
use crate::reply::Refusal;

/// The value of `service` for everything but push and LiveQuery logins.
pub(crate) const MESSAGING: i32 = 2;

/// Starts a frame. `cmd` is set even when it is 0: JavaScript clients cannot read it otherwise.
pub(crate) fn frame(command: CommandType, operation: Option<OpType>) -> GenericCommand {
    GenericCommand {
        cmd: Some(command as i32),
        op: operation.map(|operation| operation as i32),
        ..GenericCommand::default()
    }
}

pub(crate) fn bytes(frame: &GenericCommand) -> Bytes {
    Bytes::from(frame.encode_to_vec())
}

pub(crate) fn error(refusal: &Refusal) -> ErrorCommand {
    ErrorCommand {
        code: refusal.code.number(),
        reason: refusal.code.name().to_owned(),
        detail: refusal.detail.clone(),
        pids: texts(&refusal.client_ids),
        ..ErrorCommand::default()
    }
}

pub(crate) fn texts(ids: &[ClientId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

pub(crate) fn json(object: &JsonObject) -> JsonObjectMessage {
    JsonObjectMessage {
        // A map with text keys always serialises.
        data: serde_json::to_string(object).unwrap_or_default(),
    }
}
