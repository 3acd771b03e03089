//! A client's encoder for requests, so that decoding can be checked against it.

use bytes::Bytes;
use parlor_model::{
    ConversationId, JsonObject, Priority, Restriction, RestrictionChange, Timestamp,
};

use crate::encode::{content, frame, json, texts};
use crate::proto::{
    AckCommand, BlacklistCommand, CommandType, ConvCommand, ConvMemberInfo, DirectCommand,
    GenericCommand, LogsCommand, OpType, PatchCommand, PatchItem, ReadCommand, ReadTuple,
    ReportCommand, SessionCommand,
};
use crate::request::{
    ConversationQuery, ConversationStart, Envelope, HistoryDirection, MemberChange, MessageAck,
    MessageHistory, MessagePatch, MessageSend, Page, PatchChange, ReadPosition, Request, Restrict,
    SessionOpen, Signature,
};

pub(super) fn wire_form(envelope: &Envelope, request: &Request) -> GenericCommand {
    GenericCommand {
        i: envelope.serial,
        peer_id: envelope.client_id.clone(),
        app_id: envelope.app_id.clone(),
        service: envelope.service,
        installation_id: envelope.installation_id.clone(),
        ..body(request)
    }
}

fn body(request: &Request) -> GenericCommand {
    match request {
        Request::Echo => frame(CommandType::Echo, None),
        Request::Heartbeat => GenericCommand::default(),
        Request::Login => frame(CommandType::Login, None),
        Request::Logout => frame(CommandType::Logout, None),
        Request::PatchModified => frame(CommandType::Patch, Some(OpType::Modified)),
        Request::SessionOpen(open) => session(OpType::Open, session_open(open)),
        Request::SessionRefresh { token, signature } => session(
            OpType::Refresh,
            SessionCommand {
                st: token.clone(),
                ..signed_session(signature.as_ref())
            },
        ),
        Request::SessionClose => session(OpType::Close, SessionCommand::default()),
        Request::SessionQuery { client_ids } => session(
            OpType::Query,
            SessionCommand {
                session_peer_ids: texts(client_ids),
                ..SessionCommand::default()
            },
        ),
        Request::ReportDeviceToken { token } => GenericCommand {
            report_message: Some(ReportCommand {
                initiative: Some(true),
                r#type: Some("token".to_owned()),
                data: Some(token.0.to_string()),
            }),
            ..frame(CommandType::Report, Some(OpType::Upload))
        },
        Request::ConversationStart(start) => conv(OpType::Start, conversation_start(start)),
        Request::ConversationAdd(change) => conv(OpType::Add, member_change(change)),
        Request::ConversationRemove(change) => conv(OpType::Remove, member_change(change)),
        Request::ConversationQuery(query) => conv(OpType::Query, conversation_query(query)),
        Request::ConversationUpdate {
            conversation_id,
            attributes,
        } => conv(OpType::Update, update(conversation_id, attributes.as_ref())),
        Request::ConversationRoleUpdate {
            conversation_id,
            client_id,
            role,
        } => conv(
            OpType::MemberInfoUpdate,
            ConvCommand {
                target_client_id: Some(client_id.to_string()),
                info: Some(ConvMemberInfo {
                    pid: Some(client_id.to_string()),
                    role: role.map(|role| role.name().to_owned()),
                    info_id: None,
                }),
                ..of_conversation(conversation_id)
            },
        ),
        Request::Restrict(restrict) => restriction_change(restrict),
        Request::RestrictedQuery {
            restriction,
            conversation_id,
            page,
        } => match restriction {
            Restriction::Silenced => conv(
                OpType::QueryShutup,
                ConvCommand {
                    limit: page.limit.map(u32::cast_signed),
                    next: Some(page.offset.to_string()),
                    ..of_conversation(conversation_id)
                },
            ),
            Restriction::Blocked => blacklist(
                OpType::Query,
                BlacklistCommand {
                    src_cid: Some(conversation_id.to_string()),
                    ..paged(*page)
                },
            ),
        },
        Request::RestrictedCheck {
            restriction,
            conversation_id,
            client_ids,
        } => match restriction {
            Restriction::Silenced => conv(
                OpType::CheckShutup,
                ConvCommand {
                    m: texts(client_ids),
                    ..of_conversation(conversation_id)
                },
            ),
            Restriction::Blocked => blacklist(
                OpType::CheckBlock,
                BlacklistCommand {
                    src_cid: Some(conversation_id.to_string()),
                    to_pids: texts(client_ids),
                    ..BlacklistCommand::default()
                },
            ),
        },
        Request::ClientBlock(block) => blacklist(
            block_operation(block.change),
            BlacklistCommand {
                src_pid: block.client_id.as_ref().map(ToString::to_string),
                to_cids: ids(&block.conversation_ids),
                ..signed_blacklist(block.signature.as_ref())
            },
        ),
        Request::ClientBlockQuery { client_id, page } => blacklist(
            OpType::Query,
            BlacklistCommand {
                // Without a conversation, even an empty client makes it a client's list.
                src_pid: Some(
                    client_id
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                ),
                ..paged(*page)
            },
        ),
        Request::ClientBlockCheck {
            client_id,
            conversation_ids,
        } => blacklist(
            OpType::CheckBlock,
            BlacklistCommand {
                src_pid: client_id.as_ref().map(ToString::to_string),
                to_cids: ids(conversation_ids),
                ..BlacklistCommand::default()
            },
        ),
        Request::ConversationMute { conversation_id } => {
            conv(OpType::Mute, of_conversation(conversation_id))
        }
        Request::ConversationUnmute { conversation_id } => {
            conv(OpType::Unmute, of_conversation(conversation_id))
        }
        Request::ConversationCount { conversation_id } => {
            conv(OpType::Count, of_conversation(conversation_id))
        }
        Request::ConversationIsMember { conversation_ids } => conv(
            OpType::IsMember,
            ConvCommand {
                cids: conversation_ids.iter().map(ToString::to_string).collect(),
                ..ConvCommand::default()
            },
        ),
        Request::ConversationMembers {
            conversation_id,
            limit,
        } => conv(
            OpType::Members,
            ConvCommand {
                limit: limit.map(u32::cast_signed),
                ..of_conversation(conversation_id)
            },
        ),
        Request::ConversationMaxRead {
            conversation_id,
            each_member,
        } => conv(
            OpType::MaxRead,
            ConvCommand {
                query_all_members: Some(*each_member),
                ..of_conversation(conversation_id)
            },
        ),
        Request::MessageSend(message) => GenericCommand {
            direct_message: Some(message_send(message)),
            priority: Some(match message.priority {
                Priority::High => 1,
                Priority::Normal => 2,
                Priority::Low => 3,
            }),
            ..frame(CommandType::Direct, None)
        },
        Request::MessagePatch(patch) => GenericCommand {
            patch_message: Some(PatchCommand {
                patches: vec![patch_item(patch)],
                ..PatchCommand::default()
            }),
            ..frame(CommandType::Patch, Some(OpType::Modify))
        },
        Request::MessageAck(ack) => GenericCommand {
            ack_message: Some(message_ack(ack)),
            ..frame(CommandType::Ack, None)
        },
        Request::MessageRead { positions } => GenericCommand {
            read_message: Some(ReadCommand {
                convs: positions.iter().map(read_tuple).collect(),
                ..ReadCommand::default()
            }),
            ..frame(CommandType::Read, None)
        },
        Request::MessageHistory(history) => GenericCommand {
            logs_message: Some(message_history(history)),
            ..frame(CommandType::Logs, None)
        },
    }
}

