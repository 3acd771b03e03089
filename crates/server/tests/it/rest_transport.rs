//! REST requests as HTTP carries them: the heads and bodies that SDKs really send.

use parlor_testkit::{MASTER_KEY, TestServer};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

const CLASS: &str = "/1.1/classes/_Conversation";

fn request(server: &TestServer, method: Method, path: &str) -> RequestBuilder {
    Client::new()
        .request(method, server.url(path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", format!("{MASTER_KEY},master"))
}

async fn answer(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

async fn body(request: RequestBuilder) -> Value {
    let answer = answer(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("JSON")
}

/// Checks that it is a failure as every SDK decodes it.
async fn failed(request: RequestBuilder, status: StatusCode, code: u16) {
    let answer = answer(request).await;
    assert_eq!(answer.status(), status);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "application/json;charset=utf-8");
    assert_eq!(headers["access-control-allow-origin"], "*");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["code"], code, "{body}");
    assert!(body["error"].is_string(), "{body}");
}

#[tokio::test]
async fn r9_a_browser_may_ask_from_anywhere() {
    let server = TestServer::start().await;
    for path in [CLASS, "/1.1/batch", "/1.2/rtm/all-conversations"] {
        let preflight = request(&server, Method::OPTIONS, path)
            .header("origin", "http://x")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "x-lc-sign,x-lc-ua");
        let preflight = answer(preflight).await;
        assert_eq!(preflight.status(), StatusCode::OK, "{path}");
        let text = |name: &str| preflight.headers()[name].to_str().expect("ASCII");
        assert_eq!(text("access-control-allow-origin"), "http://x");
        let allowed: Vec<_> = text("access-control-allow-headers").split(", ").collect();
        assert!(allowed.contains(&"x-lc-sign") && allowed.contains(&"x-lc-ua"));
    }
}

#[tokio::test]
async fn r10_r11_r13_requests_that_look_broken_are_answered() {
    let server = TestServer::start().await;
    let nothing = json!({ "results": [] });
    let javascript = request(&server, Method::GET, &format!("{CLASS}?where=%7B%7D"))
        .header("content-type", "application/json;charset=UTF-8")
        .body("null");
    assert_eq!(body(javascript).await, nothing);
    let old_browser = Client::new().post(server.url(CLASS)).body(
        json!({
            "_method": "GET",
            "_ApplicationId": server.app_id(),
            "_MasterKey": MASTER_KEY,
            "where": {},
        })
        .to_string(),
    );
    let old_browser = old_browser.header("content-type", "text/plain");
    assert_eq!(body(old_browser).await, nothing);
    let python = Client::new().get(server.url("//1.1//date?"));
    assert_eq!(body(python).await["__type"], "Date");
}

#[tokio::test]
async fn r12_whatever_is_not_there_is_a_json_failure() {
    let server = TestServer::start().await;
    for (method, path, status, code) in [
        (Method::GET, "/", StatusCode::NOT_FOUND, 1),
        (Method::GET, "/1.1/nowhere", StatusCode::NOT_FOUND, 1),
        (Method::GET, "/1.1/classes/Nope", StatusCode::NOT_FOUND, 101),
        (Method::PUT, "/1.1/date", StatusCode::METHOD_NOT_ALLOWED, 1),
    ] {
        failed(request(&server, method, path), status, code).await;
    }
}

#[tokio::test]
async fn a_client_that_sends_too_much_still_hears_why() {
    let server = TestServer::start().await;
    for (content_type, bytes) in [
        ("application/json", 20 * 1024 * 1024 + 1),
        ("text/plain", 1024 * 1024 + 1),
    ] {
        let huge = request(&server, Method::POST, CLASS)
            .header("content-type", content_type)
            .body(vec![b' '; bytes]);
        failed(huge, StatusCode::PAYLOAD_TOO_LARGE, 413).await;
    }
}
