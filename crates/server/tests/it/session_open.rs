use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, GenericCommand, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

#[tokio::test]
async fn w18_opened_carries_identity_time_and_token() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let opened = client.open("alice").await;
    assert_eq!(opened.peer_id.as_deref(), Some("alice"));
    assert!(opened.server_ts > Some(0));
    assert_eq!(opened.service, Some(2));
    let session = opened.session_message.expect("a session message");
    assert!(session.st.is_some_and(|token| !token.is_empty()));
    let ttl = session.st_ttl.expect("stTtl");
    assert!(300 < ttl && ttl <= 2_147_483, "{ttl}");
    assert_eq!(session.code, None);
}

#[tokio::test]
async fn w19_an_open_without_client_id_is_given_one() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for peer_id in [None, Some(String::new())] {
        let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
        let opened = client
            .request(GenericCommand {
                peer_id,
                ..command::open(server.app_id(), "")
            })
            .await;
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
        ids.push(opened.peer_id.expect("peerId"));
    }
    assert!(!ids[0].is_empty());
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn w20_a_client_id_of_65_characters_is_refused() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let refusal = client
        .refused(command::open(server.app_id(), &"x".repeat(65)))
        .await;
    assert_eq!(refusal.code, 4103);
    assert_eq!(refusal.reason, "INVALID_LOGIN");
    client.open(&"é".repeat(64)).await;
}

#[tokio::test]
async fn w21_another_app_is_refused_by_an_error_first() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let refusal = client.refused(command::open("another-app", "alice")).await;
    assert_eq!(refusal.code, 4100);
    assert_eq!(refusal.reason, "APP_NOT_AVAILABLE");
}

#[tokio::test]
async fn w23_a_command_without_client_id_is_the_first_sessions() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    client.open("alice").await;
    let reply = client.request(command::online(&["alice"])).await;
    assert_eq!(reply.peer_id.as_deref(), Some("alice"));

    client.open("bob").await;
    let reply = client.request(command::online(&["alice"])).await;
    assert_eq!(reply.peer_id.as_deref(), Some("alice"));
    let reply = client.request_as("bob", command::online(&["alice"])).await;
    assert_eq!(reply.peer_id.as_deref(), Some("bob"));
    let refused = client
        .request_as("carol", command::online(&["alice"]))
        .await;
    assert_eq!(refused.error_message.expect("an error").code, 4105);
}

#[tokio::test]
async fn w24_closing_one_session_leaves_the_other() {
    let server = TestServer::start().await;
    let mut shared = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    shared.open("alice").await;
    shared.open("bob").await;
    let mut carol = Client::login(&server, "carol").await;
    let cid = scene::start(&mut carol, &["bob", "carol"]).await;
    let (joined, _) = scene::expect_start(&mut shared).await;
    assert_eq!(joined.init_by.as_deref(), Some("carol"));

    let closed = shared.request_as("alice", command::close()).await;
    assert_eq!(closed.op, Some(OpType::Closed as i32));
    assert_eq!(
        closed.session_message.expect("a session message").code,
        None
    );

    let ack = carol.say(&cid, "still there?").await;
    assert_eq!(
        scene::id_of(&shared.expect_message().await),
        scene::uid(&ack)
    );
    let reply = shared.request(command::online(&["carol"])).await;
    assert_eq!(reply.peer_id.as_deref(), Some("bob"));
    let refused = shared.request_as("alice", command::online(&["bob"])).await;
    assert_eq!(refused.error_message.expect("an error").code, 4105);
}

#[tokio::test]
async fn w25_opening_twice_is_answered_twice_and_nothing_else() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice.open("alice").await;
    alice.expect_none().await;
    // One session, so one copy.
    scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
    alice.expect_none().await;
}

#[tokio::test]
async fn w61_opened_comes_before_the_first_event() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    alice.say(&cid, "for later").await;

    let mut bob = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    bob.open("bob").await;
    // `open` waited for the reply; an earlier event would be among the arrived.
    assert!(bob.arrived().is_empty(), "{:?}", bob.arrived());
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs.len(), 1);
}

#[tokio::test]
async fn w62_a_second_app_on_one_connection_is_refused() {
    let server = TestServer::start().await;
    let mut client = Client::login(&server, "alice").await;
    let refusal = client.refused(command::open("another-app", "bob")).await;
    assert_eq!(refusal.code, 4100);
    let login = GenericCommand {
        app_id: Some("another-app".to_owned()),
        ..command::bare(CommandType::Login, None)
    };
    assert_eq!(client.refused(login).await.code, 4100);
    client.open("bob").await;
}

#[tokio::test]
async fn w51_the_bitmap_decides_how_a_partial_failure_is_told() {
    let server = TestServer::builder()
        .configure(|config| config.conversation.max_members = 3)
        .start()
        .await;
    for (bitmap, partial) in [(0xBB, true), (0x9B, false)] {
        let mut alice = scene::login_with(
            &server,
            "alice",
            SessionCommand {
                config_bitmap: Some(bitmap),
                ..SessionCommand::default()
            },
        )
        .await;
        let cid = scene::start(&mut alice, &["alice", "bob"]).await;
        scene::expect_start(&mut alice).await;
        let add = command::add(&cid, &["carol", "dave"]);
        if partial {
            let added = alice.conv(add, OpType::Added).await;
            assert_eq!(added.allowed_pids, ["carol"]);
            let [failed] = &added.failed_pids[..] else {
                panic!("one failure: {added:?}");
            };
            assert_eq!(failed.code, 4304);
            assert_eq!(failed.reason, "CONVERSATION_FULL");
            assert_eq!(failed.pids, ["dave"]);
            let event = alice.expect_conv(OpType::MembersJoined).await;
            assert_eq!(event.m, ["carol"]);
        } else {
            let refusal = alice.refused(add).await;
            assert_eq!(refusal.code, 4304);
            assert_eq!(refusal.pids, ["dave"]);
            let row = alice.row(&cid).await;
            assert_eq!(row["m"].as_array().map(Vec::len), Some(2));
            alice.expect_none().await;
        }
    }
}
