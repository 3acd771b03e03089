//! Will messages: what is told when a session dies, and when not.

use std::time::Duration;

use bytes::Bytes;
use parlor_testkit::{Client, MASTER_KEY, TestServer, command, within};
use parlor_wire::proto::{
    AckCommand, ConvCommand, DirectCommand, LogsCommand, OpType, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;
use tokio_tungstenite::tungstenite::Message;

use crate::scene;

async fn leave_will(client: &mut Client, cid: &str, text: &str) -> AckCommand {
    let ack = client
        .direct(command::direct(DirectCommand {
            cid: Some(cid.to_owned()),
            msg: Some(text.to_owned()),
            will: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    assert_eq!(ack.code, None, "{ack:?}");
    assert!(ack.t > Some(0));
    ack
}

async fn expect_will(client: &mut Client, ack: &AckCommand, text: &str) {
    let message = client.expect_message().await;
    assert_eq!(message.id, ack.uid);
    assert_eq!(message.msg.as_deref(), Some(text));
    assert_eq!(message.transient, None);
    assert_eq!(message.from_peer_id.as_deref(), Some("alice"));
    assert!(message.timestamp >= ack.t);
}

/// Waits until nobody is logged in as alice any more and checks that no will was told.
async fn expect_no_will(server: &TestServer, cid: &str, client: &mut Client) {
    within("alice to be gone", async {
        loop {
            let reply = client.request(command::online(&["alice"])).await;
            let online = reply.session_message.expect("a session message");
            if online.online_session_peer_ids.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    expect_only_carols(server, cid, client).await;
}

/// Lets carol leave a will and die: wills are told in the order of the deaths, so one that was
/// due before is told before hers.
async fn expect_only_carols(server: &TestServer, cid: &str, client: &mut Client) {
    let [mut carol] = scene::logins(server, ["carol"]).await;
    let ack = leave_will(&mut carol, cid, "carol's").await;
    carol.drop_socket();
    assert_eq!(client.expect_message().await.id, ack.uid);
}

#[tokio::test]
async fn c63_the_last_will_is_told_when_the_socket_dies_and_leaves_no_trace() {
    let server = TestServer::start().await;
    let (first, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let second = scene::start(&mut alice, &["alice", "carol", "dave"]).await;
    let [mut alice2, mut carol] = scene::logins(&server, ["alice", "carol"]).await;
    leave_will(&mut alice, &first, "farewell, bob").await;
    let ack = leave_will(&mut alice, &second, "farewell, carol").await;
    for client in [&mut bob, &mut carol, &mut alice2] {
        client.expect_none().await;
    }
    let before = carol.row(&second).await;
    alice.drop_socket();
    for client in [&mut carol, &mut alice2] {
        expect_will(client, &ack, "farewell, carol").await;
    }
    scene::fence(&first, &mut alice2, &mut [&mut bob]).await;

    let logs = carol
        .logs(LogsCommand {
            cid: Some(second.clone()),
            ..LogsCommand::default()
        })
        .await;
    assert!(logs.is_empty());
    assert_eq!(carol.row(&second).await, before);
    for name in ["carol", "dave"] {
        let mut again = Client::login(&server, name).await;
        again.expect_none().await;
    }
    // What nobody stored cannot be patched.
    let patch = command::recall(&second, &ack);
    assert_eq!(alice2.refused(patch).await.code, 4404);
}

#[tokio::test]
async fn c63_a_session_that_is_closed_tells_no_will() {
    let server = TestServer::start().await;
    let names = ["alice", "bob", "carol"];
    let (cid, [mut alice, mut bob, _carol]) = scene::chat(&server, names).await;
    let [alice2] = scene::logins(&server, ["alice"]).await;
    leave_will(&mut alice, &cid, "farewell").await;
    alice.request(command::close()).await;
    alice.drop_socket();
    // Nor does a session that never left one.
    alice2.drop_socket();
    expect_no_will(&server, &cid, &mut bob).await;
}

#[tokio::test]
async fn c63_silence_and_a_close_of_the_socket_are_deaths_too() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.idle_timeout_secs = 1)
        .start()
        .await;
    for closes_by_itself in [true, false] {
        let (cid, [mut bob, mut alice]) = scene::chat(&server, ["bob", "alice"]).await;
        let ack = leave_will(&mut alice, &cid, "farewell").await;
        if closes_by_itself {
            alice.send_raw(Message::Close(None)).await;
        }
        within("the will", async {
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            loop {
                ticks.tick().await;
                bob.send_raw(Message::Ping(Bytes::new())).await;
                bob.request(command::echo()).await;
                if !bob.arrived().is_empty() {
                    return;
                }
            }
        })
        .await;
        expect_will(&mut bob, &ack, "farewell").await;
    }
}

#[tokio::test]
async fn c63_a_kick_tells_the_will() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = leave_will(&mut alice, &cid, "farewell").await;
    let kicked = reqwest::Client::new()
        .post(server.url("/1.2/rtm/clients/alice/kick"))
        .header("X-LC-Id", server.app_id())
        .header("X-LC-Key", format!("{MASTER_KEY},master"))
        .header("Content-Type", "application/json")
        .body("{}")
        .send()
        .await
        .expect("an answer");
    assert_eq!(kicked.status(), 200);
    expect_will(&mut bob, &ack, "farewell").await;
}

#[tokio::test]
async fn c63_another_device_of_the_same_tag_tells_the_will_and_the_same_device_does_not() {
    let server = TestServer::start().await;
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    let on = |device: &str| SessionCommand {
        tag: Some("phone".to_owned()),
        device_id: Some(device.to_owned()),
        config_bitmap: Some(command::FULL_BITMAP),
        ..SessionCommand::default()
    };
    let cid = scene::start(&mut bob, &["alice", "bob"]).await;
    scene::expect_start(&mut bob).await;
    let mut one = scene::login_with(&server, "alice", on("one")).await;
    leave_will(&mut one, &cid, "not yet").await;
    let mut again = scene::login_with(&server, "alice", on("one")).await;
    bob.expect_none().await;
    let ack = leave_will(&mut again, &cid, "farewell").await;
    let mut other = scene::login_with(&server, "alice", on("two")).await;
    for client in [&mut bob, &mut other] {
        expect_will(client, &ack, "farewell").await;
    }
}

#[tokio::test]
async fn c63_a_resumed_session_takes_its_will_along() {
    let server = TestServer::start().await;
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    let cid = scene::start(&mut bob, &["alice", "bob", "carol"]).await;
    scene::expect_start(&mut bob).await;
    let mut old = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let opened = old.open("alice").await;
    let token = opened
        .session_message
        .and_then(|session| session.st)
        .expect("st");
    let ack = leave_will(&mut old, &cid, "farewell").await;

    let mut new = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let reopened = new
        .request(command::reopen(server.app_id(), "alice", &token))
        .await;
    assert_eq!(reopened.op, Some(OpType::Opened as i32), "{reopened:?}");
    old.drop_socket();
    expect_only_carols(&server, &cid, &mut bob).await;
    new.drop_socket();
    expect_will(&mut bob, &ack, "farewell").await;
}

#[tokio::test]
async fn c63_a_will_needs_its_conversation_when_it_is_left_and_when_it_is_told() {
    let server = TestServer::start().await;
    let names = ["bob", "alice", "carol"];
    let (cid, [mut bob, mut alice, _carol]) = scene::chat(&server, names).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    let stranger = mallory
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("boo".to_owned()),
            will: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    assert_eq!(stranger.code, Some(4401));
    mallory.drop_socket();

    leave_will(&mut alice, &cid, "farewell").await;
    bob.conv(command::remove(&cid, &["alice"]), OpType::Removed)
        .await;
    bob.expect_conv(OpType::MembersLeft).await;
    alice.drop_socket();
    expect_no_will(&server, &cid, &mut bob).await;
}

#[tokio::test]
async fn c63_a_will_to_a_room_reaches_who_is_there() {
    let server = TestServer::start().await;
    let [mut alice, mut bob, mut carol] = scene::logins(&server, ["alice", "bob", "carol"]).await;
    let start = command::conv(
        OpType::Start,
        ConvCommand {
            transient: Some(true),
            ..ConvCommand::default()
        },
    );
    let room = alice.conv(start, OpType::Started).await.cid.expect("cid");
    bob.conv(command::add(&room, &["bob"]), OpType::Added).await;
    let ack = leave_will(&mut alice, &room, "farewell").await;
    alice.drop_socket();
    expect_will(&mut bob, &ack, "farewell").await;
    carol.expect_none().await;
}

#[tokio::test]
async fn c63_a_server_that_ends_tells_no_will() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    leave_will(&mut alice, &cid, "farewell").await;
    let (server, code) = tokio::join!(server.restart(), bob.close_code());
    assert_eq!(code, 1001);
    assert!(bob.arrived().is_empty(), "{:?}", bob.arrived());
    drop(alice);
    let mut bob = Client::login(&server, "bob").await;
    bob.expect_none().await;
}
