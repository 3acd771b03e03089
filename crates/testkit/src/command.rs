//! Constructors for the frames a client sends; [`crate::Client::request`] adds the serial.

use bytes::Bytes;
use parlor_wire::proto::{
    AckCommand, BlacklistCommand, CommandType, ConvCommand, ConvMemberInfo, DirectCommand,
    GenericCommand, JsonObjectMessage, LogsCommand, OpType, PatchCommand, PatchItem, ReadCommand,
    ReadTuple, SessionCommand,
};
use serde_json::Value;

/// What JavaScript and Swift clients can handle (wire `configBitmap`).
pub const FULL_BITMAP: i64 = 0xBB;

/// Returns a frame with nothing but its command and operation.
#[must_use]
pub fn bare(command: CommandType, operation: Option<OpType>) -> GenericCommand {
    GenericCommand {
        cmd: Some(command as i32),
        op: operation.map(|operation| operation as i32),
        ..GenericCommand::default()
    }
}

/// Returns `echo`.
#[must_use]
pub fn echo() -> GenericCommand {
    bare(CommandType::Echo, None)
}

/// Returns a session command.
#[must_use]
pub fn session(operation: OpType, body: SessionCommand) -> GenericCommand {
    GenericCommand {
        session_message: Some(body),
        ..bare(CommandType::Session, Some(operation))
    }
}

/// Returns `session/open` with every feature bit that current SDKs set.
#[must_use]
pub fn open(app_id: &str, client_id: &str) -> GenericCommand {
    open_with(
        app_id,
        client_id,
        SessionCommand {
            ua: Some("test/1".to_owned()),
            config_bitmap: Some(FULL_BITMAP),
            ..SessionCommand::default()
        },
    )
}

/// Returns `session/open` with exactly these fields.
#[must_use]
pub fn open_with(app_id: &str, client_id: &str, body: SessionCommand) -> GenericCommand {
    GenericCommand {
        app_id: Some(app_id.to_owned()),
        peer_id: Some(client_id.to_owned()),
        ..session(OpType::Open, body)
    }
}

/// Returns `session/open` as an automatic relogin with a token.
#[must_use]
pub fn reopen(app_id: &str, client_id: &str, token: &str) -> GenericCommand {
    open_with(
        app_id,
        client_id,
        SessionCommand {
            r: Some(true),
            st: Some(token.to_owned()),
            config_bitmap: Some(FULL_BITMAP),
            ..SessionCommand::default()
        },
    )
}

/// Returns `session/close`.
#[must_use]
pub fn close() -> GenericCommand {
    session(OpType::Close, SessionCommand::default())
}

/// Returns `session/query`.
#[must_use]
pub fn online(client_ids: &[&str]) -> GenericCommand {
    session(
        OpType::Query,
        SessionCommand {
            session_peer_ids: texts(client_ids),
            ..SessionCommand::default()
        },
    )
}

/// Returns a conversation command.
#[must_use]
pub fn conv(operation: OpType, body: ConvCommand) -> GenericCommand {
    GenericCommand {
        conv_message: Some(body),
        ..bare(CommandType::Conv, Some(operation))
    }
}

