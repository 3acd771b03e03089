//! Bodies over the limit are refused by their announced length, whoever sends them.
//!
//! A body without a length is bounded where it is read.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_LENGTH;

use crate::error::ApiError;

/// Refuses a request whose body is longer than `max_bytes`.
pub(crate) async fn refuse(
    State(max_bytes): State<usize>,
    request: Request,
    next: Next,
) -> Response {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > max_bytes) {
        return ApiError::body_too_large(max_bytes).into_response();
    }
    next.run(request).await
}
