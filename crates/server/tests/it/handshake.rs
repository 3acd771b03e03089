use bytes::Bytes;
use parlor_testkit::{Client, Handshake, TestServer, command};
use parlor_wire::proto::{CommandType, GenericCommand};
use parlor_wire::subprotocol::Encoding;
use parlor_wire::subprotocol::Subprotocol;
use tokio_tungstenite::tungstenite::Message;

const OFFER: &str = "Sec-WebSocket-Protocol";

#[tokio::test]
async fn w5_the_one_subprotocol_is_echoed_and_no_extension() {
    let server = TestServer::start().await;
    let deflate = ("Sec-WebSocket-Extensions", "permessage-deflate");
    for path in ["/", "/any/path?with=query"] {
        let headers = [(OFFER, "lc.protobuf2.3"), deflate];
        let handshake = Handshake::request(server.http_addr(), path, &headers).await;
        assert_eq!(handshake.status, 101);
        assert_eq!(
            handshake.header("sec-websocket-protocol"),
            ["lc.protobuf2.3"]
        );
        let connection = handshake.header("connection");
        assert_eq!(connection.len(), 1);
        assert!(connection[0].eq_ignore_ascii_case("upgrade"));
        assert!(handshake.header("sec-websocket-extensions").is_empty());
    }
}

#[tokio::test]
async fn of_several_offered_subprotocols_one_is_chosen() {
    let server = TestServer::start().await;
    let headers = [(OFFER, "lc.foo.9, lc.protobuf2.1, lc.protobuf2.3")];
    let handshake = Handshake::request(server.http_addr(), "/", &headers).await;
    assert_eq!(handshake.status, 101);
    let chosen = handshake.header("sec-websocket-protocol");
    assert_eq!(chosen.len(), 1);
    assert!(["lc.protobuf2.1", "lc.protobuf2.3"].contains(&chosen[0]));
}

#[tokio::test]
async fn w6_base64_is_spoken_in_text_frames() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Proto2Base64V3).await;
    client
        .send(&GenericCommand {
            i: Some(1),
            ..command::echo()
        })
        .await;
    let reply = client.reply(1).await;
    assert_eq!(reply.cmd, Some(CommandType::Echo as i32));
    client.open("alice").await;
}

#[tokio::test]
async fn w8_without_an_offer_the_query_names_the_subprotocol() {
    let server = TestServer::start().await;
    for name in [
        "lc.proto2base64.3",
        "lc.protobase64.1",
        "lc.protobuf2.3",
        "lc.protobuf.3",
    ] {
        let path = format!("/?subprotocol={name}");
        let handshake = Handshake::request(server.http_addr(), &path, &[]).await;
        assert_eq!(handshake.status, 101);
        assert!(handshake.header("sec-websocket-protocol").is_empty());
        let encoding = Subprotocol::parse(name).expect("known").encoding();
        let mut client = Client::over(handshake.upgraded(), server.app_id(), encoding).await;
        client.open("alice").await;
    }
}

#[tokio::test]
async fn w9_an_unknown_subprotocol_is_refused() {
    let server = TestServer::start().await;
    for (path, headers) in [
        ("/", vec![(OFFER, "lc.foo.9")]),
        ("/?subprotocol=lc.foo.9", vec![]),
    ] {
        let handshake = Handshake::request(server.http_addr(), path, &headers).await;
        assert_eq!(handshake.status, 400, "{path}");
    }
}

#[tokio::test]
async fn w13_a_ping_is_answered_before_any_login() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    for payload in [Bytes::new(), Bytes::from_static(b"payload")] {
        client.send_raw(Message::Ping(payload.clone())).await;
        assert_eq!(client.pong().await, payload);
    }
}

#[tokio::test]
async fn w58_a_foreign_origin_is_closed_and_none_is_accepted() {
    let server = TestServer::builder()
        .configure(|config| {
            config.gateway.allowed_origins = vec!["https://good.example".to_owned()];
        })
        .start()
        .await;
    let upgrade = async |origin: Option<&str>| {
        let mut headers = vec![(OFFER, "lc.protobuf2.3")];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        let handshake = Handshake::request(server.http_addr(), "/", &headers).await;
        Client::over(handshake.upgraded(), server.app_id(), Encoding::Binary).await
    };
    let mut foreign = upgrade(Some("https://evil.example")).await;
    assert_eq!(foreign.close_code().await, 4110);
    upgrade(None).await.open("alice").await;
    upgrade(Some("https://good.example"))
        .await
        .open("bob")
        .await;
}
