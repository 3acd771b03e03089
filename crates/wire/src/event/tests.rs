//! What a stranger's decoder finds in events.

use std::sync::Arc;

use parlor_model::{
    AssignedRole, Content, JsonObject, MemberRole, MemberRoleId, Mention, MessageId, Patch,
    Restriction, RestrictionChange,
};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use super::*;

const HAPPENED_AT: Timestamp = Timestamp::from_millis(1_453_014_943_000);
const ISO: &str = "2016-01-17T07:15:43.000Z";

fn id(text: &str) -> ClientId {
    ClientId::trusted(text)
}

fn conversation_id() -> ConversationId {
    ConversationId::trusted("5a1b2c3d4e5f60718293a4b5")
}

fn bytes_of(kind: EventKind, dialect: AttributeDialect) -> Bytes {
    let event = Event {
        happened_at: HAPPENED_AT,
        kind,
    };
    encode(&event, dialect)
}

fn frame_of(kind: EventKind) -> GenericCommand {
    GenericCommand::decode(bytes_of(kind, AttributeDialect::AsRequested)).expect("a frame")
}

fn message(content: Content) -> Message {
    Message {
        id: MessageId::trusted("mid"),
        conversation_id: conversation_id(),
        kind: ConversationKind::Normal,
        sender: id("alice"),
        sent_at: Timestamp::from_millis(99),
        content,
        mention: Mention::default(),
        transient: false,
        patched_at: None,
    }
}

fn object(value: &serde_json::Value) -> JsonObject {
    value.as_object().expect("an object").clone()
}

#[test]
fn w26_every_event_has_service_and_time_and_no_serial() {
    let conversation_kind = ConversationKind::Normal;
    let by = Some(id("alice"));
    let updated_at = HAPPENED_AT;
    let members = vec![id("bob"), id("carol")];
    let durable = [
        (
            EventKind::Joined {
                conversation_id: conversation_id(),
                conversation_kind,
                by: by.clone(),
                updated_at,
                temporary_ttl_secs: None,
            },
            OpType::Joined,
            0,
        ),
        (
            EventKind::MembersJoined {
                conversation_id: conversation_id(),
                conversation_kind,
                members: members.clone(),
                by: by.clone(),
                updated_at,
                temporary_ttl_secs: None,
            },
            OpType::MembersJoined,
            2,
        ),
        (
            EventKind::Left {
                conversation_id: conversation_id(),
                conversation_kind,
                by: by.clone(),
                updated_at,
            },
            OpType::Left,
            0,
        ),
        (
            EventKind::MembersLeft {
                conversation_id: conversation_id(),
                conversation_kind,
                members,
                by,
                updated_at,
            },
            OpType::MembersLeft,
            2,
        ),
    ];
    for (kind, operation, members) in durable {
        let frame = frame_of(kind);
        assert_eq!(frame.cmd, Some(CommandType::Conv as i32));
        assert_eq!(frame.op, Some(operation as i32));
        assert_eq!(frame.i, None);
        assert_eq!(frame.service, Some(2));
        assert_eq!(frame.server_ts, Some(HAPPENED_AT.as_millis()));
        assert_eq!(frame.notification_type, Some(1));
        let body = frame.conv_message.expect("a conv message");
        assert_eq!(body.cid.as_deref(), Some("5a1b2c3d4e5f60718293a4b5"));
        assert_eq!(body.init_by.as_deref(), Some("alice"));
        assert_eq!(body.udate.as_deref(), Some(ISO));
        assert_eq!(body.m.len(), members);
    }
    for kind in [
        EventKind::Message(Arc::new(message(Content::Text("hi".to_owned())))),
        EventKind::Unread {
            conversations: vec![],
            notified_at: HAPPENED_AT,
        },
    ] {
        let frame = frame_of(kind);
        assert_eq!(frame.i, None);
        assert_eq!(frame.op, None);
        assert_eq!(frame.service, Some(2));
        assert_eq!(frame.server_ts, Some(HAPPENED_AT.as_millis()));
        assert_eq!(frame.notification_type, None);
    }
}

#[test]
fn an_event_of_the_apps_server_names_no_client() {
    let body = frame_of(EventKind::Joined {
        conversation_id: conversation_id(),
        conversation_kind: ConversationKind::Normal,
        by: None,
        updated_at: HAPPENED_AT,
        temporary_ttl_secs: None,
    })
    .conv_message
    .expect("a conv message");
    assert_eq!(body.init_by, None);
    assert_eq!(body.udate.as_deref(), Some(ISO));
}

