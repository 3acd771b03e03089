//! Session replies.

use parlor_model::{ClientId, Timestamp};

use super::{frame, texts};
use crate::notice::SessionEnding;
use crate::proto::{CommandType, GenericCommand, OpType, SessionCommand};

pub(crate) fn opened(token: &str, ttl_secs: i32, patched_up_to: Timestamp) -> GenericCommand {
    with_body(
        OpType::Opened,
        SessionCommand {
            last_patch_time: Some(patched_up_to.as_millis()),
            ..with_token(token, ttl_secs)
        },
    )
}

pub(crate) fn refreshed(token: &str, ttl_secs: i32) -> GenericCommand {
    with_body(OpType::Refreshed, with_token(token, ttl_secs))
}

/// A code in here would turn the logout into a failure, so there is none.
pub(crate) fn closed() -> GenericCommand {
    with_body(OpType::Closed, SessionCommand::default())
}

pub(crate) fn ended(ending: &SessionEnding) -> GenericCommand {
    let reason = ending.reason.as_deref().unwrap_or(ending.code.name());
    with_body(
        OpType::Closed,
        SessionCommand {
            code: Some(ending.code.number()),
            reason: Some(reason.to_owned()),
            detail: ending.detail.clone(),
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

fn with_token(token: &str, ttl_secs: i32) -> SessionCommand {
    SessionCommand {
        st: Some(token.to_owned()),
        st_ttl: Some(ttl_secs),
        ..SessionCommand::default()
    }
}

fn with_body(operation: OpType, body: SessionCommand) -> GenericCommand {
    GenericCommand {
        session_message: Some(body),
        ..frame(CommandType::Session, Some(operation))
    }
}
