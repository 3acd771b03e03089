//! Replies and events about who is silenced or blocked.
//!
//! Silences are `conv` throughout. Blocks are answered as `blacklist`, but told as `conv`.

use parlor_model::{ClientId, ConversationId, ConversationKind, Restriction, RestrictionChange};

use super::conversation::{of_kind, with_body};
use super::{error, frame, texts};
use crate::proto::{BlacklistCommand, CommandType, ConvCommand, GenericCommand, OpType};
use crate::reply::Restricted;

fn blacklist(operation: OpType, body: BlacklistCommand) -> GenericCommand {
    GenericCommand {
        blacklist_message: Some(body),
        ..frame(CommandType::Blacklist, Some(operation))
    }
}

pub(crate) fn changed(outcome: &Restricted) -> GenericCommand {
    let allowed_pids = texts(&outcome.allowed);
    let failed_pids = outcome.failed.iter().map(error).collect();
    let conversation_id = Some(outcome.conversation_id.to_string());
    match outcome.restriction {
        Restriction::Silenced => with_body(
            match outcome.change {
                RestrictionChange::Imposed => OpType::ShutupAdded,
                RestrictionChange::Lifted => OpType::ShutupRemoved,
            },
            ConvCommand {
                cid: conversation_id,
                allowed_pids,
                failed_pids,
                ..ConvCommand::default()
            },
        ),
        Restriction::Blocked => blacklist(
            block_operation(outcome.change),
            BlacklistCommand {
                src_cid: conversation_id,
                allowed_pids,
                failed_pids,
                ..BlacklistCommand::default()
            },
        ),
    }
}

/// A last page has no `next`, not even an empty one.
pub(crate) fn page(
    restriction: Restriction,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
    next: Option<u32>,
) -> GenericCommand {
    let next = next.map(|offset| offset.to_string());
    match restriction {
        Restriction::Silenced => with_body(
            OpType::ShutupResult,
            ConvCommand {
                cid: Some(conversation_id.to_string()),
                m: texts(client_ids),
                next,
                ..ConvCommand::default()
            },
        ),
        Restriction::Blocked => blacklist(
            OpType::QueryResult,
            BlacklistCommand {
                src_cid: Some(conversation_id.to_string()),
                blocked_pids: texts(client_ids),
                next,
                ..BlacklistCommand::default()
            },
        ),
    }
}

pub(crate) fn checked(
    restriction: Restriction,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> GenericCommand {
    match restriction {
        Restriction::Silenced => with_body(
            OpType::CheckResult,
            ConvCommand {
                cid: Some(conversation_id.to_string()),
                m: texts(client_ids),
                ..ConvCommand::default()
            },
        ),
        Restriction::Blocked => blacklist(
            OpType::CheckResult,
            BlacklistCommand {
                src_cid: Some(conversation_id.to_string()),
                blocked_pids: texts(client_ids),
                ..BlacklistCommand::default()
            },
        ),
    }
}

pub(crate) fn client_block_changed(
    change: RestrictionChange,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> GenericCommand {
    blacklist(
        block_operation(change),
        BlacklistCommand {
            src_pid: Some(client_id.to_string()),
            to_cids: ids(conversation_ids),
            ..BlacklistCommand::default()
        },
    )
}

pub(crate) fn client_block_page(
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
    next: Option<u32>,
) -> GenericCommand {
    blacklist(
        OpType::QueryResult,
        BlacklistCommand {
            src_pid: Some(client_id.to_string()),
            blocked_cids: ids(conversation_ids),
            next: next.map(|offset| offset.to_string()),
            ..BlacklistCommand::default()
        },
    )
}

pub(crate) fn client_block_checked(
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> GenericCommand {
    blacklist(
        OpType::CheckResult,
        BlacklistCommand {
            src_pid: Some(client_id.to_string()),
            blocked_cids: ids(conversation_ids),
            ..BlacklistCommand::default()
        },
    )
}

/// Returns the body of an event; `members` is empty in the one that only concerns its recipient.
pub(crate) fn event_body(
    conversation_id: &ConversationId,
    kind: ConversationKind,
    members: &[ClientId],
    by: Option<&ClientId>,
) -> ConvCommand {
    ConvCommand {
        cid: Some(conversation_id.to_string()),
        m: texts(members),
        init_by: by.map(ToString::to_string),
        ..of_kind(kind)
    }
}

/// Returns the operation that tells a client of its own restriction.
pub(crate) const fn told_oneself(restriction: Restriction, change: RestrictionChange) -> OpType {
    match (restriction, change) {
        (Restriction::Silenced, RestrictionChange::Imposed) => OpType::Shutuped,
        (Restriction::Silenced, RestrictionChange::Lifted) => OpType::Unshutuped,
        (Restriction::Blocked, RestrictionChange::Imposed) => OpType::Blocked,
        (Restriction::Blocked, RestrictionChange::Lifted) => OpType::Unblocked,
    }
}

/// Returns the operation that tells everybody of somebody's restriction.
pub(crate) const fn told_everybody(restriction: Restriction, change: RestrictionChange) -> OpType {
    match (restriction, change) {
        (Restriction::Silenced, RestrictionChange::Imposed) => OpType::MembersShutuped,
        (Restriction::Silenced, RestrictionChange::Lifted) => OpType::MembersUnshutuped,
        (Restriction::Blocked, RestrictionChange::Imposed) => OpType::MembersBlocked,
        (Restriction::Blocked, RestrictionChange::Lifted) => OpType::MembersUnblocked,
    }
}

const fn block_operation(change: RestrictionChange) -> OpType {
    match change {
        RestrictionChange::Imposed => OpType::Blocked,
        RestrictionChange::Lifted => OpType::Unblocked,
    }
}

fn ids(conversation_ids: &[ConversationId]) -> Vec<String> {
    conversation_ids.iter().map(ToString::to_string).collect()
}
