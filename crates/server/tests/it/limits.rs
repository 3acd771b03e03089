use std::time::Duration;

use bytes::Bytes;
use parlor_testkit::{Client, JsonClient, TestServer, command, within};
use parlor_wire::proto::CommandType;
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::scene;

#[tokio::test]
async fn w55_a_silent_connection_is_closed_and_a_talking_one_is_not() {
    // SDKs probe every 180 s, some half a minute late.
    assert!(parlor_server::Config::defaults().gateway.idle_timeout_secs > 210);
    let server = TestServer::builder()
        .configure(|config| config.gateway.idle_timeout_secs = 1)
        .start()
        .await;
    let mut talking = Client::login(&server, "talking").await;
    // Logged in later, so its idle time ends later than the talking one's would.
    let mut silent = Client::login(&server, "silent").await;
    let code = within("the idle limit", async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        let close_code = silent.close_code();
        tokio::pin!(close_code);
        loop {
            tokio::select! {
                code = &mut close_code => return code,
                _ = ticks.tick() => talking.send_raw(Message::Ping(Bytes::new())).await,
            }
        }
    })
    .await;
    assert_eq!(code, 4107);
    talking.expect_none().await;
}

#[tokio::test]
async fn w56_a_connection_without_login_is_closed() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.login_timeout_secs = 1)
        .start()
        .await;
    let mut push = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let logged_in = push.request(command::bare(CommandType::Login, None)).await;
    assert_eq!(logged_in.cmd, Some(CommandType::Loggedin as i32));
    let mut live_query = JsonClient::connect(&server, Some("lc.json.3")).await;
    let login = json!({ "cmd": "login", "service": 1, "installationId": "d" });
    assert_eq!(live_query.request(login).await["cmd"], "loggedin");
    let mut alice = Client::login(&server, "alice").await;
    let mut stranger = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    // Talking is not logging in.
    stranger.expect_none().await;
    assert_eq!(stranger.close_code().await, 4108);
    alice.expect_none().await;
    push.expect_none().await;
    live_query.send_text("{}").await;
    assert_eq!(live_query.next_text().await, "{}");
}

#[tokio::test]
async fn w57_an_unreadable_frame_closes_and_a_long_message_does_not() {
    let server = TestServer::start().await;
    for message in [
        Message::Binary(Bytes::from_static(&[0xff; 16])),
        Message::Binary(Bytes::from_static(b"hello, server")),
    ] {
        let mut client = Client::login(&server, "mallory").await;
        client.send_raw(message).await;
        assert_eq!(client.close_code().await, 4114);
    }
    let mut text = Client::connect(&server, Subprotocol::Proto2Base64V3).await;
    text.send_raw(Message::text("not base64!")).await;
    assert_eq!(text.close_code().await, 4114);

    let (cid, [mut alice, _bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice
        .direct(command::text(&cid, &"x".repeat(6 * 1024)))
        .await;
    assert_eq!(ack.code, Some(4109));
    alice.say(&cid, "short").await;
}

#[tokio::test]
async fn a_frame_over_the_hard_cap_closes_the_connection() {
    let server = TestServer::builder()
        .configure(|config| config.gateway.max_frame_bytes = 8 * 1024)
        .start()
        .await;
    let mut client = Client::login(&server, "alice").await;
    client
        .send_raw(Message::Binary(Bytes::from(vec![0; 9 * 1024])))
        .await;
    assert_eq!(client.close_code().await, 4109);
}
