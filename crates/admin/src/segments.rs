//! The variable parts of a path.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::AdminState;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;

/// What stands for the names in braces of a path, decoded, in their order.
#[derive(Debug)]
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AdminState> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| ApiError::parameter("in the path", "is not UTF-8"))
    }
}

/// The names come from the path itself.
impl<T: 'static> Input for Segments<T> {
    fn describe(_: &mut Description) {}
}
