//! How often clients may send commands.

use parlor_server::config::LimitAction;
use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, LogsCommand, OpType};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;

use crate::scene;

async fn limited(change: impl FnOnce(&mut parlor_server::config::Limits)) -> TestServer {
    TestServer::builder()
        .configure(|config| {
            config.limits.sends_per_minute = 60;
            config.limits.history_per_minute = 120;
            config.limits.others_per_minute = 30;
            change(&mut config.limits);
        })
        .start()
        .await
}

fn logs(cid: &str) -> parlor_wire::proto::GenericCommand {
    command::logs(LogsCommand {
        cid: Some(cid.to_owned()),
        ..LogsCommand::default()
    })
}

#[tokio::test]
async fn p57_the_61st_message_and_the_31st_join_of_a_minute_are_refused() {
    let server = limited(|_| {}).await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    for _ in 0..60 {
        alice.say(&cid, "hi").await;
        bob.expect_message().await;
    }
    let ack = alice.direct(command::text(&cid, "too much")).await;
    assert_eq!(ack.code, Some(4116));
    assert_eq!(ack.reason.as_deref(), Some("MESSAGE_SENT_QUOTA_EXCEEDED"));
    assert!(!scene::uid(&ack).is_empty() && ack.t > Some(0));
    // Not even told that it was refused, when it asks for no answer.
    alice.send(&command::text(&cid, "too much")).await;

    for _ in 0..30 {
        alice
            .conv(command::add(&cid, &["alice"]), OpType::Added)
            .await;
    }
    let error = alice.refused(command::add(&cid, &["alice"])).await;
    assert_eq!(error.code, 4116);
    assert_eq!(error.reason, "MESSAGE_SENT_QUOTA_EXCEEDED");
    assert!(
        error
            .detail
            .is_some_and(|detail| detail.contains("limits.others_per_minute"))
    );

    for _ in 0..120 {
        let reply = alice.request(logs(&cid)).await;
        assert_eq!(reply.cmd, Some(CommandType::Logs as i32), "{reply:?}");
    }
    assert_eq!(alice.refused(logs(&cid)).await.code, 4116);

    // Other kinds and other clients have counts of their own, and these are not counted at all.
    alice.rows(command::query(&json!({}))).await;
    scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
    for _ in 0..50 {
        alice.expect_none().await;
        alice.send(&command::read(&cid, None, None)).await;
        alice.expect_unread().await;
    }
    bob.expect_none().await;
    let line = "parlor_commands_limited_total{command=\"message.send\"}";
    let url = format!("http://{}/metrics", server.admin_addr());
    let metrics = reqwest::get(url).await.expect("an answer").text().await;
    assert!(metrics.expect("text").contains(line));
}

#[tokio::test]
async fn p57_silence_is_what_the_service_answered() {
    let server = limited(|limits| {
        limits.sends_per_minute = 1;
        limits.action = LimitAction::Silent;
    })
    .await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice.say(&cid, "one").await;
    bob.expect_message().await;
    alice.send_numbered(command::text(&cid, "two")).await;
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn all_sessions_of_a_client_share_its_limits_also_the_next_one() {
    let server = limited(|limits| limits.sends_per_minute = 2).await;
    let (cid, [mut phone]) = scene::chat(&server, ["alice"]).await;
    let mut tablet = Client::login(&server, "alice").await;
    phone.say(&cid, "one").await;
    tablet.expect_message().await;
    tablet.say(&cid, "two").await;
    phone.expect_message().await;
    for device in [&mut phone, &mut tablet] {
        let ack = device.direct(command::text(&cid, "three")).await;
        assert_eq!(ack.code, Some(4116));
    }
    phone.drop_socket();
    tablet.drop_socket();
    let mut again = Client::login(&server, "alice").await;
    let ack = again.direct(command::text(&cid, "three")).await;
    assert_eq!(ack.code, Some(4116));
}

#[tokio::test]
async fn a_stranger_cannot_use_up_the_logins_of_a_client() {
    let server = limited(|limits| limits.others_per_minute = 2).await;
    // Each on a connection of its own, with no proof of who it is.
    for _ in 0..5 {
        Client::login(&server, "alice").await.drop_socket();
    }
    let mut alice = Client::login(&server, "alice").await;
    // But who is logged in asks for fresh tokens at its own expense.
    let open = || command::open(server.app_id(), "alice");
    for _ in 0..2 {
        let opened = alice.request(open()).await;
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    }
    assert_eq!(alice.refused(open()).await.code, 4116);
}

#[tokio::test]
async fn an_app_has_a_limit_of_messages_too() {
    let server = limited(|limits| limits.messages_per_second = 1).await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let mut refused = 0;
    // All at once, so that many of them fall into the same second.
    let mut serials = Vec::new();
    for _ in 0..25 {
        serials.push((
            alice.send_numbered(command::text(&cid, "hi")).await,
            bob.send_numbered(command::text(&cid, "hi")).await,
        ));
    }
    for (of_alice, of_bob) in serials {
        for reply in [alice.reply(of_alice).await, bob.reply(of_bob).await] {
            let code = reply.ack_message.expect("an ack").code;
            assert!(matches!(code, None | Some(4116)), "{code:?}");
            refused += usize::from(code.is_some());
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn a_connection_carries_so_many_clients_and_no_more() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.max_sessions_per_connection = 2)
        .start()
        .await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    client.open("alice").await;
    client.open("bob").await;
    let open = || command::open(server.app_id(), "carol");
    let error = client.refused(open()).await;
    assert_eq!(error.code, 4113);
    assert_eq!(error.reason, "APP_QUOTA_EXCEEDED");
    // Who is there may open again, and who leaves makes room.
    client.open("bob").await;
    let close = command::bare(CommandType::Session, Some(OpType::Close));
    client.request_as("bob", close).await;
    client.open("carol").await;
}
