//! `GET /1.1/date`: the server's time (spec 03 §4.1).

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use crate::level::Anonymous;
use crate::{AdminState, reply};

/// Answers with the time. The Python SDK asks without credentials.
pub(crate) async fn show(_: Anonymous, State(state): State<AdminState>) -> Response {
    let now = state.chat.clock().now();
    reply::json(
        StatusCode::OK,
        &json!({ "__type": "Date", "iso": now.to_iso() }),
    )
}
