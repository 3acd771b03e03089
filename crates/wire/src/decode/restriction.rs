//! Silencing (`conv` operations) and blocking (`blacklist`).

use parlor_model::{ClientId, ConversationId, Restriction, RestrictionChange};

use super::field;
use crate::proto::{BlacklistCommand, CommandType, ConvCommand, OpType};
use crate::request::{ClientBlock, InvalidRequest, Page, Request, Restrict, Target};

const TARGET: Target = Target::Conversation;

pub(crate) fn silence(
    change: RestrictionChange,
    body: &ConvCommand,
) -> Result<Request, InvalidRequest> {
    let conversation_id = field::conversation_id(body.cid.as_deref(), TARGET)?;
    Ok(Request::Restrict(Restrict {
        restriction: Restriction::Silenced,
        change,
        conversation_id,
        client_ids: field::some_client_ids("m", &body.m, TARGET)?,
        signature: None,
    }))
}

pub(crate) fn silenced(body: &ConvCommand) -> Result<Request, InvalidRequest> {
    Ok(Request::RestrictedQuery {
        restriction: Restriction::Silenced,
        conversation_id: field::conversation_id(body.cid.as_deref(), TARGET)?,
        page: page(body.limit, body.next.as_deref())?,
    })
}

pub(crate) fn check_silenced(body: &ConvCommand) -> Result<Request, InvalidRequest> {
    Ok(Request::RestrictedCheck {
        restriction: Restriction::Silenced,
        conversation_id: field::conversation_id(body.cid.as_deref(), TARGET)?,
        client_ids: field::some_client_ids("m", &body.m, TARGET)?,
    })
}

/// Decodes `blacklist`. Its source is a conversation that blocks clients, or a client that
/// blocks conversations.
pub(crate) fn blacklist(
    operation: Option<i32>,
    body: BlacklistCommand,
) -> Result<Request, InvalidRequest> {
    let of_client = body.src_cid.as_deref().is_none_or(str::is_empty)
        && (body.src_pid.is_some() || !body.to_cids.is_empty());
    match (operation.map(OpType::try_from), of_client) {
        (Some(Ok(OpType::Block)), false) => block(RestrictionChange::Imposed, body),
        (Some(Ok(OpType::Unblock)), false) => block(RestrictionChange::Lifted, body),
        (Some(Ok(OpType::Query)), false) => Ok(Request::RestrictedQuery {
            restriction: Restriction::Blocked,
            conversation_id: source(&body)?,
            page: page(body.limit, body.next.as_deref())?,
        }),
        (Some(Ok(OpType::CheckBlock)), false) => Ok(Request::RestrictedCheck {
            restriction: Restriction::Blocked,
            conversation_id: source(&body)?,
            client_ids: field::some_client_ids("toPids", &body.to_pids, TARGET)?,
        }),
        (Some(Ok(OpType::Block)), true) => client_block(RestrictionChange::Imposed, body),
        (Some(Ok(OpType::Unblock)), true) => client_block(RestrictionChange::Lifted, body),
        (Some(Ok(OpType::Query)), true) => Ok(Request::ClientBlockQuery {
            client_id: source_client(&body)?,
            page: page(body.limit, body.next.as_deref())?,
        }),
        (Some(Ok(OpType::CheckBlock)), true) => Ok(Request::ClientBlockCheck {
            client_id: source_client(&body)?,
            conversation_ids: conversations(&body)?,
        }),
        _ => Err(field::unsupported(CommandType::Blacklist as i32, operation)),
    }
}

fn block(change: RestrictionChange, body: BlacklistCommand) -> Result<Request, InvalidRequest> {
    Ok(Request::Restrict(Restrict {
        restriction: Restriction::Blocked,
        change,
        conversation_id: source(&body)?,
        client_ids: field::some_client_ids("toPids", &body.to_pids, TARGET)?,
        signature: field::signature(body.s, body.t, body.n),
    }))
}

fn client_block(
    change: RestrictionChange,
    body: BlacklistCommand,
) -> Result<Request, InvalidRequest> {
    Ok(Request::ClientBlock(ClientBlock {
        change,
        client_id: source_client(&body)?,
        conversation_ids: conversations(&body)?,
        signature: field::signature(body.s, body.t, body.n),
    }))
}

fn source(body: &BlacklistCommand) -> Result<ConversationId, InvalidRequest> {
    field::named_conversation_id("srcCid", body.src_cid.as_deref(), TARGET)
}

fn source_client(body: &BlacklistCommand) -> Result<Option<ClientId>, InvalidRequest> {
    body.src_pid
        .as_deref()
        .filter(|id| !id.is_empty())
        .map(|id| field::client_id("srcPid", id, TARGET))
        .transpose()
}

fn conversations(body: &BlacklistCommand) -> Result<Vec<ConversationId>, InvalidRequest> {
    let conversation_ids = field::conversation_ids("toCids", &body.to_cids, TARGET)?;
    if conversation_ids.is_empty() {
        return Err(field::missing("toCids", TARGET));
    }
    Ok(conversation_ids)
}

/// Cursors are offsets in decimal: Java counts them itself.
fn page(limit: Option<i32>, next: Option<&str>) -> Result<Page, InvalidRequest> {
    let offset = match next {
        None | Some("") => 0,
        Some(text) => text
            .parse()
            .map_err(|_| field::malformed("next", "is not a cursor of this server", TARGET))?,
    };
    Ok(Page {
        offset,
        limit: field::quantity(limit).filter(|limit| *limit > 0),
    })
}
