//! Every kind of wrong frame: it gets the documented refusal and the session stays usable.

use bytes::Bytes;
use parlor_testkit::{Client, TestServer, command};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::proto::{
    CommandType, ConvCommand, DirectCommand, GenericCommand, JsonObjectMessage, LogsCommand,
    OpType, ReportCommand, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;

use crate::scene;

/// Sends a frame that must be refused with a documented code, and checks that the session
/// still works. Returns the code.
async fn refused(client: &mut Client, frame: GenericCommand) -> i32 {
    let refusal = client.refused(frame).await;
    let known = ErrorCode::ALL
        .into_iter()
        .find(|code| code.number() == refusal.code)
        .unwrap_or_else(|| panic!("undocumented: {refusal:?}"));
    assert_eq!(refusal.reason, known.name());
    client.rows(command::query(&json!({}))).await;
    refusal.code
}

fn bad_json(text: &str) -> Option<JsonObjectMessage> {
    Some(JsonObjectMessage {
        data: text.to_owned(),
    })
}

#[tokio::test]
async fn unknown_commands_and_operations_are_refused() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    for (cmd, op) in [
        (99, None),
        (99, Some(1)),
        (-1, None),
        (0, None),
        (0, Some(99)),
        (0, Some(OpType::Add as i32)),
        (1, None),
        (1, Some(99)),
        (1, Some(OpType::Started as i32)),
        (CommandType::Room as i32, Some(OpType::Join as i32)),
        (CommandType::Presence as i32, None),
        (CommandType::Pubsub as i32, Some(OpType::Subscribe as i32)),
        (CommandType::Report as i32, None),
        (CommandType::Goaway as i32, None),
        (CommandType::Error as i32, None),
    ] {
        let frame = GenericCommand {
            cmd: Some(cmd),
            op,
            ..GenericCommand::default()
        };
        refused(&mut alice, frame.clone()).await;
        // Without a serial number nobody could match a refusal, so there is none.
        alice.send(&frame).await;
        alice.expect_none().await;
    }
}

#[tokio::test]
async fn conversation_commands_with_fields_missing_are_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    for operation in [
        OpType::Add,
        OpType::Remove,
        OpType::Update,
        OpType::Mute,
        OpType::Unmute,
        OpType::Count,
        OpType::IsMember,
        OpType::Members,
    ] {
        refused(
            &mut alice,
            command::bare(CommandType::Conv, Some(operation)),
        )
        .await;
        refused(&mut alice, command::on(operation, "")).await;
    }
    refused(&mut alice, command::on(OpType::Add, &cid)).await;
    refused(&mut alice, command::on(OpType::Remove, &cid)).await;
    refused(&mut alice, command::on(OpType::Update, &cid)).await;
    refused(&mut alice, command::bare(CommandType::Logs, None)).await;
}

#[tokio::test]
async fn ids_that_cannot_be_are_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let long = "x".repeat(65);
    for id in ["", &*long, "a\0b"] {
        refused(&mut alice, command::start(&["alice", id])).await;
        refused(&mut alice, command::add(&cid, &[id])).await;
        refused(&mut alice, command::remove(&cid, &[id])).await;
        refused(&mut alice, command::add(id, &["bob"])).await;
        refused(&mut alice, command::on(OpType::Count, id)).await;
        let ask = LogsCommand {
            cid: Some(id.to_owned()),
            ..LogsCommand::default()
        };
        refused(&mut alice, command::logs(ask)).await;
        let open = command::open(server.app_id(), id);
        if !id.is_empty() {
            assert_eq!(refused(&mut alice, open).await, 4103);
        }
    }
    assert_eq!(alice.row(&cid).await["m"], json!(["alice"]));
}

#[tokio::test]
async fn json_that_is_none_is_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let before = alice.row(&cid).await;
    for text in [
        "{",
        "nonsense",
        "7",
        "\"text\"",
        r#"{"a":"\u0000"}"#,
        &*deep,
    ] {
        for operation in [OpType::Start, OpType::Update] {
            let frame = command::conv(
                operation,
                ConvCommand {
                    cid: Some(cid.clone()),
                    m: vec!["alice".to_owned()],
                    attr: bad_json(text),
                    ..ConvCommand::default()
                },
            );
            refused(&mut alice, frame).await;
        }
        let query = command::conv(
            OpType::Query,
            ConvCommand {
                r#where: bad_json(text),
                ..ConvCommand::default()
            },
        );
        assert_eq!(refused(&mut alice, query).await, 4310);
    }
    assert_eq!(alice.row(&cid).await, before);
}