fn session(operation: OpType, body: SessionCommand) -> GenericCommand {
    GenericCommand {
        session_message: Some(body),
        ..frame(CommandType::Session, Some(operation))
    }
}

fn conv(operation: OpType, body: ConvCommand) -> GenericCommand {
    GenericCommand {
        conv_message: Some(body),
        ..frame(CommandType::Conv, Some(operation))
    }
}

fn blacklist(operation: OpType, body: BlacklistCommand) -> GenericCommand {
    GenericCommand {
        blacklist_message: Some(body),
        ..frame(CommandType::Blacklist, Some(operation))
    }
}

const fn block_operation(change: RestrictionChange) -> OpType {
    match change {
        RestrictionChange::Imposed => OpType::Block,
        RestrictionChange::Lifted => OpType::Unblock,
    }
}

fn restriction_change(restrict: &Restrict) -> GenericCommand {
    match restrict.restriction {
        Restriction::Silenced => conv(
            match restrict.change {
                RestrictionChange::Imposed => OpType::AddShutup,
                RestrictionChange::Lifted => OpType::RemoveShutup,
            },
            ConvCommand {
                m: texts(&restrict.client_ids),
                ..of_conversation(&restrict.conversation_id)
            },
        ),
        Restriction::Blocked => blacklist(
            block_operation(restrict.change),
            BlacklistCommand {
                src_cid: Some(restrict.conversation_id.to_string()),
                to_pids: texts(&restrict.client_ids),
                ..signed_blacklist(restrict.signature.as_ref())
            },
        ),
    }
}

