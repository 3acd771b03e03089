//! Sockets before they are WebSockets.

use parlor_testkit::{Client, TestServer, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_peer_that_dawdles_is_cut_off_and_makes_room() {
    let server = TestServer::builder()
        .configure(|config| {
            config.listen.request_timeout_secs = 1;
            config.gateway.max_connections = 2;
        })
        .start()
        .await;
    let mut silent = TcpStream::connect(server.http_addr()).await.unwrap();
    let mut slow = TcpStream::connect(server.http_addr()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    // Both places are taken until the dawdlers lose them.
    let mut alice = Client::login(&server, "alice").await;
    for dawdler in [&mut silent, &mut slow] {
        let mut answer = Vec::new();
        // Whether the last byte was read decides between an end and a reset.
        let _ = within("the end", dawdler.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{answer:?}");
    }
    alice.expect_none().await;
}
