//! Packed bodies: gzip is unpacked where the body is read, anything else is refused.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_ENCODING;

use crate::error::ApiError;

/// Refuses a body in an encoding that the unpacking layer does not know.
pub(crate) async fn refuse_unknown(request: Request, next: Next) -> Response {
    let known = request
        .headers()
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|value| value == "gzip" || value == "identity");
    if known {
        next.run(request).await
    } else {
        ApiError::unknown_encoding().into_response()
    }
}
