//! `DELETE /1.2/rtm/broadcasts/{message}`, `DELETE /1.1/rtm/broadcast`: nobody else gets it.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::messages::key;
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Which11 {
    /// The broadcast.
    mid: String,
}

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.2/rtm/broadcasts/{message}";
    Endpoint::new(Method::DELETE, path, delete, "Withdraws a broadcast")
}

pub(crate) fn legacy() -> Endpoint {
    let path = "/1.1/rtm/broadcast";
    Endpoint::new(Method::DELETE, path, delete_1_1, "Withdraws a broadcast")
}

async fn delete(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(message): Segments<String>,
) -> Result<Answer<Nothing>, ApiError> {
    run(&state, &message).await
}

async fn delete_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(which): Query<Which11>,
) -> Result<Answer<Nothing>, ApiError> {
    run(&state, &which.mid).await
}

async fn run(state: &AdminState, message: &str) -> Result<Answer<Nothing>, ApiError> {
    // Only the id counts: no other message has it.
    let id = key::read(message, 0.0)?.id;
    state.chat.delete_broadcast(&id).await?;
    Ok(Answer(Nothing {}))
}
