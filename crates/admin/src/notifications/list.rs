//! `GET /1.1/rtm/notifications`: what a client missed while it was away.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use crate::error::ApiError;
use crate::level::ClientLevel;
use crate::reply;

/// Answers that nothing is kept and that what the client remembers of its conversations may be
/// out of date: SDKs then ask for them again. Both shapes that SDKs expect are in one answer.
pub(crate) async fn list(client: ClientLevel) -> Result<Response, ApiError> {
    tracing::debug!(client.id = %client.client_id, "notifications asked for");
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "notifications": [],
            "hasMore": false,
            "permanent": { "notifications": [] },
            "droppable": { "invalidLocalConvCache": true, "notifications": [] },
        }),
    ))
}
