//! Asking clients to go elsewhere before a node stops.

use parlor_testkit::{Client, Handshake, TestServer, command, eventually, within};
use parlor_wire::proto::{CommandType, DirectCommand};
use parlor_wire::subprotocol::Subprotocol;
use reqwest::StatusCode;
use tokio::net::TcpStream;

use crate::scene;

/// So long that a test never sees its end.
const LONG_SECS: u64 = 3600;

async fn with_grace(secs: u64) -> TestServer {
    TestServer::builder()
        .configure(|config| config.gateway.goaway_grace_secs = secs)
        .start()
        .await
}

/// Waits for the one frame that asks the client to go.
async fn expect_goaway(client: &mut Client, first_client: &str) {
    let frame = client.expect_event(CommandType::Goaway, None).await;
    assert_eq!(frame.i, None);
    assert_eq!(frame.service, Some(2));
    assert_eq!(frame.peer_id.as_deref(), Some(first_client));
}

async fn status(url: String) -> StatusCode {
    reqwest::get(url).await.expect("an answer").status()
}

#[tokio::test]
async fn w54_goaway_is_said_once_and_everything_goes_on_meanwhile() {
    let mut server = with_grace(LONG_SECS).await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice.open("carol").await;
    let mut push = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    push.request(command::bare(CommandType::Login, None)).await;
    let mut idle = Client::connect(&server, Subprotocol::Protobuf2V3).await;

    server.begin_shutdown();
    expect_goaway(&mut alice, "alice").await;
    expect_goaway(&mut bob, "bob").await;
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    alice.expect_none().await;
    bob.expect_none().await;
    // Only who has a client is asked, then or when it gets one.
    push.expect_none().await;
    idle.open("dave").await;
    expect_goaway(&mut idle, "dave").await;

    // Who goes asks a router for the way; this node wants nobody new.
    let route = server.url(&format!("/v1/route?appId={}", server.app_id()));
    assert_eq!(status(route).await, StatusCode::OK);
    let offer = [("Sec-WebSocket-Protocol", Subprotocol::Protobuf2V3.name())];
    let refused = Handshake::request(server.http_addr(), "/", &offer).await;
    assert_eq!(refused.status, 503);
    let ready = format!("http://{}/readyz", server.admin_addr());
    assert_eq!(status(ready).await, StatusCode::SERVICE_UNAVAILABLE);

    // When all have gone nobody waits for the grace to end.
    for client in [alice, bob, push, idle] {
        client.drop_socket();
    }
    eventually("the server to stop listening", || async {
        TcpStream::connect(server.http_addr()).await.err()
    })
    .await;
}

#[tokio::test]
async fn w54_who_does_not_go_is_closed_after_the_grace() {
    let mut server = with_grace(1).await;
    let mut alice = Client::login(&server, "alice").await;
    let mut push = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    push.request(command::bare(CommandType::Login, None)).await;
    server.begin_shutdown();
    expect_goaway(&mut alice, "alice").await;
    assert_eq!(alice.close_code().await, 1001);
    assert_eq!(push.close_code().await, 1001);
}

#[tokio::test]
async fn without_a_grace_sockets_close_without_a_word() {
    let mut server = with_grace(0).await;
    let mut alice = Client::login(&server, "alice").await;
    server.begin_shutdown();
    assert_eq!(alice.close_code().await, 1001);
    assert!(alice.arrived().is_empty(), "{:?}", alice.arrived());
}

#[tokio::test]
async fn c63_who_goes_when_asked_is_not_dead_and_its_will_is_not_told() {
    let mut server = with_grace(LONG_SECS).await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let ack = alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("farewell".to_owned()),
            will: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    assert_eq!(ack.code, None, "{ack:?}");
    server.begin_shutdown();
    for (client, name) in [
        (&mut alice, "alice"),
        (&mut bob, "bob"),
        (&mut carol, "carol"),
    ] {
        expect_goaway(client, name).await;
    }
    alice.drop_socket();
    within("alice to be gone", async {
        loop {
            let reply = bob.request(command::online(&["alice"])).await;
            let online = reply.session_message.expect("a session message");
            if online.online_session_peer_ids.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    scene::fence(&cid, &mut bob, &mut [&mut carol]).await;
    bob.expect_none().await;
    carol.expect_none().await;
}

#[tokio::test]
async fn a_rolling_restart_loses_no_acked_message() {
    let mut server = with_grace(LONG_SECS).await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    server.begin_shutdown();
    expect_goaway(&mut alice, "alice").await;
    let ack = alice.say(&cid, "on my way out").await;
    alice.drop_socket();

    let server = server.restart().await;
    let mut bob = Client::login(&server, "bob").await;
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs[0].mid, ack.uid);
}
