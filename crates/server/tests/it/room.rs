use std::collections::BTreeSet;

use parlor_testkit::{Client, TestServer, command, eventually};
use parlor_wire::proto::{ConvCommand, DirectCommand, GenericCommand, LogsCommand, OpType};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;

use crate::scene;

async fn join(client: &mut Client, name: &str, room: &str) {
    let reply = client
        .conv(command::add(room, &[name]), OpType::Added)
        .await;
    assert_eq!(reply.allowed_pids, [name]);
    assert!(reply.failed_pids.is_empty(), "{reply:?}");
    assert!(reply.udate.is_some(), "{reply:?}");
}

async fn quit(client: &mut Client, name: &str, room: &str) {
    let reply = client
        .conv(command::remove(room, &[name]), OpType::Removed)
        .await;
    assert_eq!(reply.allowed_pids, [name]);
    assert!(reply.udate.is_some(), "{reply:?}");
}

async fn count(client: &mut Client, room: &str) -> i32 {
    let reply = client
        .conv(command::on(OpType::Count, room), OpType::Result)
        .await;
    reply.count.expect("count, also when it is 0")
}

async fn members(client: &mut Client, room: &str) -> BTreeSet<String> {
    let reply = client
        .conv(command::on(OpType::Members, room), OpType::Members)
        .await;
    reply.m.into_iter().collect()
}

/// Connects and opens, and returns the token as well.
async fn login(server: &TestServer, name: &str) -> (Client, String) {
    let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
    let opened = client.open(name).await;
    let session = opened.session_message.expect("a session message");
    (client, session.st.expect("st"))
}

/// Connects and resumes with a token.
async fn resume(server: &TestServer, name: &str, token: &str) -> Client {
    let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
    let opened = client
        .request(command::reopen(server.app_id(), name, token))
        .await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    client
}

/// Waits until a room has so many clients online.
async fn expect_count(client: &mut Client, room: &str, expected: i32) {
    let asking = tokio::sync::Mutex::new(client);
    eventually("the count to change", || async {
        let mut client = asking.lock().await;
        (count(&mut client, room).await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn c13_transient_wins_over_the_other_flags() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let start = command::conv(
        OpType::Start,
        ConvCommand {
            m: vec!["alice".to_owned(), "bob".to_owned()],
            transient: Some(true),
            unique: Some(true),
            temp_conv: Some(true),
            attr: command::json(&json!({ "name": "lobby", "k": 1 })),
            ..ConvCommand::default()
        },
    );
    let started = alice.conv(start, OpType::Started).await;
    let room = started.cid.expect("cid");
    assert!(!room.starts_with("_tmp:"), "{room}");
    assert_eq!(started.unique_id, None);
    assert_eq!(started.transient, Some(true));
    assert_eq!(started.existing, None);
    assert!(started.cdate.is_some());
    assert_eq!(count(&mut alice, &room).await, 1);
    assert_eq!(members(&mut bob, &room).await, ["alice".to_owned()].into());
    let row = bob.row(&room).await;
    assert_eq!(row["tr"], true);
    assert_eq!(row["c"], "alice");
    assert_eq!(row["name"], "lobby");
    assert_eq!(row["k"], 1);
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c37_an_empty_room_counts_zero() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    quit(&mut alice, "alice", &room).await;
    assert_eq!(count(&mut alice, &room).await, 0);
    assert!(members(&mut alice, &room).await.is_empty());
    // Leaving what one is not in is fine.
    quit(&mut alice, "alice", &room).await;
    alice.expect_none().await;
}

#[tokio::test]
async fn c49_a_message_reaches_who_is_in_the_room_and_nobody_else() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob, mut dave] =
        scene::logins(&server, ["alice", "alice", "bob", "dave"]).await;
    let room = scene::open_room(&mut alice).await;
    assert_eq!(count(&mut alice, &room).await, 1);
    join(&mut bob, "bob", &room).await;
    assert_eq!(count(&mut alice, &room).await, 2);
    let both: BTreeSet<String> = ["alice".to_owned(), "bob".to_owned()].into();
    assert_eq!(members(&mut alice, &room).await, both);
    // Another device in the room is no other client, and gets no copy of what it sent.
    join(&mut alice2, "alice", &room).await;
    assert_eq!(count(&mut alice, &room).await, 2);

    let frame = command::direct(DirectCommand {
        cid: Some(room.clone()),
        msg: Some("hello".to_owned()),
        r: Some(true),
        ..DirectCommand::default()
    });
    let ack = alice.direct(frame).await;
    assert_eq!(ack.code, None, "{ack:?}");
    let message = bob.expect_message().await;
    assert_eq!(message.id, ack.uid);
    assert_eq!(message.timestamp, ack.t);
    assert_eq!(message.conv_type, Some(2));
    assert_eq!(message.from_peer_id.as_deref(), Some("alice"));
    for client in [&mut alice, &mut alice2, &mut bob, &mut dave] {
        client.expect_none().await;
    }

    // Anybody may read what was said, and it is nobody's unread message.
    let logs = LogsCommand {
        cid: Some(room.clone()),
        ..LogsCommand::default()
    };
    let items = dave.logs(logs).await;
    let ids: Vec<Option<&str>> = items.iter().map(|item| item.msg_id.as_deref()).collect();
    assert_eq!(ids, [ack.uid.as_deref()]);
    assert_eq!(items[0].conv_type, Some(2));
    let [mut carol] = scene::logins(&server, ["carol"]).await;
    carol.expect_none().await;
    bob.drop_socket();
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c50_joining_another_room_leaves_the_first() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let first = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &first).await;
    assert_eq!(count(&mut alice, &first).await, 2);
    let second = scene::open_room(&mut bob).await;
    assert_eq!(count(&mut alice, &first).await, 1);
    assert_eq!(count(&mut alice, &second).await, 1);
    alice.say(&first, "where are you?").await;
    bob.expect_none().await;
    alice.expect_none().await;
    let asked = command::conv(
        OpType::IsMember,
        ConvCommand {
            cids: vec![first.clone(), second.clone()],
            ..ConvCommand::default()
        },
    );
    let answer = bob.conv(asked, OpType::IsMember).await.results;
    let answer: serde_json::Value =
        serde_json::from_str(&answer.expect("results").data).expect("JSON");
    assert_eq!(answer, json!({ first: false, second: true }));
}

