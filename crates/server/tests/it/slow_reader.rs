use parlor_testkit::client::End;
use parlor_testkit::{Client, Handshake, TestServer, command, within};
use parlor_wire::subprotocol::Encoding;
use tokio::net::TcpSocket;

use crate::scene;

/// Messages per burst: fewer than the mailbox holds, so that who reads is never closed.
const BURST: usize = 50;

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_nobody_else_notices() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.mailbox_frames = 4 * BURST)
        .start()
        .await;
    let [mut alice, mut carol] = scene::logins(&server, ["alice", "carol"]).await;

    // A small receive buffer, so that little fits between the server and bob.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a buffer size");
    let stream = socket
        .connect(server.http_addr())
        .await
        .expect("the server");
    let offer = [("Sec-WebSocket-Protocol", "lc.protobuf2.3")];
    let handshake = Handshake::over(stream, "/", &offer)
        .await
        .expect("an answer");
    let mut bob = Client::over(handshake.upgraded(), server.app_id(), Encoding::Binary).await;
    bob.open("bob").await;

    let cid = scene::start(&mut alice, &["alice", "bob", "carol"]).await;
    scene::expect_start(&mut carol).await;
    let text = "x".repeat(5 * 1024);
    let mut sent = 0;
    within("bob to be closed", async {
        loop {
            let mut serials = Vec::new();
            for _ in 0..BURST {
                let frame = command::text(&cid, &text);
                serials.push(alice.send_numbered(frame).await);
            }
            for serial in serials {
                let ack = alice.reply(serial).await.ack_message.expect("an ack");
                assert_eq!(ack.code, None);
                assert_eq!(carol.expect_message().await.id, ack.uid);
            }
            sent += BURST;
            let reply = alice.request(command::online(&["bob"])).await;
            let online = reply.session_message.expect("a session message");
            if online.online_session_peer_ids.is_empty() {
                return;
            }
        }
    })
    .await;
    // Long before that it had got less than was sent.
    let end = bob.ended().await;
    assert!(bob.arrived().len() < sent, "{end:?}");
    if let End::Closed { code, .. } = end {
        assert_eq!(code, 1013);
    }
    scene::fence(&cid, &mut alice, &mut [&mut carol]).await;
}
