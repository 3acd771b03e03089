//! The old form of browser requests: a `text/plain` POST whose JSON body says the method and
//! the credentials, so that no preflight is needed (spec 03 §1.4).

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use parlor_model::JsonObject;
use serde_json::Value;

use super::body_limit::{check, read};
use super::header;
use crate::error::ApiError;

/// Such a body is read before its sender is known, and a query in it is as long as a URL.
const MAX_BYTES: usize = 1024 * 1024;

/// The credentials in a body and the headers that they stand for.
const CREDENTIALS: [(&str, &str); 4] = [
    ("_ApplicationId", header::APP_ID[0]),
    ("_ApplicationKey", header::APP_KEY[0]),
    ("_MasterKey", header::MASTER_KEY[0]),
    ("_SessionToken", header::SESSION[0]),
];

/// Turns such a request into the one that it stands for.
pub(crate) async fn unwrap(
    State(max_bytes): State<usize>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST || !is_text_plain(request.headers()) {
        return next.run(request).await;
    }
    match unwrapped(request, max_bytes.min(MAX_BYTES)).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn is_text_plain(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("text/plain"))
}

async fn unwrapped(request: Request, max_bytes: usize) -> Result<Request, ApiError> {
    let (mut parts, body) = check(request, max_bytes).await?.into_parts();
    let bytes = read(body, max_bytes).await?;
    let mut body: JsonObject = serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_json("text/plain body", &format!("is wrong: {error}")))?;
    for (key, name) in CREDENTIALS {
        if let Some(credential) = body.remove(key) {
            present(&mut parts.headers, name, &credential);
        }
    }
    if let Some(method) = body.remove("_method") {
        parts.method = method_of(&method)?;
    }
    parts.headers.remove(CONTENT_LENGTH);
    let body = if parts.method == Method::GET {
        parts.headers.remove(CONTENT_TYPE);
        parts.uri = with_parameters(&parts.uri, &body)?;
        Body::empty()
    } else {
        let json = HeaderValue::from_static("application/json");
        parts.headers.insert(CONTENT_TYPE, json);
        Body::from(Value::Object(body).to_string())
    };
    Ok(Request::from_parts(parts, body))
}

/// Puts a credential where it is looked for; a header that is there already stays.
fn present(headers: &mut HeaderMap, name: &'static str, credential: &Value) {
    let text = credential.as_str().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(text) {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(value);
    }
}

fn method_of(method: &Value) -> Result<Method, ApiError> {
    let name = method.as_str().unwrap_or_default().to_ascii_uppercase();
    [Method::GET, Method::POST, Method::PUT, Method::DELETE]
        .into_iter()
        .find(|known| known.as_str() == name)
        .ok_or_else(|| ApiError::parameter("_method", "must be GET, POST, PUT or DELETE"))
}

/// Appends the rest of the body to the query: texts as they are, anything else as JSON.
fn with_parameters(uri: &Uri, body: &JsonObject) -> Result<Uri, ApiError> {
    let mut target = uri.path().to_owned();
    let mut separator = '?';
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        target.push(separator);
        target.push_str(query);
        separator = '&';
    }
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        target.push(separator);
        separator = '&';
        push_encoded(&mut target, name);
        target.push('=');
        match value {
            Value::String(text) => push_encoded(&mut target, text),
            value => push_encoded(&mut target, &value.to_string()),
        }
    }
    // A URI has 65,534 bytes at most.
    let target = PathAndQuery::try_from(target)
        .map_err(|_| ApiError::parameter("string", "is too long for a query"))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).map_err(|_| ApiError::parameter("string", "makes no query"))
}

fn push_encoded(target: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            target.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parameters::Parameters;

    fn post(body: &Value) -> Request {
        Request::builder()
            .method(Method::POST)
            .uri("/1.1/classes/_Conversation?skip=1")
            .header(CONTENT_TYPE, "text/plain;charset=UTF-8")
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    #[tokio::test]
    async fn a_get_carries_its_parameters_in_the_query() {
        let filter = json!({ "name": "a&b=c 100% é" });
        let request = post(&json!({
            "_method": "get",
            "_ApplicationId": "app",
            "_MasterKey": "master",
            "where": filter,
            "order": "-createdAt,名",
            "count": 1,
            "keys": null,
        }));
        let request = unwrapped(request, MAX_BYTES).await.unwrap();
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.headers()["x-lc-id"], "app");
        assert_eq!(request.headers()["x-avoscloud-master-key"], "master");
        assert_eq!(request.uri().path(), "/1.1/classes/_Conversation");
        let parameters = Parameters::read(request.uri()).unwrap();
        assert_eq!(
            parameters.text("where"),
            Some(filter.to_string()).as_deref()
        );
        assert_eq!(parameters.text("order"), Some("-createdAt,名"));
        assert_eq!(parameters.text("count"), Some("1"));
        assert_eq!(parameters.text("skip"), Some("1"));
        assert_eq!(parameters.text("keys"), None);
        assert_eq!(parameters.text("_MasterKey"), None);
    }

    #[tokio::test]
    async fn another_method_keeps_its_body() {
        let request = post(&json!({ "_method": "PUT", "_ApplicationKey": "key", "name": "n" }));
        let request = unwrapped(request, MAX_BYTES).await.unwrap();
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.headers()["x-lc-key"], "key");
        let body = read(request.into_body(), MAX_BYTES).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, json!({ "name": "n" }));
    }

    #[tokio::test]
    async fn a_body_that_says_nothing_is_refused() {
        for body in [json!(null), json!([]), json!({ "_method": "TRACE" })] {
            assert!(unwrapped(post(&body), MAX_BYTES).await.is_err(), "{body}");
        }
        let long = json!({ "_method": "GET", "where": "x".repeat(70_000) });
        assert!(unwrapped(post(&long), MAX_BYTES).await.is_err());
    }
}
