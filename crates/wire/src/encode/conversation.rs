//! Conversation replies.

use parlor_model::{
    ClientId, ConversationId, ConversationKind, JsonObject, MemberRole, MemberRoleId, Timestamp,
};
use serde_json::Value;

use super::{error, frame, json, texts};
use crate::proto::{
    CommandType, ConvCommand, ConvMemberInfo, GenericCommand, JsonObjectMessage, MaxReadTuple,
    OpType,
};
use crate::reply::{MembersChanged, Progress};

pub(crate) fn with_body(operation: OpType, body: ConvCommand) -> GenericCommand {
    GenericCommand {
        conv_message: Some(body),
        ..frame(CommandType::Conv, Some(operation))
    }
}

pub(crate) fn started(
    conversation_id: &ConversationId,
    kind: ConversationKind,
    created_at: Timestamp,
    unique_id: Option<&str>,
    existing: bool,
    temporary_ttl_secs: Option<i32>,
) -> GenericCommand {
    with_body(
        OpType::Started,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            cdate: Some(created_at.to_iso()),
            unique_id: unique_id.map(ToOwned::to_owned),
            existing: existing.then_some(true),
            temp_conv_ttl: temporary_ttl_secs,
            ..of_kind(kind)
        },
    )
}

/// Marks rooms and temporary conversations, which Java tells apart by these fields.
pub(crate) fn of_kind(kind: ConversationKind) -> ConvCommand {
    ConvCommand {
        transient: (kind == ConversationKind::ChatRoom).then_some(true),
        temp_conv: (kind == ConversationKind::Temporary).then_some(true),
        ..ConvCommand::default()
    }
}

pub(crate) fn member_info(
    client_id: &ClientId,
    role: MemberRole,
    role_id: &MemberRoleId,
) -> ConvMemberInfo {
    ConvMemberInfo {
        pid: Some(client_id.to_string()),
        role: Some(role.name().to_owned()),
        info_id: Some(role_id.to_string()),
    }
}

pub(crate) fn role_updated(
    conversation_id: &ConversationId,
    info: ConvMemberInfo,
) -> GenericCommand {
    with_body(
        OpType::MemberInfoUpdated,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            info: Some(info),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn members_changed(operation: OpType, outcome: &MembersChanged) -> GenericCommand {
    with_body(
        operation,
        ConvCommand {
            cid: Some(outcome.conversation_id.to_string()),
            udate: Some(outcome.updated_at.to_iso()),
            allowed_pids: texts(&outcome.allowed),
            failed_pids: outcome.failed.iter().map(error).collect(),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn results(rows: &str) -> GenericCommand {
    with_body(
        OpType::Results,
        ConvCommand {
            results: Some(JsonObjectMessage {
                data: rows.to_owned(),
            }),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn updated(
    conversation_id: &ConversationId,
    updated_at: Timestamp,
    attributes: &JsonObject,
    modified: &JsonObject,
) -> GenericCommand {
    with_body(
        OpType::Updated,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            udate: Some(updated_at.to_iso()),
            attr: Some(json(attributes)),
            attr_modified: Some(json(modified)),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn muted(
    conversation_id: &ConversationId,
    updated_at: Timestamp,
    muted: &[ClientId],
) -> GenericCommand {
    let column = Value::from(texts(muted));
    with_body(
        OpType::Updated,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            udate: Some(updated_at.to_iso()),
            attr_modified: Some(json(&JsonObject::from_iter([("mu".to_owned(), column)]))),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn count(conversation_id: &ConversationId, count: i32) -> GenericCommand {
    with_body(
        OpType::Result,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            count: Some(count),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn is_member(membership: &[(ConversationId, bool)]) -> GenericCommand {
    let answers: JsonObject = membership
        .iter()
        .map(|(id, is_member)| (id.to_string(), Value::Bool(*is_member)))
        .collect();
    with_body(
        OpType::IsMember,
        ConvCommand {
            results: Some(json(&answers)),
            ..ConvCommand::default()
        },
    )
}

pub(crate) fn members(conversation_id: &ConversationId, members: &[ClientId]) -> GenericCommand {
    with_body(
        OpType::Members,
        ConvCommand {
            cid: Some(conversation_id.to_string()),
            m: texts(members),
            ..ConvCommand::default()
        },
    )
}

/// Members come one by one when there are any, else the slowest stands for them all.
pub(crate) fn max_read(
    conversation_id: &ConversationId,
    slowest: &Progress,
    members: &[(ClientId, Progress)],
) -> GenericCommand {
    let body = ConvCommand {
        cid: Some(conversation_id.to_string()),
        ..ConvCommand::default()
    };
    let body = if members.is_empty() {
        ConvCommand {
            max_ack_timestamp: slowest.acked_up_to.map(Timestamp::as_millis),
            max_read_timestamp: slowest.read_up_to.map(Timestamp::as_millis),
            ..body
        }
    } else {
        ConvCommand {
            max_read_tuples: members.iter().map(max_read_tuple).collect(),
            ..body
        }
    };
    with_body(OpType::MaxRead, body)
}

fn max_read_tuple((client_id, progress): &(ClientId, Progress)) -> MaxReadTuple {
    MaxReadTuple {
        pid: Some(client_id.to_string()),
        max_ack_timestamp: progress.acked_up_to.map(Timestamp::as_millis),
        max_read_timestamp: progress.read_up_to.map(Timestamp::as_millis),
    }
}