#[tokio::test]
async fn conditions_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    for conditions in [
        json!({ "name": { "$nonsense": 1 } }),
        json!({ "$nonsense": [] }),
        json!({ "name": { "$regex": "(" } }),
        json!({ "name": { "$regex": 7 } }),
        json!({ "name": { "$in": "no list" } }),
        json!({ "$or": {} }),
        json!({ "$and": [1] }),
        json!({ "m": { "$size": "two" } }),
        json!({ "createdAt": { "$gt": { "__type": "Date", "iso": "yesterday" } } }),
    ] {
        let code = refused(&mut alice, command::query(&conditions)).await;
        assert_eq!(code, 4310, "{conditions}");
    }
    // A key that looks like SQL is only a key.
    let injection = command::query(&json!({ "x'); DROP TABLE messages; --": 1 }));
    assert!(alice.rows(injection).await.is_empty());
}

#[tokio::test]
async fn messages_that_make_no_sense_are_refused_by_ack() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let to = |body: DirectCommand| {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            ..body
        })
    };
    let text = Some("hi".to_owned());
    for (frame, code) in [
        (command::bare(CommandType::Direct, None), None),
        (
            command::direct(DirectCommand {
                msg: text.clone(),
                ..DirectCommand::default()
            }),
            None,
        ),
        (command::text("", "hi"), None),
        (command::text(&"x".repeat(65), "hi"), None),
        (to(DirectCommand::default()), Some(4114)),
        (
            to(DirectCommand {
                msg: Some(String::new()),
                binary_msg: Some(Bytes::new()),
                ..DirectCommand::default()
            }),
            Some(4114),
        ),
        (
            to(DirectCommand {
                msg: text.clone(),
                binary_msg: Some(Bytes::from_static(b"hi")),
                ..DirectCommand::default()
            }),
            Some(4114),
        ),
        (
            to(DirectCommand {
                msg: text,
                dt: Some("a\0b".to_owned()),
                ..DirectCommand::default()
            }),
            None,
        ),
    ] {
        let ack = alice.direct(frame.clone()).await;
        let number = ack.code.unwrap_or_else(|| panic!("accepted: {frame:?}"));
        assert!(
            ErrorCode::ALL
                .iter()
                .any(|code| code.number() == number && ack.reason.as_deref() == Some(code.name())),
            "{ack:?}"
        );
        if let Some(code) = code {
            assert_eq!(number, code, "{frame:?}");
        }
        assert!(!scene::uid(&ack).is_empty() && ack.t > Some(0));
        // Nobody waits, nobody hears.
        alice.send(&frame).await;
        alice.expect_none().await;
    }
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
}

#[tokio::test]
async fn session_commands_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let report = |kind: &str| GenericCommand {
        report_message: Some(ReportCommand {
            initiative: Some(true),
            r#type: Some(kind.to_owned()),
            data: None,
        }),
        ..command::bare(CommandType::Report, Some(OpType::Upload))
    };
    refused(&mut alice, report("token")).await;
    refused(&mut alice, report("nonsense")).await;
    let bad_tag = command::open_with(
        server.app_id(),
        "alice",
        SessionCommand {
            tag: Some("a\0b".to_owned()),
            ..SessionCommand::default()
        },
    );
    refused(&mut alice, bad_tag).await;
}

#[tokio::test]
async fn a_foreign_conversation_is_closed_to_strangers() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let mut mallory = Client::login(&server, "mallory").await;
    alice.say(&cid, "secret").await;
    let ask = LogsCommand {
        cid: Some(cid.clone()),
        ..LogsCommand::default()
    };
    for (frame, code) in [
        (command::logs(ask), 4312),
        (command::update(&cid, &json!({ "name": "x" })), 4309),
        (command::on(OpType::Mute, &cid), 4317),
        (command::on(OpType::Unmute, &cid), 4317),
        (command::add(&cid, &["friend"]), 4317),
        (command::remove(&cid, &["alice"]), 4317),
    ] {
        assert_eq!(refused(&mut mallory, frame).await, code);
    }
    let ack = mallory.direct(command::text(&cid, "hi")).await;
    assert_eq!(ack.code, Some(4401));
    mallory.send(&command::read(&cid, None, None)).await;
    mallory.expect_none().await;
    alice.expect_none().await;
}

#[tokio::test]
async fn a_malformed_open_is_told_what_is_wrong_with_it() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let open = command::open_with(
        server.app_id(),
        "alice",
        SessionCommand {
            tag: Some("a\0b".to_owned()),
            ..SessionCommand::default()
        },
    );
    let error = client.refused(open).await;
    assert_eq!(error.code, 4114);
    assert!(error.detail.is_some_and(|detail| detail.contains("tag")));
    client.open("alice").await;
}
