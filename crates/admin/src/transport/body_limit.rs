//! Bodies over the limit are refused by their announced length, whoever sends them.
//!
//! A body without a length, or a packed one, is bounded where it is read.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};

use crate::error::ApiError;

/// How long a refused body is read on. Long enough for whoever is nearly done, and nothing is
/// kept of it.
const LINGER: Duration = Duration::from_secs(5);

/// Refuses a request whose body is longer than `max_bytes`.
pub(crate) async fn refuse(
    State(max_bytes): State<usize>,
    request: Request,
    next: Next,
) -> Response {
    match check(request, max_bytes).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Reads a whole body, unless it turns out to be longer than `max_bytes`.
pub(crate) async fn read(body: Body, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::broken_body())?;
        if bytes.len() + chunk.len() > max_bytes {
            return Err(ApiError::body_too_large(max_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Lets a request through whose body announces at most `max_bytes`.
pub(crate) async fn check(request: Request, max_bytes: usize) -> Result<Request, ApiError> {
    if announced(request.headers()).is_none_or(|bytes| bytes <= max_bytes) {
        return Ok(request);
    }
    // Who asked first hears the answer first and sends no body.
    if !request.headers().contains_key(EXPECT) {
        discard(request.into_body()).await;
    }
    Err(ApiError::body_too_large(max_bytes))
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body for nothing: a client whose connection breaks while it still sends never sees
/// the answer.
async fn discard(body: Body) {
    let mut chunks = body.into_data_stream();
    let to_its_end = async { while let Some(Ok(_)) = chunks.next().await {} };
    let _ = tokio::time::timeout(LINGER, to_its_end).await;
}
