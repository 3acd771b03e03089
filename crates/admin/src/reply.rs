//! Answers as SDKs decode them.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

/// Spelled as the API always spelled it; some clients compare the text.
const JSON: &str = "application/json;charset=utf-8";

/// Answers with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