#[test]
fn c45_members_of_a_temporary_conversation_hear_how_long_it_lasts() {
    let joined = EventKind::Joined {
        conversation_id: ConversationId::trusted("_tmp:1"),
        conversation_kind: ConversationKind::Temporary,
        by: Some(id("alice")),
        updated_at: HAPPENED_AT,
        temporary_ttl_secs: Some(60),
    };
    let members_joined = EventKind::MembersJoined {
        conversation_id: ConversationId::trusted("_tmp:1"),
        conversation_kind: ConversationKind::Temporary,
        members: vec![id("alice"), id("bob")],
        by: Some(id("alice")),
        updated_at: HAPPENED_AT,
        temporary_ttl_secs: Some(60),
    };
    for kind in [joined, members_joined] {
        let body = frame_of(kind).conv_message.expect("a conv message");
        assert_eq!(body.temp_conv, Some(true));
        assert_eq!(body.temp_conv_ttl, Some(60));
        assert_eq!(body.transient, None);
    }
}

#[test]
fn c40_a_role_that_changed_is_durable_and_says_whose_and_by_whom() {
    let frame = frame_of(EventKind::RoleChanged {
        conversation_kind: ConversationKind::Normal,
        assigned: AssignedRole {
            id: MemberRoleId::trusted("row"),
            conversation_id: conversation_id(),
            client_id: id("bob"),
            role: MemberRole::Manager,
            created_at: HAPPENED_AT,
            updated_at: HAPPENED_AT,
        },
        by: Some(id("alice")),
    });
    assert_eq!(frame.op, Some(OpType::MemberInfoChanged as i32));
    assert_eq!(frame.notification_type, Some(1));
    let body = frame.conv_message.expect("a conv message");
    assert_eq!(body.init_by.as_deref(), Some("alice"));
    let info = body.info.expect("info");
    assert_eq!(info.pid.as_deref(), Some("bob"));
    assert_eq!(info.role.as_deref(), Some("Manager"));
    assert_eq!(info.info_id.as_deref(), Some("row"));
}

#[test]
fn c41_c42_restrictions_are_told_as_conv_to_oneself_and_to_everybody() {
    let imposed = RestrictionChange::Imposed;
    let lifted = RestrictionChange::Lifted;
    for (restriction, change, oneself, everybody) in [
        (
            Restriction::Silenced,
            imposed,
            OpType::Shutuped,
            OpType::MembersShutuped,
        ),
        (
            Restriction::Silenced,
            lifted,
            OpType::Unshutuped,
            OpType::MembersUnshutuped,
        ),
        (
            Restriction::Blocked,
            imposed,
            OpType::Blocked,
            OpType::MembersBlocked,
        ),
        (
            Restriction::Blocked,
            lifted,
            OpType::Unblocked,
            OpType::MembersUnblocked,
        ),
    ] {
        let to_oneself = frame_of(EventKind::Restricted {
            conversation_id: conversation_id(),
            conversation_kind: ConversationKind::ChatRoom,
            restriction,
            change,
            by: Some(id("alice")),
        });
        let to_everybody = frame_of(EventKind::MembersRestricted {
            conversation_id: conversation_id(),
            conversation_kind: ConversationKind::ChatRoom,
            restriction,
            change,
            members: vec![id("bob")],
            by: Some(id("alice")),
        });
        for (frame, operation, members) in [
            (to_oneself, oneself, &[][..]),
            (to_everybody, everybody, &["bob"]),
        ] {
            assert_eq!(frame.cmd, Some(CommandType::Conv as i32));
            assert_eq!(frame.op, Some(operation as i32));
            assert_eq!(frame.notification_type, Some(1));
            let body = frame.conv_message.expect("a conv message");
            assert_eq!(body.cid.as_deref(), Some(conversation_id().as_str()));
            assert_eq!(body.init_by.as_deref(), Some("alice"));
            assert_eq!(body.m, members);
            assert_eq!(body.transient, Some(true));
        }
    }
}

