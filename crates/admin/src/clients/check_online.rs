//! `POST /1.2/rtm/clients/check-online`, `POST /1.1/rtm/online`: which of these clients are
//! online.

use axum::extract::State;
use http::Method;
use parlor_model::{ClientId, limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::AdminState;
use crate::body::Body;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::reply::Answer;

const ABOUT: &str = "Tells which of these clients are online";

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// At most 20.
    client_ids: Vec<String>,
}

/// The fields as they were called before.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    /// At most 20.
    peers: Vec<String>,
}

/// Those that are; unknown clients are not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Online {
    results: Vec<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/1.2/rtm/clients/check-online", check, ABOUT)
}

pub(crate) fn endpoint_1_1() -> Endpoint {
    Endpoint::new(Method::POST, "/1.1/rtm/online", check_1_1, ABOUT)
}

async fn check(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Online>, ApiError> {
    answer(&state, "client_ids", &fields.client_ids)
}

async fn check_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Online>, ApiError> {
    answer(&state, "peers", &fields.peers)
}

fn answer(
    state: &AdminState,
    name: &str,
    client_ids: &[String],
) -> Result<Answer<Online>, ApiError> {
    if client_ids.len() > limit::ONLINE_QUERY {
        let problem = format!("names more than {} clients", limit::ONLINE_QUERY);
        return Err(ApiError::field(name, &problem));
    }
    // Nobody can be online under an id that no client can have.
    let client_ids: Vec<ClientId> = client_ids
        .iter()
        .filter_map(|id| ClientId::parse(id).ok())
        .collect();
    let online = state.chat.online(&client_ids);
    Ok(Answer(Online {
        results: online.iter().map(ToString::to_string).collect(),
    }))
}
