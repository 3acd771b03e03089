use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{GenericCommand, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

fn token(opened: &GenericCommand) -> String {
    let session = opened.session_message.as_ref().expect("a session message");
    assert!(session.st_ttl.expect("stTtl") > 300);
    session.st.clone().expect("st")
}

async fn connect(server: &TestServer) -> Client {
    Client::connect(server, Subprotocol::Protobuf2V3).await
}

#[tokio::test]
async fn w28_a_token_reopens_on_a_new_connection_and_is_renewed() {
    let server = TestServer::start().await;
    let mut first = connect(&server).await;
    let opened = first
        .request(command::open_with(
            server.app_id(),
            "alice",
            SessionCommand {
                tag: Some("phone".to_owned()),
                device_id: Some("device".to_owned()),
                config_bitmap: Some(command::FULL_BITMAP),
                ..SessionCommand::default()
            },
        ))
        .await;
    let old = token(&opened);
    first.drop_socket();

    let mut second = connect(&server).await;
    let reopened = second
        .request(command::reopen(server.app_id(), "alice", &old))
        .await;
    assert_eq!(reopened.op, Some(OpType::Opened as i32), "{reopened:?}");
    assert_eq!(reopened.peer_id.as_deref(), Some("alice"));
    assert_ne!(token(&reopened), old);

    // The session keeps the tag and the device of the token.
    let mut other = connect(&server).await;
    let come_back = |device: &str| {
        command::open_with(
            server.app_id(),
            "alice",
            SessionCommand {
                r: Some(true),
                tag: Some("phone".to_owned()),
                device_id: Some(device.to_owned()),
                ..SessionCommand::default()
            },
        )
    };
    let refused = other.request(come_back("another")).await;
    assert_eq!(refused.op, Some(OpType::Closed as i32), "{refused:?}");
    let opened = other.request(come_back("device")).await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
}

#[tokio::test]
async fn a_reopened_session_gets_messages_again() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let mut bob = connect(&server).await;
    let st = token(&bob.open("bob").await);
    bob.drop_socket();
    let mut bob = connect(&server).await;
    bob.request(command::reopen(server.app_id(), "bob", &st))
        .await;
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
}

#[tokio::test]
async fn a_token_survives_a_restart_of_the_server() {
    let server = TestServer::start().await;
    let mut alice = connect(&server).await;
    let st = token(&alice.open("alice").await);
    alice.drop_socket();
    let server = server.restart().await;
    let mut alice = connect(&server).await;
    let reopened = alice
        .request(command::reopen(server.app_id(), "alice", &st))
        .await;
    assert_eq!(reopened.op, Some(OpType::Opened as i32), "{reopened:?}");
}

#[tokio::test]
async fn w29_a_forged_token_is_refused_and_none_is_fine() {
    let server = TestServer::start().await;
    let mut alice = connect(&server).await;
    for forged in ["garbage", "0", &"x".repeat(4000)] {
        let refusal = alice
            .refused(command::reopen(server.app_id(), "alice", forged))
            .await;
        assert_eq!(refusal.code, 4112);
        assert_eq!(refusal.reason, "SESSION_TOKEN_EXPIRED");
    }
    let without_token = command::open_with(
        server.app_id(),
        "alice",
        SessionCommand {
            r: Some(true),
            ..SessionCommand::default()
        },
    );
    let opened = alice.request(without_token).await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
}

#[tokio::test]
async fn another_clients_token_is_refused() {
    let server = TestServer::start().await;
    let mut client = connect(&server).await;
    let st = token(&client.open("alice").await);
    let refusal = client
        .refused(command::reopen(server.app_id(), "bob", &st))
        .await;
    assert_eq!(refusal.code, 4112);
}

#[tokio::test]
async fn w30_a_refused_reopen_without_serial_names_its_client() {
    let server = TestServer::start().await;
    let mut client = connect(&server).await;
    client
        .send(&command::reopen(server.app_id(), "alice", "garbage"))
        .await;
    let error = client.next_event().await;
    assert_eq!(error.i, None);
    assert_eq!(error.peer_id.as_deref(), Some("alice"));
    assert_eq!(error.error_message.expect("an error").code, 4112);
}

#[tokio::test]
async fn w31_a_refresh_gives_a_new_token_and_keeps_the_old_one() {
    let server = TestServer::start().await;
    let mut alice = connect(&server).await;
    let old = token(&alice.open("alice").await);
    let refresh = |st: Option<&str>| {
        command::session(
            OpType::Refresh,
            SessionCommand {
                st: st.map(str::to_owned),
                ..SessionCommand::default()
            },
        )
    };
    for st in [Some(&*old), None] {
        let refreshed = alice.request(refresh(st)).await;
        assert_eq!(refreshed.op, Some(OpType::Refreshed as i32));
        assert_ne!(token(&refreshed), old);
    }
    alice.drop_socket();

    // Without a session the token alone decides.
    let mut alice = connect(&server).await;
    let refusal = alice
        .request_as("alice", refresh(Some("garbage")))
        .await
        .error_message
        .expect("an error message");
    assert_eq!(refusal.code, 4112);
    let refreshed = alice.request_as("alice", refresh(Some(&old))).await;
    assert_eq!(refreshed.op, Some(OpType::Refreshed as i32));
    let reopened = alice
        .request(command::reopen(server.app_id(), "alice", &old))
        .await;
    assert_eq!(reopened.op, Some(OpType::Opened as i32), "{reopened:?}");
}

#[tokio::test]
async fn w32_a_closed_sessions_token_is_worthless() {
    let server = TestServer::start().await;
    let mut alice = connect(&server).await;
    let st = token(&alice.open("alice").await);
    alice.request(command::close()).await;
    let refusal = alice
        .refused(command::reopen(server.app_id(), "alice", &st))
        .await;
    assert_eq!(refusal.code, 4112);
}

#[tokio::test]
async fn w60_who_comes_back_without_bitmap_can_do_what_it_could_before() {
    let server = TestServer::builder()
        .configure(|config| config.conversation.max_members = 2)
        .start()
        .await;
    let open = |r: bool, device: &str, config_bitmap: Option<i64>| {
        command::open_with(
            server.app_id(),
            "alice",
            SessionCommand {
                r: Some(r),
                device_id: Some(device.to_owned()),
                config_bitmap,
                ..SessionCommand::default()
            },
        )
    };
    let mut before = connect(&server).await;
    before.request(open(false, "simple", Some(0x01))).await;

    // C# sends its bitmap when it opens only; 0xAB has the bit of partial failures.
    for (device, partial) in [("csharp", true), ("simple", false)] {
        let mut alice = connect(&server).await;
        let opened = alice.request(open(true, device, None)).await;
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
        let cid = scene::start(&mut alice, &["alice"]).await;
        scene::expect_start(&mut alice).await;
        let added = alice.request(command::add(&cid, &["bob", "carol"])).await;
        if partial {
            assert_eq!(added.op, Some(OpType::Added as i32), "{added:?}");
            let body = added.conv_message.expect("a conv message");
            assert_eq!(body.failed_pids.len(), 1);
        } else {
            assert_eq!(added.error_message.expect("an error").code, 4304);
        }
    }
}
