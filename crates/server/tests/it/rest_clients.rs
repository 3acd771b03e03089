//! What an app's server asks about clients (spec 03 §2.8).

use parlor_testkit::{MASTER_KEY, TestServer};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::scene;

async fn post(server: &TestServer, path: &str, body: &Value) -> (StatusCode, Value) {
    let answer = Client::new()
        .post(server.url(path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", format!("{MASTER_KEY},master"))
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
