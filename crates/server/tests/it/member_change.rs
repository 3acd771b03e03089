use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;

use crate::scene;

#[tokio::test]
async fn c15_added_members_and_the_others_are_told() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut alice2, mut carol] = scene::logins(&server, ["alice", "carol"]).await;

    let added = alice
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    assert_eq!(added.allowed_pids, ["carol"]);
    assert!(added.failed_pids.is_empty());
    let udate = added.udate.expect("udate");
    let joined = carol.expect_conv(OpType::Joined).await;
    assert_eq!(joined.init_by.as_deref(), Some("alice"));
    assert_eq!(joined.udate.as_deref(), Some(&*udate));
    for client in [&mut alice, &mut alice2, &mut bob, &mut carol] {
        let event = client.expect_conv(OpType::MembersJoined).await;
        assert_eq!(event.m, ["carol"]);
        assert_eq!(event.init_by.as_deref(), Some("alice"));
        assert_eq!(event.udate.as_deref(), Some(&*udate));
    }
    assert_eq!(alice.row(&cid).await["updatedAt"], udate);
    scene::fence(&cid, &mut bob, &mut [&mut alice, &mut alice2, &mut carol]).await;
    for client in [&mut alice, &mut alice2, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c16_added_and_removed_members_show_in_the_row() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    alice.conv(command::add(&cid, &["x"]), OpType::Added).await;
    assert_eq!(alice.row(&cid).await["m"], json!(["alice", "x"]));
    alice
        .conv(command::remove(&cid, &["x"]), OpType::Removed)
        .await;
    assert_eq!(alice.row(&cid).await["m"], json!(["alice"]));
}

#[tokio::test]
async fn c17_a_removed_member_hears_only_that_it_left() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;

    let removed = alice
        .conv(command::remove(&cid, &["carol"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["carol"]);
    let left = carol.expect_conv(OpType::Left).await;
    assert_eq!(left.cid.as_deref(), Some(&*cid));
    assert_eq!(left.init_by.as_deref(), Some("alice"));
    assert_eq!(left.udate, removed.udate);
    for client in [&mut alice, &mut alice2, &mut bob] {
        let event = client.expect_conv(OpType::MembersLeft).await;
        assert_eq!(event.m, ["carol"]);
        assert_eq!(event.init_by.as_deref(), Some("alice"));
    }
    // Neither the others' event nor a later message reaches her.
    scene::fence(&cid, &mut alice, &mut [&mut alice2, &mut bob]).await;
    for client in [&mut alice, &mut alice2, &mut bob, &mut carol] {
        client.expect_none().await;
    }
    let refused = carol.direct(command::text(&cid, "let me in")).await;
    assert_eq!(refused.code, Some(4401));
}

#[tokio::test]
async fn c18_joining_and_leaving_by_oneself() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut carol] = scene::logins(&server, ["carol"]).await;

    let added = carol
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["carol"]);
    let joined = carol.expect_conv(OpType::Joined).await;
    assert_eq!(joined.init_by.as_deref(), Some("carol"));
    for client in [&mut alice, &mut bob, &mut carol] {
        let event = client.expect_conv(OpType::MembersJoined).await;
        assert_eq!(event.m, ["carol"]);
        assert_eq!(event.init_by.as_deref(), Some("carol"));
    }

    let removed = carol
        .conv(command::remove(&cid, &["carol"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["carol"]);
    let left = carol.expect_conv(OpType::Left).await;
    assert_eq!(left.init_by.as_deref(), Some("carol"));
    for client in [&mut alice, &mut bob] {
        let event = client.expect_conv(OpType::MembersLeft).await;
        assert_eq!(event.m, ["carol"]);
        assert_eq!(event.init_by.as_deref(), Some("carol"));
    }
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    for client in [&mut alice, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c21_outsiders_cannot_add_and_members_are_added_once() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    for frame in [
        command::add(&cid, &["friend"]),
        command::remove(&cid, &["alice"]),
    ] {
        let refusal = mallory.refused(frame).await;
        assert_eq!(refusal.code, 4317);
        assert_eq!(refusal.reason, "CONVERSATION_MEMBERSHIP_REQUIRED");
    }

    let added = alice
        .conv(command::add(&cid, &["bob"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["bob"]);
    assert!(added.failed_pids.is_empty());
    let removed = alice
        .conv(command::remove(&cid, &["stranger"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["stranger"]);
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c24_who_was_added_while_away_is_not_told_over_the_socket() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let mut carol = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let opened = carol
        .request(command::open_with(
            server.app_id(),
            "carol",
            SessionCommand {
                config_bitmap: Some(0xab),
                ..SessionCommand::default()
            },
        ))
        .await;
    let token = opened.session_message.and_then(|body| body.st);
    carol.drop_socket();
    alice
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;

    let mut carol = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let reopen = command::reopen(server.app_id(), "carol", &token.expect("st"));
    carol.request(reopen).await;
    scene::fence(&cid, &mut alice, &mut [&mut carol]).await;
    carol.expect_none().await;
}

#[tokio::test]
async fn c25_a_removed_member_still_finds_the_conversation() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut carol]) = scene::chat(&server, ["alice", "carol"]).await;
    alice
        .conv(command::remove(&cid, &["carol"]), OpType::Removed)
        .await;
    let left = carol.expect_conv(OpType::Left).await;
    let row = carol.row(&cid).await;
    assert_eq!(row["m"], json!(["alice"]));
    assert_eq!(row["updatedAt"], left.udate.expect("udate"));
}

#[tokio::test]
async fn changing_an_unknown_conversation_is_refused() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let unknown = "555555555555555555555555";
    for frame in [
        command::add(unknown, &["alice"]),
        command::remove(unknown, &["alice"]),
    ] {
        let refusal = alice.refused(frame).await;
        assert_eq!(refusal.code, 4303);
        assert_eq!(refusal.reason, "CONVERSATION_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_command_and_its_event_are_in_order_on_a_shared_socket() {
    // Spec 02 §1.7: the reply is written first, also when both clients share one connection.
    let server = TestServer::start().await;
    let [mut shared] = scene::logins(&server, ["alice"]).await;
    shared.open("bob").await;
    let cid = scene::start(&mut shared, &["alice", "bob"]).await;
    assert!(shared.arrived().is_empty(), "{:?}", shared.arrived());
    let mut told = Vec::new();
    for _ in 0..4 {
        let event = shared.next_event().await;
        assert_eq!(event.cmd, Some(CommandType::Conv as i32));
        told.push((event.peer_id.expect("peerId"), event.op.expect("op")));
    }
    told.sort();
    let (joined, members_joined) = (OpType::Joined as i32, OpType::MembersJoined as i32);
    assert_eq!(
        told,
        [
            ("alice".to_owned(), joined),
            ("alice".to_owned(), members_joined),
            ("bob".to_owned(), joined),
            ("bob".to_owned(), members_joined),
        ]
    );
    let ack = shared.say(&cid, "hi").await;
    let message = shared.expect_event(CommandType::Direct, None).await;
    assert_eq!(message.peer_id.as_deref(), Some("bob"));
    assert_eq!(
        scene::id_of(&message.direct_message.expect("a message")),
        scene::uid(&ack)
    );
}