#[tokio::test]
async fn c50_a_resumed_session_is_back_in_its_room() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let (mut bob, token) = login(&server, "bob").await;
    join(&mut bob, "bob", &room).await;
    assert_eq!(count(&mut alice, &room).await, 2);
    bob.drop_socket();
    expect_count(&mut alice, &room, 1).await;

    let mut bob = resume(&server, "bob", &token).await;
    assert_eq!(count(&mut alice, &room).await, 2);
    let ack = alice.say(&room, "welcome back").await;
    assert_eq!(scene::id_of(&bob.expect_message().await), scene::uid(&ack));
    bob.drop_socket();
    expect_count(&mut alice, &room, 1).await;

    // A login without the token is a new one, which was in no room.
    let [_bob] = scene::logins(&server, ["bob"]).await;
    assert_eq!(count(&mut alice, &room).await, 1);
}

#[tokio::test]
async fn c50_a_session_that_quit_stays_out_when_it_is_resumed() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let (mut bob, token) = login(&server, "bob").await;
    join(&mut bob, "bob", &room).await;
    quit(&mut bob, "bob", &room).await;
    bob.drop_socket();
    let mut bob = resume(&server, "bob", &token).await;
    assert_eq!(count(&mut alice, &room).await, 1);
    alice.say(&room, "anybody?").await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c50_a_session_resumed_before_its_old_socket_dies_keeps_its_place() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let (mut old, token) = login(&server, "bob").await;
    join(&mut old, "bob", &room).await;
    let mut new = resume(&server, "bob", &token).await;
    assert_eq!(count(&mut alice, &room).await, 2);
    let ack = alice.say(&room, "one").await;
    assert_eq!(scene::id_of(&new.expect_message().await), scene::uid(&ack));
    old.expect_none().await;
    old.drop_socket();
    let ack = alice.say(&room, "two").await;
    assert_eq!(scene::id_of(&new.expect_message().await), scene::uid(&ack));
    assert_eq!(count(&mut alice, &room).await, 2);
}

#[tokio::test]
async fn c50_closing_the_session_leaves_the_room() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    bob.request(command::close()).await;
    assert_eq!(count(&mut alice, &room).await, 1);
}

#[tokio::test]
async fn c51_who_is_not_in_the_room_may_speak_to_it() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    let ack = bob.say(&room, "knock knock").await;
    let message = alice.expect_message().await;
    assert_eq!(scene::id_of(&message), scene::uid(&ack));
    bob.expect_none().await;
    let nowhere = bob
        .direct(command::text("555555555555555555555555", "hello"))
        .await;
    assert_eq!(nowhere.code, Some(4401));
}