/// Returns a conversation command that names a conversation and nothing else.
#[must_use]
pub fn on(operation: OpType, cid: &str) -> GenericCommand {
    conv(
        operation,
        ConvCommand {
            cid: Some(cid.to_owned()),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/start` of a conversation that is new each time.
#[must_use]
pub fn start(members: &[&str]) -> GenericCommand {
    conv(
        OpType::Start,
        ConvCommand {
            m: texts(members),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/start` of the one conversation of these members.
#[must_use]
pub fn start_unique(members: &[&str], attributes: &Value) -> GenericCommand {
    conv(
        OpType::Start,
        ConvCommand {
            m: texts(members),
            unique: Some(true),
            attr: json(attributes),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/add`.
#[must_use]
pub fn add(cid: &str, members: &[&str]) -> GenericCommand {
    conv(OpType::Add, with_members(cid, members))
}

/// Returns `conv/remove`.
#[must_use]
pub fn remove(cid: &str, members: &[&str]) -> GenericCommand {
    conv(OpType::Remove, with_members(cid, members))
}

/// Returns `conv/query` with these conditions.
#[must_use]
pub fn query(conditions: &Value) -> GenericCommand {
    conv(
        OpType::Query,
        ConvCommand {
            r#where: json(conditions),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/update`.
#[must_use]
pub fn update(cid: &str, attributes: &Value) -> GenericCommand {
    conv(
        OpType::Update,
        ConvCommand {
            cid: Some(cid.to_owned()),
            attr: json(attributes),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/member_info_update`.
#[must_use]
pub fn role(cid: &str, client_id: &str, role: &str) -> GenericCommand {
    conv(
        OpType::MemberInfoUpdate,
        ConvCommand {
            cid: Some(cid.to_owned()),
            target_client_id: Some(client_id.to_owned()),
            info: Some(ConvMemberInfo {
                pid: Some(client_id.to_owned()),
                role: Some(role.to_owned()),
                info_id: None,
            }),
            ..ConvCommand::default()
        },
    )
}

/// Returns `conv/add_shutup`.
#[must_use]
pub fn silence(cid: &str, members: &[&str]) -> GenericCommand {
    conv(OpType::AddShutup, with_members(cid, members))
}

/// Returns `conv/remove_shutup`.
#[must_use]
pub fn unsilence(cid: &str, members: &[&str]) -> GenericCommand {
    conv(OpType::RemoveShutup, with_members(cid, members))
}

/// Returns `conv/query_shutup`.
#[must_use]
pub fn silenced(cid: &str, limit: Option<i32>, next: Option<&str>) -> GenericCommand {
    conv(
        OpType::QueryShutup,
        ConvCommand {
            limit,
            next: next.map(ToOwned::to_owned),
            ..with_members(cid, &[])
        },
    )
}

/// Returns `conv/check_shutup`.
#[must_use]
pub fn check_silenced(cid: &str, members: &[&str]) -> GenericCommand {
    conv(OpType::CheckShutup, with_members(cid, members))
}

/// Returns a blacklist command.
#[must_use]
pub fn blacklist(operation: OpType, body: BlacklistCommand) -> GenericCommand {
    GenericCommand {
        blacklist_message: Some(body),
        ..bare(CommandType::Blacklist, Some(operation))
    }
}

/// Returns `blacklist/block`.
#[must_use]
pub fn block(cid: &str, client_ids: &[&str]) -> GenericCommand {
    blacklist(OpType::Block, of_conversation(cid, client_ids))
}

/// Returns `blacklist/unblock`.
#[must_use]
pub fn unblock(cid: &str, client_ids: &[&str]) -> GenericCommand {
    blacklist(OpType::Unblock, of_conversation(cid, client_ids))
}

/// Returns `blacklist/query`.
#[must_use]
pub fn blocked(cid: &str, limit: Option<i32>, next: Option<&str>) -> GenericCommand {
    blacklist(
        OpType::Query,
        BlacklistCommand {
            limit,
            next: next.map(ToOwned::to_owned),
            ..of_conversation(cid, &[])
        },
    )
}

/// Returns `blacklist/check_block`.
#[must_use]
pub fn check_blocked(cid: &str, client_ids: &[&str]) -> GenericCommand {
    blacklist(OpType::CheckBlock, of_conversation(cid, client_ids))
}

/// Returns `direct` with exactly these fields.
#[must_use]
pub fn direct(body: DirectCommand) -> GenericCommand {
    GenericCommand {
        direct_message: Some(body),
        ..bare(CommandType::Direct, None)
    }
}

/// Returns `direct` with a text.
#[must_use]
pub fn text(cid: &str, text: &str) -> GenericCommand {
    direct(DirectCommand {
        cid: Some(cid.to_owned()),
        msg: Some(text.to_owned()),
        ..DirectCommand::default()
    })
}

/// Returns `direct` with bytes.
#[must_use]
pub fn binary(cid: &str, bytes: &'static [u8]) -> GenericCommand {
    direct(DirectCommand {
        cid: Some(cid.to_owned()),
        binary_msg: Some(Bytes::from_static(bytes)),
        ..DirectCommand::default()
    })
}

/// Returns `patch/modify` with exactly these fields.
#[must_use]
pub fn patch(item: PatchItem) -> GenericCommand {
    GenericCommand {
        patch_message: Some(PatchCommand {
            patches: vec![item],
            ..PatchCommand::default()
        }),
        ..bare(CommandType::Patch, Some(OpType::Modify))
    }
}

/// Returns the edit of an acked message to a text.
#[must_use]
pub fn edit(cid: &str, sent: &AckCommand, text: &str) -> GenericCommand {
    patch(PatchItem {
        data: Some(Bytes::copy_from_slice(text.as_bytes())),
        ..patch_of(cid, sent)
    })
}

/// Returns the recall of an acked message.
#[must_use]
pub fn recall(cid: &str, sent: &AckCommand) -> GenericCommand {
    patch(PatchItem {
        recall: Some(true),
        ..patch_of(cid, sent)
    })
}

/// Returns a patch that names an acked message and nothing else.
#[must_use]
pub fn patch_of(cid: &str, sent: &AckCommand) -> PatchItem {
    PatchItem {
        cid: Some(cid.to_owned()),
        mid: sent.uid.clone(),
        timestamp: sent.t,
        ..PatchItem::default()
    }
}

/// Returns a client's `ack` with exactly these fields.
#[must_use]
pub fn ack(body: AckCommand) -> GenericCommand {
    GenericCommand {
        ack_message: Some(body),
        ..bare(CommandType::Ack, None)
    }
}

/// Returns `read` up to a message, or of everything.
#[must_use]
pub fn read(cid: &str, mid: Option<&str>, timestamp: Option<i64>) -> GenericCommand {
    GenericCommand {
        read_message: Some(ReadCommand {
            convs: vec![ReadTuple {
                cid: cid.to_owned(),
                timestamp,
                mid: mid.map(ToOwned::to_owned),
            }],
            ..ReadCommand::default()
        }),
        ..bare(CommandType::Read, None)
    }
}

/// Returns `logs` with exactly these fields.
#[must_use]
pub fn logs(body: LogsCommand) -> GenericCommand {
    GenericCommand {
        logs_message: Some(body),
        ..bare(CommandType::Logs, None)
    }
}

/// Returns a JSON value in its wire form.
#[must_use]
pub fn json(value: &Value) -> Option<JsonObjectMessage> {
    Some(JsonObjectMessage {
        data: value.to_string(),
    })
}

fn with_members(cid: &str, members: &[&str]) -> ConvCommand {
    ConvCommand {
        cid: Some(cid.to_owned()),
        m: texts(members),
        ..ConvCommand::default()
    }
}

fn of_conversation(cid: &str, client_ids: &[&str]) -> BlacklistCommand {
    BlacklistCommand {
        src_cid: Some(cid.to_owned()),
        to_pids: texts(client_ids),
        ..BlacklistCommand::default()
    }
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}
