//! `POST /1.1/LiveQuery/subscribe` and `/unsubscribe` (spec 03 §4).

use crate::error::ApiError;
use crate::level::AppLevel;

/// Refuses, but only those who belong here. The login on the socket is another matter: it is
/// answered, because SDKs share that socket with messaging.
pub(crate) async fn refuse(_: AppLevel) -> ApiError {
    ApiError::no_live_query()
}
