//! Push and LiveQuery logins on the socket (spec 01 §4), and LiveQuery's two REST paths.

use parlor_testkit::{APP_ID, APP_KEY, Client, JsonClient, TestServer, command};
use parlor_wire::proto::{AckCommand, CommandType, GenericCommand, LoginCommand, SystemInfo};
use parlor_wire::subprotocol::Subprotocol;
use reqwest::StatusCode;
use serde_json::{Value, json};

const LIVE_QUERY: i32 = 1;
const PUSH: i32 = 0;

fn live_query(command: CommandType, installation_id: &str) -> GenericCommand {
    GenericCommand {
        app_id: Some(APP_ID.to_owned()),
        installation_id: Some(installation_id.to_owned()),
        service: Some(LIVE_QUERY),
        ..command::bare(command, None)
    }
}

#[tokio::test]
async fn w11_the_csharp_client_logs_in_with_json() {
    let server = TestServer::start().await;
    let mut client = JsonClient::connect(&server, Some("lc.json.3")).await;
    let login = json!({
        "cmd": "login", "appId": APP_ID, "installationId": "d", "clientTs": 1_453_014_943_000_i64,
        "service": 1,
    });
    for _again in 0..2 {
        let loggedin = client.request(login.clone()).await;
        assert_eq!(loggedin["cmd"], "loggedin");
        assert_eq!(loggedin["service"], LIVE_QUERY);
        assert_eq!(loggedin["installationId"], "d");
        assert!(loggedin.get("code").is_none(), "{loggedin}");
    }
    let mut foreign = login;
    foreign["appId"] = "another-app".into();
    let refused = client.request(foreign).await;
    assert_eq!(refused["error"]["code"], 4100);
    let loggedout = client
        .request(json!({ "cmd": "logout", "service": 1, "installationId": "d" }))
        .await;
    assert_eq!(loggedout["cmd"], "loggedout");
    assert_eq!(loggedout["installationId"], "d");
}

#[tokio::test]
async fn w59_push_and_live_query_log_in_beside_a_session() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    // Java does so after every connect.
    let push = GenericCommand {
        app_id: Some(APP_ID.to_owned()),
        installation_id: Some("device".to_owned()),
        login_message: Some(LoginCommand {
            system_info: Some(SystemInfo::default()),
        }),
        ..command::bare(CommandType::Login, None)
    };
    client.send(&push).await;
    let loggedin = client.expect_event(CommandType::Loggedin, None).await;
    assert_eq!((loggedin.i, loggedin.service), (None, Some(PUSH)));
    assert_eq!(loggedin.installation_id.as_deref(), Some("device"));

    client
        .send(&GenericCommand {
            i: Some(7),
            ..live_query(CommandType::Login, "livequery-1")
        })
        .await;
    let loggedin = client.reply(7).await;
    assert_eq!(loggedin.cmd, Some(CommandType::Loggedin as i32));
    assert_eq!(loggedin.service, Some(LIVE_QUERY));
    assert_eq!(loggedin.installation_id.as_deref(), Some("livequery-1"));

    let ack = GenericCommand {
        ack_message: Some(AckCommand {
            ids: vec!["1".to_owned()],
            ..AckCommand::default()
        }),
        ..live_query(CommandType::Ack, "livequery-1")
    };
    client.send(&ack).await;
    client.send_numbered(ack).await;
    client.expect_none().await;

    client.open("alice").await;
    let loggedout = client
        .request(live_query(CommandType::Logout, "livequery-1"))
        .await;
    assert_eq!(loggedout.cmd, Some(CommandType::Loggedout as i32));
    assert_eq!(loggedout.service, Some(LIVE_QUERY));
    assert_eq!(loggedout.installation_id.as_deref(), Some("livequery-1"));
    client.expect_none().await;
}

#[tokio::test]
async fn live_queries_themselves_are_refused_in_words() {
    let server = TestServer::start().await;
    for path in ["/1.1/LiveQuery/subscribe", "/1.1/LiveQuery/unsubscribe"] {
        let answer = reqwest::Client::new()
            .post(server.url(path))
            .header("X-LC-Id", APP_ID)
            .header("X-LC-Key", APP_KEY)
            .json(&json!({ "query": { "className": "Todo", "where": {} }, "id": "d" }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["code"], 1, "{body}");
        let text = body["error"].as_str().expect("a text");
        assert!(text.contains("LiveQuery"), "{text}");
    }
}