#[tokio::test]
async fn transient_messages_to_a_room_are_delivered_and_not_stored() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    let frame = command::direct(DirectCommand {
        cid: Some(room.clone()),
        msg: Some("heart".to_owned()),
        transient: Some(true),
        ..DirectCommand::default()
    });
    let ack = alice.direct(frame).await;
    assert_eq!(ack.code, None, "{ack:?}");
    let message = bob.expect_message().await;
    assert_eq!(message.id, ack.uid);
    assert_eq!(message.transient, Some(true));
    assert_eq!(message.conv_type, Some(2));
    let logs = LogsCommand {
        cid: Some(room),
        ..LogsCommand::default()
    };
    assert!(alice.logs(logs).await.is_empty());
    alice.expect_none().await;
}

#[tokio::test]
async fn every_priority_reaches_a_session_that_keeps_up() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    for priority in [1, 2, 3] {
        let frame = GenericCommand {
            priority: Some(priority),
            ..command::text(&room, "hello")
        };
        let ack = alice.direct(frame).await;
        assert_eq!(ack.code, None, "{ack:?}");
        assert_eq!(bob.expect_message().await.id, ack.uid);
    }
}

#[tokio::test]
async fn clients_on_one_socket_each_get_their_copy() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let mut shared = Client::login(&server, "bob").await;
    shared.open("carol").await;
    for name in ["bob", "carol"] {
        let added = shared.request_as(name, command::add(&room, &[name])).await;
        assert_eq!(added.op, Some(OpType::Added as i32), "{added:?}");
    }
    alice.say(&room, "hello").await;
    let mut addressed = BTreeSet::new();
    for _ in 0..2 {
        addressed.insert(shared.next_event().await.peer_id.expect("peerId"));
    }
    assert_eq!(addressed, ["bob".to_owned(), "carol".to_owned()].into());
}

#[tokio::test]
async fn only_oneself_joins_or_leaves_a_room() {
    let server = TestServer::start().await;
    let [mut alice, _bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    for frame in [
        command::add(&room, &["bob"]),
        command::add(&room, &["alice", "bob"]),
        command::remove(&room, &["bob"]),
    ] {
        let refusal = alice.refused(frame).await;
        assert_eq!(refusal.code, 4314, "{refusal:?}");
    }
    assert_eq!(
        members(&mut alice, &room).await,
        ["alice".to_owned()].into()
    );
}

#[tokio::test]
async fn who_is_in_the_room_may_update_it_and_is_told() {
    let server = TestServer::start().await;
    let [mut alice, mut bob, mut carol] = scene::logins(&server, ["alice", "bob", "carol"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    let refusal = carol
        .refused(command::update(&room, &json!({ "name": "mine" })))
        .await;
    assert_eq!(refusal.code, 4309);
    let reply = bob
        .conv(
            command::update(&room, &json!({ "name": "ours" })),
            OpType::Updated,
        )
        .await;
    for client in [&mut alice, &mut bob] {
        let event = client.expect_conv(OpType::Updated).await;
        assert_eq!(event.cid.as_deref(), Some(&*room));
        assert_eq!(event.init_by.as_deref(), Some("bob"));
        assert_eq!(event.udate, reply.udate);
    }
    carol.expect_none().await;
    assert_eq!(carol.row(&room).await["name"], "ours");
}

#[tokio::test]
async fn muting_a_room_is_accepted_without_effect() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    let before = bob.row(&room).await;
    for operation in [OpType::Mute, OpType::Unmute] {
        let reply = bob
            .conv(command::on(operation, &room), OpType::Updated)
            .await;
        assert_eq!(reply.udate.as_deref(), before["updatedAt"].as_str());
        assert_eq!(bob.row(&room).await, before);
    }
    let ack = alice.say(&room, "still here").await;
    assert_eq!(scene::id_of(&bob.expect_message().await), scene::uid(&ack));
}

#[tokio::test]
async fn c72_a_room_is_never_unread_and_read_is_ignored() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    join(&mut bob, "bob", &room).await;
    alice.say(&room, "hello").await;
    bob.expect_message().await;
    bob.send(&command::read(&room, None, None)).await;
    bob.expect_none().await;
    alice.expect_none().await;
}