fn paged(page: Page) -> BlacklistCommand {
    BlacklistCommand {
        limit: page.limit.map(u32::cast_signed),
        next: Some(page.offset.to_string()),
        ..BlacklistCommand::default()
    }
}

fn ids(conversation_ids: &[ConversationId]) -> Vec<String> {
    conversation_ids.iter().map(ToString::to_string).collect()
}

fn signed_blacklist(signature: Option<&Signature>) -> BlacklistCommand {
    BlacklistCommand {
        s: signature.map(|signed| signed.signature.clone()),
        t: signature.map(|signed| signed.timestamp),
        n: signature.map(|signed| signed.nonce.clone()),
        ..BlacklistCommand::default()
    }
}

fn signed_session(signature: Option<&Signature>) -> SessionCommand {
    SessionCommand {
        s: signature.map(|signed| signed.signature.clone()),
        t: signature.map(|signed| signed.timestamp),
        n: signature.map(|signed| signed.nonce.clone()),
        ..SessionCommand::default()
    }
}

fn signed_conv(signature: Option<&Signature>) -> ConvCommand {
    ConvCommand {
        s: signature.map(|signed| signed.signature.clone()),
        t: signature.map(|signed| signed.timestamp),
        n: signature.map(|signed| signed.nonce.clone()),
        ..ConvCommand::default()
    }
}

fn of_conversation(id: &ConversationId) -> ConvCommand {
    ConvCommand {
        cid: Some(id.to_string()),
        ..ConvCommand::default()
    }
}

fn update(id: &ConversationId, attributes: Option<&JsonObject>) -> ConvCommand {
    ConvCommand {
        attr: attributes.map(json),
        ..of_conversation(id)
    }
}

fn session_open(open: &SessionOpen) -> SessionCommand {
    SessionCommand {
        ua: open.user_agent.clone(),
        st: open.token.clone(),
        r: Some(open.reconnect),
        tag: open.tag.as_ref().map(ToString::to_string),
        device_id: open.device_id.as_ref().map(|id| id.0.to_string()),
        config_bitmap: open.features.map(|features| features.bits().cast_signed()),
        last_unread_notif_time: open.last_unread_notified_at.map(Timestamp::as_millis),
        last_patch_time: open.last_patched_at.map(Timestamp::as_millis),
        ..signed_session(open.signature.as_ref())
    }
}

fn conversation_start(start: &ConversationStart) -> ConvCommand {
    ConvCommand {
        m: texts(&start.members),
        attr: Some(json(&start.attributes)),
        unique: Some(start.unique),
        transient: Some(start.chat_room),
        temp_conv: Some(start.temporary),
        temp_conv_ttl: start.temporary_ttl_secs,
        ..signed_conv(start.signature.as_ref())
    }
}

