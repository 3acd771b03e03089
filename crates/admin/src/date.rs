//! `GET /1.1/date`: the server's time (spec 03 §4.1).

use axum::extract::State;
use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::level::Anonymous;
use crate::reply::Answer;

/// A moment as a typed value.
#[derive(Serialize, ToSchema)]
pub(crate) struct Date {
    #[serde(rename = "__type")]
    kind: &'static str,
    iso: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/1.1/date", show, "Tells the server's time")
}

/// Answers with the time. The Python SDK asks without credentials.
async fn show(_: Anonymous, State(state): State<AdminState>) -> Answer<Date> {
    Answer(Date {
        kind: "Date",
        iso: state.chat.clock().now().to_iso(),
    })
}
