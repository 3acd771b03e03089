//! From [`Event`] to a frame: encoded once, then addressed to each recipient.
//!
//! **Invariant:** an event never carries a serial number, and always `service` and `serverTs`;
//! several SDKs drop it otherwise (spec 02 §1).

use bytes::{BufMut, Bytes, BytesMut};
use parlor_model::{
    AttributeChange, ClientId, ConversationId, ConversationKind, Event, EventKind, Message,
    MessageId, ReceiptKind, Timestamp, UnreadConversation,
};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use crate::encode::conversation::{member_info, of_kind, with_body};
use crate::encode::{self, content, json, patch, restriction, texts};
use crate::proto::{
    CommandType, ConvCommand, DirectCommand, GenericCommand, OpType, RcpCommand, UnreadCommand,
    UnreadTuple,
};

/// Which of the two attribute maps of an update a session understands (spec 02 §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeDialect {
    /// The request's own keys and operations.
    AsRequested,
    /// Resulting values in place of operations: JavaScript SDKs assign whatever they get.
    Resolved,
}

/// `notificationType` of events that are kept for clients who missed them.
const PERMANENT: i32 = 1;
/// The field number of `peerId` in an envelope.
const PEER_ID: u32 = 4;

/// Returns the event's frame without its recipient.
#[must_use]
pub fn encode(event: &Event, dialect: AttributeDialect) -> Bytes {
    let mut frame = frame(&event.kind, dialect);
    frame.service = Some(encode::MESSAGING);
    frame.notification_type = event.kind.is_permanent().then_some(PERMANENT);
    frame.server_ts = Some(event.happened_at.as_millis());
    if let Some(receipt) = &mut frame.rcp_message {
        receipt.t = frame.server_ts;
    }
    encode::bytes(&frame)
}

/// Returns an encoded event addressed to one client.
///
/// Protobuf fields may come in any order, so the recipient is appended and everything else is
/// encoded once for all of them.
#[must_use]
pub fn address(encoded: &Bytes, client_id: &ClientId) -> Bytes {
    let id = client_id.as_str().as_bytes();
    let id_len = id.len() as u64;
    let mut frame = BytesMut::with_capacity(
        encoded.len() + key_len(PEER_ID) + encoded_len_varint(id_len) + id.len(),
    );
    frame.put_slice(encoded);
    encode_key(PEER_ID, WireType::LengthDelimited, &mut frame);
    encode_varint(id_len, &mut frame);
    frame.put_slice(id);
    frame.freeze()
}

fn frame(kind: &EventKind, dialect: AttributeDialect) -> GenericCommand {
    match kind {
        EventKind::Joined {
            conversation_id,
            conversation_kind,
            by,
            updated_at,
            temporary_ttl_secs,
        } => with_body(
            OpType::Joined,
            ConvCommand {
                temp_conv_ttl: *temporary_ttl_secs,
                ..member_change(
                    conversation_id,
                    *conversation_kind,
                    by.as_ref(),
                    *updated_at,
                    &[],
                )
            },
        ),
        EventKind::MembersJoined {
            conversation_id,
            conversation_kind,
            members,
            by,
            updated_at,
            temporary_ttl_secs,
        } => with_body(
            OpType::MembersJoined,
            ConvCommand {
                temp_conv_ttl: *temporary_ttl_secs,
                ..member_change(
                    conversation_id,
                    *conversation_kind,
                    by.as_ref(),
                    *updated_at,
                    members,
                )
            },
        ),
        EventKind::Left {
            conversation_id,
            conversation_kind,
            by,
            updated_at,
        } => with_body(
            OpType::Left,
            member_change(
                conversation_id,
                *conversation_kind,
                by.as_ref(),
                *updated_at,
                &[],
            ),
        ),
        EventKind::MembersLeft {
            conversation_id,
            conversation_kind,
            members,
            by,
            updated_at,
        } => with_body(
            OpType::MembersLeft,
            member_change(
                conversation_id,
                *conversation_kind,
                by.as_ref(),
                *updated_at,
                members,
            ),
        ),
        EventKind::Updated {
            conversation_id,
            by,
            updated_at,
            change,
        } => with_body(
            OpType::Updated,
            attribute_change(conversation_id, by.as_ref(), *updated_at, change, dialect),
        ),
        EventKind::RoleChanged {
            conversation_kind,
            assigned,
            by,
        } => with_body(
            OpType::MemberInfoChanged,
            ConvCommand {
                cid: Some(assigned.conversation_id.to_string()),
                init_by: by.as_ref().map(ToString::to_string),
                info: Some(member_info(
                    &assigned.client_id,
                    assigned.role,
                    &assigned.id,
                )),
                ..of_kind(*conversation_kind)
            },
        ),
        EventKind::Restricted {
            conversation_id,
            conversation_kind,
            restriction,
            change,
            by,
        } => with_body(
            restriction::told_oneself(*restriction, *change),
            restriction::event_body(conversation_id, *conversation_kind, &[], by.as_ref()),
        ),
        EventKind::MembersRestricted {
            conversation_id,
            conversation_kind,
            restriction,
            change,
            members,
            by,
        } => with_body(
            restriction::told_everybody(*restriction, *change),
            restriction::event_body(conversation_id, *conversation_kind, members, by.as_ref()),
        ),
        EventKind::Message(message) | EventKind::Will(message) => of_message(direct(message)),
        EventKind::Missed { message, more } => of_message(DirectCommand {
            offline: Some(true),
            has_more: more.then_some(true),
            ..direct(message)
        }),
        EventKind::Patched(patch) => patch::modify(patch),
        EventKind::Receipt {
            conversation_id,
            message_id,
            recipient,
            kind: receipt_kind,
            is_group: _,
        } => receipt(conversation_id, message_id, recipient, *receipt_kind),
        EventKind::Unread {
            conversations,
            notified_at,
        } => unread(conversations, *notified_at),
    }
}

