//! Answers as SDKs decode them.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use parlor_model::{ConversationId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::endpoint::{Description, Outcome};

/// Spelled as the API always spelled it; some clients compare the text.
const JSON: &str = "application/json;charset=utf-8";

/// A success (HTTP 200).
#[derive(Debug)]
pub(crate) struct Answer<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

impl<T: ToSchema> Outcome for Answer<T> {
    fn describe(description: &mut Description) {
        description.answer::<T>("200", "Done.");
    }
}

/// A new row (HTTP 201).
#[derive(Debug)]
pub(crate) struct Created<T> {
    /// Where it is from now on.
    pub(crate) location: String,
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.body);
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

impl<T: ToSchema> Outcome for Created<T> {
    fn describe(description: &mut Description) {
        description.answer::<T>("201", "Created.");
    }
}

/// An answer that says no more than that it is done: SDKs decode every body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Nothing {}

/// An answer that stands under `result`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wrapped<T> {
    pub(crate) result: T,
}

/// A row that was changed, and when.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changed {
    updated_at: String,
    object_id: String,
}

impl Changed {
    pub(crate) fn new(id: &ConversationId, updated_at: Timestamp) -> Self {
        Self {
            updated_at: updated_at.to_iso(),
            object_id: id.to_string(),
        }
    }
}

/// Answers with a JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).expect("answers have text keys");
    (status, [(CONTENT_TYPE, JSON)], text).into_response()
}
