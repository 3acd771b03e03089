//! `/1.2/rtm/service-conversations/{id}/subscribers`, `/1.1/rtm/conversation/subscription`:
//! subscribing clients and unsubscribing them.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::read_client;
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    client_id: String,
}

/// The conversation and the client, in a body or a query.
#[derive(Deserialize, ToSchema, IntoParams)]
pub(crate) struct Pair {
    conv_id: String,
    client_id: String,
}

pub(crate) fn subscribe() -> Endpoint {
    let path = "/1.2/rtm/service-conversations/{id}/subscribers";
    Endpoint::new(Method::POST, path, add, "Subscribes a client")
}

pub(crate) fn unsubscribe() -> Endpoint {
    let path = "/1.2/rtm/service-conversations/{id}/subscribers/{client}";
    Endpoint::new(Method::DELETE, path, remove, "Unsubscribes a client")
}

pub(crate) fn subscribe_1_1(path: &str) -> Endpoint {
    Endpoint::new(Method::POST, path, add_1_1, "Subscribes a client")
}

pub(crate) fn unsubscribe_1_1() -> Endpoint {
    let path = "/1.1/rtm/conversation/subscription";
    Endpoint::new(Method::DELETE, path, remove_1_1, "Unsubscribes a client")
}

async fn add(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    run_add(&state, &id, &fields.client_id).await
}

async fn remove(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, client)): Segments<(String, String)>,
) -> Result<Answer<Nothing>, ApiError> {
    run_remove(&state, &id, ("client", &client)).await
}

async fn add_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(pair): Body<Pair>,
) -> Result<Answer<Nothing>, ApiError> {
    run_add(&state, &pair.conv_id, &pair.client_id).await
}

async fn remove_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(pair): Query<Pair>,
) -> Result<Answer<Nothing>, ApiError> {
    run_remove(&state, &pair.conv_id, ("client_id", &pair.client_id)).await
}

async fn run_add(state: &AdminState, id: &str, client: &str) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(id, ImCode::ConversationNotFound)?;
    let client_id = read_client("client_id", client)?;
    state.chat.subscribe(&conversation_id, &client_id).await?;
    Ok(Answer(Nothing {}))
}

async fn run_remove(
    state: &AdminState,
    id: &str,
    (name, client): (&str, &str),
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(id, ImCode::ConversationNotFound)?;
    let client_id = read_client(name, client)?;
    state.chat.unsubscribe(&conversation_id, &client_id).await?;
    Ok(Answer(Nothing {}))
}
