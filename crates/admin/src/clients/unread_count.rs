//! `GET /1.2/rtm/clients/{client}/unread-count`, `GET /1.1/rtm/messages/unread/{client}[/{conv}]`:
//! how much a client has not read.

use axum::extract::State;
use http::Method;
use parlor_model::{ClientId, ConversationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::AppLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

const ABOUT: &str = "Counts what a client has not read";

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Only in this conversation.
    conv_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Unread {
    count: u64,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/clients/{client}/unread-count",
        count,
        ABOUT,
    )
}

pub(crate) fn endpoint_1_1() -> Endpoint {
    let path = "/1.1/rtm/messages/unread/{client}";
    Endpoint::new(Method::GET, path, count_in_all, ABOUT)
}

pub(crate) fn endpoint_1_1_of_conversation() -> Endpoint {
    let path = "/1.1/rtm/messages/unread/{client}/{conversation}";
    Endpoint::new(Method::GET, path, count_in_one, ABOUT)
}

async fn count(
    _: AppLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Unread>, ApiError> {
    answer(&state, &client, parameters.conv_id.as_deref()).await
}

async fn count_in_all(
    _: AppLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
) -> Result<Answer<Unread>, ApiError> {
    answer(&state, &client, None).await
}

async fn count_in_one(
    _: AppLevel,
    State(state): State<AdminState>,
    Segments((client, conversation)): Segments<(String, String)>,
) -> Result<Answer<Unread>, ApiError> {
    answer(&state, &client, Some(&conversation)).await
}

async fn answer(
    state: &AdminState,
    client: &str,
    conversation: Option<&str>,
) -> Result<Answer<Unread>, ApiError> {
    let client_id =
        ClientId::parse(client).map_err(|error| ApiError::client_id("client", error))?;
    let conversation_id = match conversation.map(ConversationId::parse) {
        None => None,
        Some(Ok(id)) => Some(id),
        // Nobody has anything to read in what cannot be.
        Some(Err(_)) => return Ok(Answer(Unread { count: 0 })),
    };
    let count = state
        .chat
        .count_unread(&client_id, conversation_id.as_ref());
    Ok(Answer(Unread {
        count: count.await?,
    }))
}
