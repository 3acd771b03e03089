//! Session replies.

use parlor_model::ClientId;

use super::{frame, texts};
use crate::proto::{CommandType, GenericCommand, OpType, SessionCommand};
use crate::reply::Refusal;

pub(crate) fn with_token(operation: OpType, token: &str, ttl_secs: i32) -> GenericCommand {
    with_body(
        operation,
        SessionCommand {
            st: Some(token.to_owned()),
            st_ttl: Some(ttl_secs),
            ..SessionCommand::default()
        },
    )
}

/// A code in here would turn the logout into a failure, so there is none.
pub(crate) fn closed() -> GenericCommand {
    with_body(OpType::Closed, SessionCommand::default())
}

pub(crate) fn refused(refusal: &Refusal) -> GenericCommand {
    with_body(
        OpType::Closed,
        SessionCommand {
            code: Some(refusal.code.number()),
            reason: Some(refusal.code.name().to_owned()),
            detail: refusal.detail.clone(),
            ..SessionCommand::default()
        },
    )
}

pub(crate) fn query_result(online: &[ClientId]) -> GenericCommand {
    with_body(
        OpType::QueryResult,
        SessionCommand {
            online_session_peer_ids: texts(online),
            ..SessionCommand::default()
        },
    )
}

pub(crate) fn service(
    command: CommandType,
    service: i32,
    installation_id: Option<&str>,
) -> GenericCommand {
    GenericCommand {
        service: Some(service),
        installation_id: installation_id.map(ToOwned::to_owned),
        ..frame(command, None)
    }
}

fn with_body(operation: OpType, body: SessionCommand) -> GenericCommand {
    GenericCommand {
        session_message: Some(body),
        ..frame(CommandType::Session, Some(operation))
    }
}