fn member_change(change: &MemberChange) -> ConvCommand {
    ConvCommand {
        cid: Some(change.conversation_id.to_string()),
        m: texts(&change.members),
        ..signed_conv(change.signature.as_ref())
    }
}

fn conversation_query(query: &ConversationQuery) -> ConvCommand {
    ConvCommand {
        r#where: Some(json(&query.filter)),
        sort: query.sort.clone(),
        skip: Some(query.skip.cast_signed()),
        limit: query.limit.map(u32::cast_signed),
        flag: Some(i32::from(query.compact) | i32::from(query.with_last_message) << 1),
        temp_conv_ids: query
            .temporary_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
        ..ConvCommand::default()
    }
}

fn message_send(message: &MessageSend) -> DirectCommand {
    let (msg, binary_msg) = content::text_or_binary(&message.content);
    DirectCommand {
        cid: Some(message.conversation_id.to_string()),
        msg,
        binary_msg,
        transient: Some(message.transient),
        r: Some(message.receipt),
        will: Some(message.will),
        dt: message.dedupe_token.clone(),
        push_data: message.push_data.clone(),
        mention_all: Some(message.mention_all),
        mention_pids: texts(&message.mentions),
        ..DirectCommand::default()
    }
}

fn patch_item(patch: &MessagePatch) -> PatchItem {
    let bare = PatchItem {
        cid: Some(patch.conversation_id.to_string()),
        mid: Some(patch.message_id.to_string()),
        timestamp: patch.sent_at.map(Timestamp::as_millis),
        ..PatchItem::default()
    };
    match &patch.change {
        PatchChange::Recall => PatchItem {
            recall: Some(true),
            ..bare
        },
        PatchChange::Edit {
            content,
            mention_all,
            mentions,
        } => {
            let (data, binary_msg) = content::text_or_binary(content);
            PatchItem {
                data: data.map(Bytes::from),
                binary_msg,
                mention_all: Some(*mention_all),
                mention_pids: texts(mentions),
                ..bare
            }
        }
    }
}

fn message_ack(ack: &MessageAck) -> AckCommand {
    match ack {
        MessageAck::One {
            conversation_id,
            message_id,
        } => AckCommand {
            cid: Some(conversation_id.to_string()),
            mid: Some(message_id.to_string()),
            ..AckCommand::default()
        },
        MessageAck::Range {
            conversation_id,
            from,
            to,
        } => AckCommand {
            cid: Some(conversation_id.to_string()),
            fromts: from.map(Timestamp::as_millis),
            tots: Some(to.as_millis()),
            ..AckCommand::default()
        },
        MessageAck::Ids(ids) => AckCommand {
            ids: ids.clone(),
            ..AckCommand::default()
        },
    }
}

fn read_tuple(position: &ReadPosition) -> ReadTuple {
    ReadTuple {
        cid: position.conversation_id.to_string(),
        timestamp: position.sent_at.map(Timestamp::as_millis),
        mid: position.message_id.as_ref().map(ToString::to_string),
    }
}

fn message_history(history: &MessageHistory) -> LogsCommand {
    LogsCommand {
        cid: Some(history.conversation_id.to_string()),
        t: history.start.sent_at.map(Timestamp::as_millis),
        mid: history.start.message_id.as_ref().map(ToString::to_string),
        t_included: Some(history.start.included),
        tt: history.end.sent_at.map(Timestamp::as_millis),
        tmid: history.end.message_id.as_ref().map(ToString::to_string),
        tt_included: Some(history.end.included),
        direction: Some(match history.direction {
            HistoryDirection::Older => 1,
            HistoryDirection::Newer => 2,
        }),
        limit: history.limit.map(u32::cast_signed),
        lctype: history.typed,
        ..LogsCommand::default()
    }
}
