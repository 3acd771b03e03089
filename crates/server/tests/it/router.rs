use parlor_testkit::TestServer;
use reqwest::StatusCode;
use serde_json::Value;

async fn route(server: &TestServer, path: &str) -> (StatusCode, Value) {
    let answer = reqwest::get(server.url(path)).await.expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

fn text<'a>(body: &'a Value, key: &str) -> &'a str {
    body[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is no text: {body}"))
}

#[tokio::test]
async fn w1_the_router_names_two_servers_and_a_group() {
    let server = TestServer::start().await;
    let path = format!("/v1/route?appId={}&secure=1", server.app_id());
    let (status, body) = route(&server, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text(&body, "server").starts_with("wss://"), "{body}");
    assert!(text(&body, "secondary").starts_with("wss://"), "{body}");
    assert!(!text(&body, "groupId").is_empty());
    assert!(text(&body, "groupUrl").starts_with("http"), "{body}");
    assert!(body["ttl"].as_i64().expect("an integer") > 0);
}

#[tokio::test]
async fn w2_the_router_understands_both_spellings_of_secure() {
    let server = TestServer::start().await;
    let app_id = server.app_id();
    for (secure, scheme) in [("true&_t=1", "wss://"), ("false", "ws://")] {
        let path = format!("/v1/route?appId={app_id}&secure={secure}");
        let answer = reqwest::get(server.url(&path)).await.expect("an answer");
        assert!(answer.headers().contains_key("access-control-allow-origin"));
        let body: Value = answer.json().await.expect("JSON");
        assert!(text(&body, "server").starts_with(scheme), "{body}");
        for key in ["secondary", "groupId", "groupUrl"] {
            text(&body, key);
        }
    }
}

#[tokio::test]
async fn the_routed_address_takes_a_websocket() {
    let server = TestServer::start().await;
    let path = format!("/v1/route?appId={}&secure=0", server.app_id());
    let (_, body) = route(&server, &path).await;
    let expected = format!("ws://{}", server.http_addr());
    assert!(text(&body, "server").starts_with(&expected), "{body}");
}

#[tokio::test]
async fn w3_an_unknown_app_is_not_routed() {
    let server = TestServer::start().await;
    for path in ["/v1/route?appId=nobody", "/v1/route"] {
        let (status, body) = route(&server, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["code"], 404);
        text(&body, "error");
    }
}

#[tokio::test]
async fn w4_the_app_router_names_hosts_without_scheme() {
    let server = TestServer::start().await;
    let (status, body) = route(&server, &format!("/2/route?appId={}", server.app_id())).await;
    assert_eq!(status, StatusCode::OK);
    for key in [
        "rtm_router_server",
        "push_server",
        "api_server",
        "engine_server",
        "stats_server",
    ] {
        assert!(!text(&body, key).contains("://"), "{body}");
    }
    assert!(body["ttl"].is_number());
    let object = body.as_object().expect("an object");
    assert!(object.values().all(|value| !value.is_null()), "{body}");

    let (status, body) = route(&server, &format!("/1/route?appId={}", server.app_id())).await;
    assert_eq!(status, StatusCode::OK);
    text(&body, "push_router_server");
}

#[tokio::test]
async fn only_a_trusted_proxy_says_that_the_client_speaks_tls() {
    let strict = TestServer::builder()
        .configure(|config| config.listen.trusted_proxies = Vec::new())
        .start()
        .await;
    let trusting = TestServer::start().await;
    for (server, scheme) in [(strict, "http://"), (trusting, "https://")] {
        let path = format!("/v1/route?appId={}", server.app_id());
        let answer = reqwest::Client::new()
            .get(server.url(&path))
            .header("X-Forwarded-Proto", "https")
            .send()
            .await
            .expect("an answer");
        let body: Value = answer.json().await.expect("JSON");
        assert!(text(&body, "groupUrl").starts_with(scheme), "{body}");
    }
}
