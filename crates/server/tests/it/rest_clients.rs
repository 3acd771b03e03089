//! What an app's server asks about clients (spec 03 §2.8).

use parlor_model::Clock;
use parlor_sign::{Action, AppCredentials, Signed};
use parlor_testkit::{APP_ID, APP_KEY, Client, MASTER_KEY, TestServer, command};
use parlor_wire::proto::{CommandType, GenericCommand, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::scene;

/// [`MASTER_KEY`], as it is sent.
const MASTER: &str = "test-master-key,master";

async fn post(server: &TestServer, path: &str, body: &Value) -> (StatusCode, Value) {
    post_with(server, MASTER, path, body).await
}

async fn post_with(
    server: &TestServer,
    key: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let answer = reqwest::Client::new()
        .post(server.url(path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", key)
        .json(body)
        .send()
        .await
        .expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn r61_who_is_online_is_told_for_twenty_clients_at_once() {
    let server = TestServer::start().await;
    let _online = scene::logins(&server, ["alice"]).await;
    for (path, name) in [
        ("/1.2/rtm/clients/check-online", "client_ids"),
        ("/1.1/rtm/online", "peers"),
    ] {
        let body = json!({ name: ["alice", "zoe", ""] });
        let (status, answer) = post(&server, path, &body).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer, json!({ "results": ["alice"] }));

        let many: Vec<String> = (0..21).map(|n| format!("client-{n}")).collect();
        let (status, answer) = post(&server, path, &json!({ name: many })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["code"], 1, "{answer}");
    }
}

fn expect_kicked(closed: &GenericCommand, reason: &str) {
    assert_eq!(closed.op, Some(OpType::Closed as i32), "{closed:?}");
    assert_eq!(closed.peer_id.as_deref(), Some("alice"));
    let body = closed.session_message.as_ref().expect("a session message");
    assert_eq!(body.code, Some(4115));
    assert_eq!(body.reason.as_deref(), Some(reason));
}

fn token(opened: &GenericCommand) -> String {
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    let body = opened.session_message.as_ref().expect("a session message");
    body.st.clone().expect("st")
}

#[tokio::test]
async fn r60_a_kick_ends_every_session_of_the_client_and_no_other() {
    let server = TestServer::start().await;
    for (path, body, told) in [
        (
            "/1.2/rtm/clients/alice/kick",
            json!({ "reason": "bye" }),
            "bye",
        ),
        ("/1.2/rtm/clients/alice/kick", json!({}), "KICKED_BY_APP"),
        (
            "/1.1/rtm/client/kick",
            json!({ "client_id": "alice", "reason": "寿".repeat(20) }),
            &*"寿".repeat(20),
        ),
    ] {
        let mut phone = Client::connect(&server, Subprotocol::Protobuf2V3).await;
        let st = token(&phone.open("alice").await);
        phone.open("bob").await;
        let mut tablet = Client::login(&server, "alice").await;

        let (status, answer) = post(&server, path, &body).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({})));
        for device in [&mut phone, &mut tablet] {
            let closed = device
                .expect_event(CommandType::Session, Some(OpType::Closed))
                .await;
            expect_kicked(&closed, told);
            device.expect_none().await;
        }
        let reply = phone.request(command::online(&["alice", "bob"])).await;
        assert_eq!(reply.peer_id.as_deref(), Some("bob"));
        let online = reply.session_message.expect("a session message");
        assert_eq!(online.online_session_peer_ids, ["bob"]);

        // Who comes back by itself is told again; who asks to log in may.
        let refused = tablet.request(command::reopen(APP_ID, "alice", &st)).await;
        expect_kicked(&refused, told);
        tablet.open("alice").await;
    }
}

#[tokio::test]
async fn a_kick_is_for_the_apps_server_and_says_little() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let long = json!({ "client_id": "alice", "reason": "x".repeat(21) });
    for (key, path, body, status, code) in [
        (APP_KEY, "/1.2/rtm/clients/alice/kick", json!({}), 403, 403),
        (
            APP_KEY,
            "/1.1/rtm/client/kick",
            json!({ "client_id": "alice" }),
            403,
            403,
        ),
        (MASTER, "/1.2/rtm/clients/alice/kick", long.clone(), 400, 1),
        (MASTER, "/1.1/rtm/client/kick", long, 400, 1),
        (
            MASTER,
            "/1.2/rtm/clients/alice/kick",
            json!({ "reason": "a\u{0}b" }),
            400,
            1,
        ),
        (
            MASTER,
            "/1.2/rtm/clients/alice/kick",
            json!({ "reason": 7 }),
            400,
            1,
        ),
        (MASTER, "/1.1/rtm/client/kick", json!({}), 400, 1),
        (
            MASTER,
            "/1.1/rtm/client/kick",
            json!({ "client_id": "x".repeat(65) }),
            400,
            4103,
        ),
    ] {
        let (answered, answer) = post_with(&server, key, path, &body).await;
        assert_eq!(answered.as_u16(), status, "{body}: {answer}");
        assert_eq!(answer["code"], code, "{body}: {answer}");
    }
    alice.expect_none().await;
    let (status, _) = post(&server, "/1.2/rtm/clients/nobody/kick", &json!({})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn w39_a_kick_voids_login_signatures_made_before() {
    let server = TestServer::builder()
        .configure(|config| config.signature.login = true)
        .start()
        .await;
    let open = |timestamp: i64| {
        let credentials = AppCredentials {
            id: APP_ID.to_owned(),
            key: APP_KEY.to_owned(),
            master_key: MASTER_KEY.to_owned(),
            android_key: None,
        };
        let signed = Signed {
            client_id: "alice",
            timestamp,
            nonce: "n",
        };
        command::open_with(
            APP_ID,
            "alice",
            SessionCommand {
                s: Some(parlor_sign::sign(&credentials, &signed, &Action::Login)),
                t: Some(timestamp),
                n: Some("n".to_owned()),
                ..SessionCommand::default()
            },
        )
    };
    let before = Clock::system().now().as_millis();
    let mut alice = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let st = token(&alice.request(open(before)).await);
    // Signed, as the same login again.
    token(&alice.request(open(before)).await);

    let path = "/1.2/rtm/clients/alice/kick";
    let (status, _) = post(&server, path, &json!({ "reason": "bye" })).await;
    assert_eq!(status, StatusCode::OK);
    let closed = alice
        .expect_event(CommandType::Session, Some(OpType::Closed))
        .await;
    expect_kicked(&closed, "bye");

    for timestamp in [before, before / 1000, before - 60_000] {
        let error = alice.refused(open(timestamp)).await;
        assert_eq!((error.code, &*error.reason), (4102, "SIGNATURE_FAILED"));
    }
    let refused = alice.request(command::reopen(APP_ID, "alice", &st)).await;
    expect_kicked(&refused, "bye");
    // A server's clock may be a little ahead.
    let after = Clock::system().now().as_millis() + 1000;
    token(&alice.request(open(after)).await);
    alice.expect_none().await;
}
