//! `POST /1.1/LiveQuery/subscribe` and `/unsubscribe` (spec 03 §4).

use http::Method;

use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::AppLevel;

pub(crate) fn endpoint(path: &str) -> Endpoint {
    Endpoint::new(Method::POST, path, refuse, "Is not part of this server")
}

/// Refuses, but only those who belong here. The login on the socket is another matter: it is
/// answered, because SDKs share that socket with messaging.
async fn refuse(_: AppLevel) -> ApiError {
    ApiError::no_live_query()
}
