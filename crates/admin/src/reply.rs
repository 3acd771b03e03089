//! Answers as SDKs decode them.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
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

/// Answers with a JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).expect("answers have text keys");
    (status, [(CONTENT_TYPE, JSON)], text).into_response()
}
