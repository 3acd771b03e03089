//! `POST` and `DELETE /1.2/rtm/conversations/{id}/members`: members coming and going. Whoever is
//! concerned is told.

use axum::extract::State;
use http::Method;
use parlor_chat::{Actor, ChangeMembersError, MembersChanged, Outbox};
use parlor_model::{ClientId, ConversationId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::AdminState;
use crate::body::Body;
use crate::conversations::class::Conversations;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::{ClassLevel, Update};
use crate::reply::{Answer, Changed};
use crate::segments::Segments;

const PATH: &str = "/1.2/rtm/conversations/{id}/members";

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    client_ids: Vec<String>,
}

impl Fields {
    /// Reads the clients.
    pub(super) fn clients(&self) -> Result<Vec<ClientId>, ApiError> {
        let ids = self.client_ids.iter();
        ids.map(|id| ClientId::parse(id).map_err(|error| ApiError::client_id("client_ids", error)))
            .collect()
    }
}

pub(crate) fn add() -> Endpoint {
    Endpoint::new(Method::POST, PATH, add_members, "Adds members")
}

/// Takes the list in its body, as clients send it.
pub(crate) fn remove() -> Endpoint {
    Endpoint::new(Method::DELETE, PATH, remove_members, "Removes members")
}

async fn add_members(
    _: ClassLevel<Conversations, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Changed>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    let clients = fields.clients()?;
    let done = state.chat.add_members(Actor::App, &id, clients, None).await;
    answer(&state, &id, done).await
}

async fn remove_members(
    _: ClassLevel<Conversations, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Changed>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    let clients = fields.clients()?;
    let done = state.chat.remove_members(Actor::App, &id, clients, None);
    answer(&state, &id, done.await).await
}

async fn answer(
    state: &AdminState,
    id: &ConversationId,
    done: Result<(MembersChanged, Outbox), ChangeMembersError>,
) -> Result<Answer<Changed>, ApiError> {
    let (changed, outbox) = done?;
    state.chat.publish(outbox).await;
    Ok(Answer(Changed::new(id, changed.updated_at)))
}
