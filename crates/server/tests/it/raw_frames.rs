//! Bytes on the socket that no WebSocket library would send: the connection ends or goes on, and
//! the server serves the next one.

use bytes::Bytes;
use parlor_testkit::{Client, Handshake, TestServer, command, within};
use parlor_wire::subprotocol::Subprotocol;
use prost::Message as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CONTINUATION: u8 = 0;
const PING: u8 = 9;
const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// Makes a frame as clients send it, with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(MASKED | length as u8),
        length => {
            frame.push(MASKED | 126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Sends bytes over a new socket and returns the close code, `None` when there was none.
async fn ends_with(server: &TestServer, subprotocol: Subprotocol, bytes: &[u8]) -> Option<u16> {
    let offer = [("Sec-WebSocket-Protocol", subprotocol.name())];
    let handshake = Handshake::request(server.http_addr(), "/", &offer).await;
    let mut socket = handshake.upgraded();
    // The server may have closed it before everything is sent.
    let _ = socket.write_all(bytes).await;
    // Nothing more is to come, so that nobody waits for the answer to a close.
    let _ = socket.shutdown().await;
    let mut answer = Vec::new();
    let _ = within("the end", socket.read_to_end(&mut answer)).await;
    let close = answer.windows(4).find(|bytes| bytes[0] == FIN | 8)?;
    Some(u16::from_be_bytes([close[2], close[3]]))
}

#[tokio::test]
async fn frames_that_break_the_websocket_protocol_end_the_connection() {
    let server = TestServer::start().await;
    let mut huge = vec![FIN | BINARY, MASKED | 127];
    huge.extend((1_u64 << 62).to_be_bytes());
    huge.extend([0; 4]);
    for (what, bytes) in [
        ("no mask", vec![FIN | BINARY, 2, 8, 14]),
        ("a reserved bit", frame(FIN | 0x40 | BINARY, &[8, 14])),
        ("a reserved kind", frame(FIN | 3, &[])),
        ("a long ping", frame(FIN | PING, &[0; 126])),
        ("a ping in fragments", frame(PING, &[])),
        (
            "a continuation of nothing",
            frame(FIN | CONTINUATION, &[8, 14]),
        ),
        ("a length beyond all memory", huge),
        ("text that is no UTF-8", frame(FIN | TEXT, &[0xff, 0xfe])),
        ("a close of one byte", frame(FIN | 8, &[3])),
        (
            "a close with a code of the server's",
            frame(FIN | 8, &[0, 5]),
        ),
    ] {
        for subprotocol in [Subprotocol::Protobuf2V3, Subprotocol::JsonV3] {
            // Whether there is a code is the library's affair; it is none that asks for more.
            let code = ends_with(&server, subprotocol, &bytes).await;
            assert!(code.is_none_or(|code| code < 4200), "{what}: {code:?}");
        }
    }
    Client::login(&server, "alice").await.expect_none().await;
}

#[tokio::test]
async fn a_frame_in_fragments_is_one_frame() {
    let server = TestServer::start().await;
    let offer = [("Sec-WebSocket-Protocol", "lc.protobuf2.3")];
    let handshake = Handshake::request(server.http_addr(), "/", &offer).await;
    let mut socket = handshake.upgraded();
    let open = command::open(server.app_id(), "alice").encode_to_vec();
    let (first, rest) = open.split_at(3);
    let mut bytes = frame(BINARY, first);
    bytes.extend(frame(FIN | PING, b"in between"));
    bytes.extend(frame(CONTINUATION, &[]));
    bytes.extend(frame(FIN | CONTINUATION, rest));
    for byte in bytes {
        socket.write_all(&[byte]).await.expect("an open socket");
    }
    let mut client =
        Client::over(socket, server.app_id(), Subprotocol::Protobuf2V3.encoding()).await;
    let opened = client.next_event().await;
    assert_eq!(opened.peer_id.as_deref(), Some("alice"), "{opened:?}");
    assert_eq!(client.pong().await, Bytes::from_static(b"in between"));
    client.rows(command::query(&serde_json::json!({}))).await;
}

#[tokio::test]
async fn fragments_without_end_are_too_long() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.max_frame_bytes = 8 * 1024)
        .start()
        .await;
    let mut bytes = frame(BINARY, &[0; 1024]);
    for _ in 0..64 {
        bytes.extend(frame(CONTINUATION, &[0; 1024]));
    }
    let code = ends_with(&server, Subprotocol::Protobuf2V3, &bytes).await;
    assert_eq!(code, Some(4109));
}

#[tokio::test]
async fn frames_that_hold_no_command_are_unreadable() {
    let server = TestServer::start().await;
    let groups = vec![0x0b; 30_000];
    let brackets = "[".repeat(30_000);
    let objects = "{\"a\":".repeat(10_000);
    for (subprotocol, kind, payload) in [
        // A text that is no UTF-8, in the field peerId.
        (
            Subprotocol::Protobuf2V3,
            BINARY,
            &[0x08, 0x0e, 0x22, 0x01, 0xff][..],
        ),
        // A length beyond the frame, a number without end, groups in groups.
        (Subprotocol::Protobuf2V3, BINARY, &[0x22, 0x7f]),
        (
            Subprotocol::Protobuf2V3,
            BINARY,
            &[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
            ],
        ),
        (Subprotocol::Protobuf2V3, BINARY, &groups),
        (Subprotocol::JsonV3, TEXT, b""),
        (Subprotocol::JsonV3, TEXT, brackets.as_bytes()),
        (Subprotocol::JsonV3, TEXT, objects.as_bytes()),
        (Subprotocol::JsonV3, TEXT, b"{\"cmd\":\"echo\"} {}"),
        (Subprotocol::JsonV3, TEXT, b"\0"),
    ] {
        let bytes = frame(FIN | kind, payload);
        let code = ends_with(&server, subprotocol, &bytes).await;
        assert_eq!(code, Some(4114), "{subprotocol:?} {payload:?}");
    }
}

#[tokio::test]
async fn an_empty_frame_asks_for_nothing() {
    let server = TestServer::start().await;
    for (subprotocol, empty) in [
        (Subprotocol::Protobuf2V3, Message::Binary(Bytes::new())),
        (Subprotocol::Protobuf2V3, Message::text("")),
        (Subprotocol::Proto2Base64V3, Message::text("")),
    ] {
        let mut client = Client::connect(&server, subprotocol).await;
        client.send_raw(empty).await;
        client.expect_none().await;
        client.open("alice").await;
    }
}

#[tokio::test]
async fn a_field_that_comes_twice_counts_once() {
    let server = TestServer::start().await;
    let mut client = Client::login(&server, "alice").await;
    // cmd session, then cmd echo; i=3, then i=4.
    client.expect_serial(4);
    let twice = [0x08, 0x00, 0x28, 0x03, 0x08, 0x0e, 0x28, 0x04];
    client
        .send_raw(Message::Binary(Bytes::copy_from_slice(&twice)))
        .await;
    let reply = client.reply(4).await;
    assert_eq!(reply.i, Some(4));
    client.expect_none().await;
}