#[test]
fn c34_an_update_speaks_the_dialect_of_the_session() {
    let kind = EventKind::Updated {
        conversation_id: conversation_id(),
        by: Some(id("alice")),
        updated_at: HAPPENED_AT,
        change: AttributeChange {
            requested: object(&json!({"attr.a": {"__op": "Delete"}})),
            resolved: object(&json!({"attr.a": null})),
            modified: object(&json!({"attr": {}})),
        },
    };
    for (dialect, attr) in [
        (
            AttributeDialect::AsRequested,
            r#"{"attr.a":{"__op":"Delete"}}"#,
        ),
        (AttributeDialect::Resolved, r#"{"attr.a":null}"#),
    ] {
        let bytes = bytes_of(kind.clone(), dialect);
        let frame = GenericCommand::decode(bytes).expect("a frame");
        assert_eq!(frame.notification_type, Some(1));
        let body = frame.conv_message.expect("a conv message");
        assert_eq!(body.attr.expect("attr").data, attr);
        assert_eq!(
            body.attr_modified.expect("attrModified").data,
            r#"{"attr":{}}"#
        );
    }
}

#[test]
fn a_message_has_one_content_and_only_fields_that_say_something() {
    let body = frame_of(EventKind::Message(Arc::new(message(Content::Text(
        "hi".to_owned(),
    )))))
    .direct_message
    .expect("a direct message");
    assert_eq!(body.msg.as_deref(), Some("hi"));
    assert_eq!(body.binary_msg, None);
    assert_eq!(body.id.as_deref(), Some("mid"));
    assert_eq!(body.from_peer_id.as_deref(), Some("alice"));
    assert_eq!(body.timestamp, Some(99));
    assert_eq!(body.conv_type, Some(1));
    assert_eq!(body.transient, None);
    assert_eq!(body.patch_timestamp, None);
    assert_eq!(body.offline, None);

    let changed = Message {
        transient: true,
        patched_at: Some(Timestamp::from_millis(100)),
        ..message(Content::Binary(vec![0, 1]))
    };
    let body = frame_of(EventKind::Message(Arc::new(changed)))
        .direct_message
        .expect("a direct message");
    assert_eq!(body.msg, None);
    assert_eq!(body.binary_msg.as_deref(), Some(&[0, 1][..]));
    assert_eq!(body.transient, Some(true));
    assert_eq!(body.patch_timestamp, Some(100));
}

#[test]
fn c73_a_missed_message_says_that_it_is_and_whether_more_follow() {
    for more in [false, true] {
        let frame = frame_of(EventKind::Missed {
            message: Arc::new(message(Content::Text("hi".to_owned()))),
            more,
        });
        assert_eq!((frame.i, frame.op), (None, None));
        let body = frame.direct_message.expect("a direct message");
        assert_eq!(body.id.as_deref(), Some("mid"));
        assert_eq!(body.msg.as_deref(), Some("hi"));
        assert_eq!(body.offline, Some(true));
        assert_eq!(body.has_more, more.then_some(true));
    }
}

#[test]
fn c80_a_patch_says_everything_there_is() {
    let patch = |content, recalled| {
        let patched_at = Timestamp::from_millis(100);
        let message = Message {
            mention: Mention {
                all: false,
                clients: vec![id("bob")],
            },
            patched_at: Some(patched_at),
            ..message(content)
        };
        let frame = frame_of(EventKind::Patched(Arc::new(Patch {
            message,
            patched_at,
            recalled,
        })));
        assert_eq!(frame.cmd, Some(CommandType::Patch as i32));
        assert_eq!(frame.op, Some(OpType::Modify as i32));
        assert_eq!(frame.i, None);
        let body = frame.patch_message.expect("a patch message");
        assert_eq!(body.last_patch_time, Some(100));
        let [item] = <[_; 1]>::try_from(body.patches).expect("one item");
        item
    };
    let edited = patch(Content::Binary(vec![0, 255]), false);
    assert_eq!(edited.cid.as_deref(), Some("5a1b2c3d4e5f60718293a4b5"));
    assert_eq!(edited.mid.as_deref(), Some("mid"));
    assert_eq!(edited.from.as_deref(), Some("alice"));
    assert_eq!(edited.timestamp, Some(99));
    assert_eq!(edited.patch_timestamp, Some(100));
    assert_eq!(edited.recall, Some(false));
    assert_eq!(edited.mention_all, Some(false));
    assert_eq!(edited.mention_pids, ["bob"]);
    assert_eq!(
        (edited.data, edited.binary_msg.as_deref()),
        (None, Some(&[0, 255][..]))
    );
    // Nobody but the client's own server gives reasons.
    assert_eq!((edited.patch_code, edited.patch_reason), (None, None));
    let recalled = patch(Content::Text("gone".to_owned()), true);
    assert_eq!(recalled.recall, Some(true));
    assert_eq!(recalled.data.as_deref(), Some(&b"gone"[..]));
    assert_eq!(recalled.binary_msg, None);
}

#[test]
fn c68_unread_zero_is_explicit_and_keeps_the_last_message() {
    let tuple = |last_message| UnreadConversation {
        conversation_id: conversation_id(),
        conversation_kind: ConversationKind::Normal,
        count: 0,
        mentioned: false,
        last_message,
    };
    let body = frame_of(EventKind::Unread {
        conversations: vec![
            tuple(Some(message(Content::Text("hi".to_owned())))),
            tuple(Some(message(Content::Binary(vec![7])))),
            tuple(None),
        ],
        notified_at: HAPPENED_AT,
    })
    .unread_message
    .expect("an unread message");
    assert_eq!(body.notif_time, Some(HAPPENED_AT.as_millis()));
    let [text, binary, empty] = &body.convs[..] else {
        panic!("three tuples");
    };
    assert_eq!(text.unread, 0);
    assert_eq!(text.mentioned, Some(false));
    assert_eq!(text.mid.as_deref(), Some("mid"));
    assert_eq!(text.from.as_deref(), Some("alice"));
    assert_eq!(text.timestamp, Some(99));
    assert_eq!(text.data.as_deref(), Some("hi"));
    assert_eq!(text.patch_timestamp, None);
    assert_eq!(binary.data, None);
    assert_eq!(binary.binary_msg.as_deref(), Some(&[7][..]));
    assert_eq!(empty.mid, None);
}

#[test]
fn c64_only_a_read_receipt_says_read() {
    let receipt = |kind| {
        frame_of(EventKind::Receipt {
            conversation_id: conversation_id(),
            message_id: MessageId::trusted("mid"),
            recipient: ClientId::trusted("bob"),
            kind,
            is_group: false,
        })
    };
    let delivered = receipt(ReceiptKind::Delivered);
    assert_eq!(delivered.notification_type, Some(1));
    let body = delivered.rcp_message.expect("a receipt");
    assert_eq!(body.id.as_deref(), Some("mid"));
    assert_eq!(body.from.as_deref(), Some("bob"));
    assert_eq!(body.t, Some(HAPPENED_AT.as_millis()));
    assert_eq!(body.read, None);
    let read = receipt(ReceiptKind::Read).rcp_message.expect("a receipt");
    assert_eq!(read.read, Some(true));
}

#[test]
fn c71_an_unread_count_of_zero_is_on_the_wire() {
    let bytes = bytes_of(
        EventKind::Unread {
            conversations: vec![UnreadConversation {
                conversation_id: ConversationId::trusted("c"),
                conversation_kind: ConversationKind::Normal,
                count: 0,
                mentioned: false,
                last_message: None,
            }],
            notified_at: HAPPENED_AT,
        },
        AttributeDialect::AsRequested,
    );
    // cid "c", then field 2 (unread) with the value 0.
    let expected = [0x0a, 0x01, b'c', 0x10, 0x00];
    assert!(bytes.windows(5).any(|window| window == expected));
}

proptest! {
    #[test]
    fn an_addressed_event_is_the_event_with_its_recipient(
        client in "[^\0]{1,64}",
        content in prop_oneof![
            ".{0,40}".prop_map(Content::Text),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Content::Binary),
        ],
    ) {
        let client = ClientId::parse(&client).expect("an id");
        let encoded = bytes_of(
            EventKind::Message(Arc::new(message(content.clone()))),
            AttributeDialect::AsRequested,
        );
        let plain = GenericCommand::decode(encoded.clone()).expect("a frame");
        let addressed = GenericCommand::decode(address(&encoded, &client)).expect("a frame");
        prop_assert_eq!(
            addressed,
            GenericCommand { peer_id: Some(client.to_string()), ..plain.clone() }
        );
        let body = plain.direct_message.expect("a direct message");
        match content {
            Content::Text(text) => {
                prop_assert_eq!(body.msg, Some(text));
                prop_assert_eq!(body.binary_msg, None);
            }
            Content::Binary(bytes) => {
                prop_assert_eq!(body.msg, None);
                prop_assert_eq!(body.binary_msg, Some(Bytes::from(bytes)));
            }
        }
    }
}
