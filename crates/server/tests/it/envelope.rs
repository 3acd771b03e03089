use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    AckCommand, CommandType, GenericCommand, LogsCommand, OpType, PatchCommand,
};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;

use crate::scene;

const UNKNOWN: &str = "555555555555555555555555";

#[tokio::test]
async fn w14_echo_needs_no_session() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    client
        .send(&GenericCommand {
            peer_id: Some(server.app_id().to_owned()),
            ..command::echo()
        })
        .await;
    let echo = client.next_event().await;
    assert_eq!(echo.cmd, Some(CommandType::Echo as i32));
    assert_eq!(echo.i, None);

    client
        .send(&GenericCommand {
            i: Some(-5),
            ..command::echo()
        })
        .await;
    let echo = client.reply(-5).await;
    assert_eq!(echo.cmd, Some(CommandType::Echo as i32));
}

#[tokio::test]
async fn w15_w16_serial_numbers_are_copied_bit_exactly() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    for serial in [-65535, 0, i32::MAX, i32::MIN] {
        client
            .send(&GenericCommand {
                i: Some(serial),
                ..command::open(server.app_id(), "alice")
            })
            .await;
        let opened = client.reply(serial).await;
        assert_eq!(opened.op, Some(OpType::Opened as i32));
    }
    client.send(&command::open(server.app_id(), "alice")).await;
    let opened = client.next_event().await;
    assert_eq!(opened.op, Some(OpType::Opened as i32));
    assert_eq!(opened.i, None);
}

#[tokio::test]
async fn w17_every_session_frame_has_its_command_zero() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let opened = client.open("alice").await;
    let online = client.request(command::online(&["bob"])).await;
    let closed = client.request(command::close()).await;
    for frame in [opened, online, closed] {
        assert_eq!(frame.cmd, Some(0), "{frame:?}");
    }
}

#[tokio::test]
async fn w22_a_command_before_open_is_refused_and_without_serial_ignored() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    for frame in [
        command::start(&["bob"]),
        command::query(&json!({})),
        command::online(&["bob"]),
        command::logs(LogsCommand {
            cid: Some(UNKNOWN.to_owned()),
            ..LogsCommand::default()
        }),
    ] {
        let refusal = client.refused(frame.clone()).await;
        assert_eq!(refusal.code, 4105);
        assert_eq!(refusal.reason, "SESSION_REQUIRED");
        client.send(&frame).await;
        client.expect_none().await;
    }
    client.open("alice").await;
}

#[tokio::test]
async fn w26_c1_events_are_addressed_and_replies_come_once() {
    // The client checks every frame: see its invariant.
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    for frame in [
        command::query(&json!({ "objectId": cid })),
        command::update(&cid, &json!({ "name": "n" })),
        command::on(OpType::Count, &cid),
        command::on(OpType::Mute, &cid),
        command::add(&cid, &["carol"]),
        command::remove(&cid, &["carol"]),
        command::text(&cid, "hi"),
        command::online(&["bob"]),
        command::echo(),
    ] {
        let reply = alice.request(frame).await;
        assert_eq!(reply.service, Some(2));
        assert_ne!(reply.cmd, Some(CommandType::Error as i32), "{reply:?}");
    }
    for operation in [OpType::Updated, OpType::MembersJoined, OpType::MembersLeft] {
        for (client, name) in [(&mut alice, "alice"), (&mut bob, "bob")] {
            let event = client
                .expect_event(CommandType::Conv, Some(operation))
                .await;
            assert_eq!(event.peer_id.as_deref(), Some(name));
            assert_eq!(event.i, None);
            assert_eq!(event.notification_type, Some(1));
        }
    }
    let message = bob.expect_event(CommandType::Direct, None).await;
    assert_eq!(message.peer_id.as_deref(), Some("bob"));
    assert_eq!(message.notification_type, None);
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c3_fire_and_forget_commands_are_never_answered() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let ack = command::ack(AckCommand {
        cid: Some(UNKNOWN.to_owned()),
        mid: Some("nothing".to_owned()),
        ..AckCommand::default()
    });
    let patch_modified = GenericCommand {
        patch_message: Some(PatchCommand {
            last_patch_time: Some(1),
            ..PatchCommand::default()
        }),
        ..command::bare(CommandType::Patch, Some(OpType::Modified))
    };
    for frame in [
        ack,
        command::ack(AckCommand::default()),
        command::read(UNKNOWN, Some("nothing"), Some(1)),
        command::bare(CommandType::Read, None),
        patch_modified,
    ] {
        alice.send(&frame).await;
        // A reply to this serial number would fail the client.
        alice.send_numbered(frame).await;
        alice.expect_none().await;
    }
    alice.rows(command::query(&json!({}))).await;
}