fn member_change(
    conversation_id: &ConversationId,
    kind: ConversationKind,
    by: Option<&ClientId>,
    updated_at: Timestamp,
    members: &[ClientId],
) -> ConvCommand {
    ConvCommand {
        cid: Some(conversation_id.to_string()),
        m: texts(members),
        init_by: by.map(ToString::to_string),
        udate: Some(updated_at.to_iso()),
        ..of_kind(kind)
    }
}

fn attribute_change(
    conversation_id: &ConversationId,
    by: Option<&ClientId>,
    updated_at: Timestamp,
    change: &AttributeChange,
    dialect: AttributeDialect,
) -> ConvCommand {
    ConvCommand {
        cid: Some(conversation_id.to_string()),
        init_by: by.map(ToString::to_string),
        udate: Some(updated_at.to_iso()),
        attr: Some(json(match dialect {
            AttributeDialect::AsRequested => &change.requested,
            AttributeDialect::Resolved => &change.resolved,
        })),
        attr_modified: Some(json(&change.modified)),
        ..ConvCommand::default()
    }
}

fn of_message(body: DirectCommand) -> GenericCommand {
    GenericCommand {
        direct_message: Some(body),
        ..encode::frame(CommandType::Direct, None)
    }
}

fn direct(message: &Message) -> DirectCommand {
    let (msg, binary_msg) = content::text_or_binary(&message.content);
    DirectCommand {
        msg,
        binary_msg,
        from_peer_id: Some(message.sender.to_string()),
        timestamp: Some(message.sent_at.as_millis()),
        cid: Some(message.conversation_id.to_string()),
        id: Some(message.id.to_string()),
        transient: message.transient.then_some(true),
        // A zero here would date an untouched message to 1970.
        patch_timestamp: message.patched_at.map(Timestamp::as_millis),
        mention_pids: texts(&message.mention.clients),
        mention_all: Some(message.mention.all),
        conv_type: Some(i32::from(message.kind.number())),
        ..DirectCommand::default()
    }
}

fn receipt(
    conversation_id: &ConversationId,
    message_id: &MessageId,
    recipient: &ClientId,
    kind: ReceiptKind,
) -> GenericCommand {
    GenericCommand {
        rcp_message: Some(RcpCommand {
            id: Some(message_id.to_string()),
            cid: Some(conversation_id.to_string()),
            from: Some(recipient.to_string()),
            // Java looks whether it is there, not what it says.
            read: (kind == ReceiptKind::Read).then_some(true),
            ..RcpCommand::default()
        }),
        ..encode::frame(CommandType::Rcp, None)
    }
}

fn unread(conversations: &[UnreadConversation], notified_at: Timestamp) -> GenericCommand {
    GenericCommand {
        unread_message: Some(UnreadCommand {
            convs: conversations.iter().map(unread_tuple).collect(),
            notif_time: Some(notified_at.as_millis()),
        }),
        ..encode::frame(CommandType::Unread, None)
    }
}

fn unread_tuple(conversation: &UnreadConversation) -> UnreadTuple {
    let bare = UnreadTuple {
        cid: conversation.conversation_id.to_string(),
        unread: conversation.count,
        mentioned: Some(conversation.mentioned),
        conv_type: Some(i32::from(conversation.conversation_kind.number())),
        ..UnreadTuple::default()
    };
    let Some(message) = &conversation.last_message else {
        return bare;
    };
    let (data, binary_msg) = content::text_or_binary(&message.content);
    UnreadTuple {
        mid: Some(message.id.to_string()),
        timestamp: Some(message.sent_at.as_millis()),
        from: Some(message.sender.to_string()),
        data,
        binary_msg,
        patch_timestamp: message.patched_at.map(Timestamp::as_millis),
        ..bare
    }
}

#[cfg(test)]
mod tests;
