//! `POST /1.2/rtm/clients/{client}/kick`, `POST /1.1/rtm/client/kick`: ending the sessions of a
//! client.

use axum::extract::State;
use http::Method;
use parlor_model::ClientId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::AdminState;
use crate::body::Body;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::reply::Answer;
use crate::segments::Segments;

const ABOUT: &str = "Ends all sessions of a client and voids its tokens and login signatures";

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// What the client is told, at most 20 characters.
    reason: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    client_id: String,
    /// What the client is told, at most 20 characters.
    reason: Option<String>,
}

/// Nothing to say, also when the client was not there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kicked {}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/1.2/rtm/clients/{client}/kick", kick, ABOUT)
}

pub(crate) fn endpoint_1_1() -> Endpoint {
    Endpoint::new(Method::POST, "/1.1/rtm/client/kick", kick_1_1, ABOUT)
}

async fn kick(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Kicked>, ApiError> {
    answer(&state, "client", &client, fields.reason).await
}

async fn kick_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Kicked>, ApiError> {
    answer(&state, "client_id", &fields.client_id, fields.reason).await
}

async fn answer(
    state: &AdminState,
    name: &str,
    client: &str,
    reason: Option<String>,
) -> Result<Answer<Kicked>, ApiError> {
    let client_id = ClientId::parse(client).map_err(|error| ApiError::client_id(name, error))?;
    state
        .chat
        .kick_client(&client_id, reason.as_deref())
        .await?;
    Ok(Answer(Kicked {}))
}
