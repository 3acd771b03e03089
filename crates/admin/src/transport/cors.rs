//! Cross-origin requests: every origin may call, because credentials are headers and never
//! cookies (spec 03 §1.4).

use std::sync::LazyLock;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderValue, Method};

use super::header;

const METHODS: HeaderValue = HeaderValue::from_static("PUT, GET, POST, DELETE, OPTIONS");

/// A day, in seconds: SDKs preflight every request.
const MAX_AGE_SECS: HeaderValue = HeaderValue::from_static("86400");

static HEADERS: LazyLock<HeaderValue> = LazyLock::new(|| {
    let names = ["content-type", "cache-control", "x-requested-with"]
        .iter()
        .chain(&header::APP_ID)
        .chain(&header::APP_KEY)
        .chain(&header::SIGN)
        .chain(&header::MASTER_KEY)
        .chain(&header::SESSION)
        .chain(&header::CLIENT_SESSION)
        .chain(&header::OTHERS)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    HeaderValue::from_str(&names).expect("header names are ASCII")
});

/// Answers preflights itself, on any path, and marks every other answer, errors included.
pub(crate) async fn share(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        [
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS.clone()),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECS),
        ]
        .into_response()
    } else {
        next.run(request).await
    };
    let origin = origin.unwrap_or(HeaderValue::from_static("*"));
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
    response
}
