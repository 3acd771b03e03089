//! `POST /1.2/rtm/clients/check-online`, `POST /1.1/rtm/online`: which of these clients are
//! online.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use parlor_model::{ClientId, limit};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Body;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::{AdminState, reply};

#[derive(Deserialize)]
pub(crate) struct Fields {
    client_ids: Vec<String>,
}

/// The fields as they were called before.
#[derive(Deserialize)]
pub(crate) struct Fields11 {
    peers: Vec<String>,
}

/// Answers with those that are; unknown clients are not.
pub(crate) async fn check_online(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields>,
) -> Result<Response, ApiError> {
    answer(&state, "client_ids", &fields.client_ids)
}

pub(crate) async fn check_online_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Response, ApiError> {
    answer(&state, "peers", &fields.peers)
}

fn answer(state: &AdminState, name: &str, client_ids: &[String]) -> Result<Response, ApiError> {
    if client_ids.len() > limit::ONLINE_QUERY {
        let problem = format!("names more than {} clients", limit::ONLINE_QUERY);
        return Err(ApiError::field(name, &problem));
    }
    // Nobody can be online under an id that no client can have.
    let client_ids: Vec<ClientId> = client_ids
        .iter()
        .filter_map(|id| ClientId::parse(id).ok())
        .collect();
    let online: Value = state
        .chat
        .online(&client_ids)
        .iter()
        .map(ClientId::as_str)
        .collect();
    Ok(reply::json(StatusCode::OK, &json!({ "results": online })))
}
