//! `POST` and `DELETE /1.2/rtm/conversations/{id}/mutes`: silencing push notifications for
//! members. Nobody is told.

use axum::extract::State;
use http::Method;
use parlor_chat::{Announce, EditConversation};
use parlor_model::{ClientId, ConversationKind, JsonObject};
use serde_json::json;

use super::change::Fields;
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

const PATH: &str = "/1.2/rtm/conversations/{id}/mutes";

pub(crate) fn mute() -> Endpoint {
    Endpoint::new(Method::POST, PATH, add, "Mutes a conversation for members")
}

pub(crate) fn unmute() -> Endpoint {
    Endpoint::new(
        Method::DELETE,
        PATH,
        remove,
        "Unmutes a conversation for members",
    )
}

async fn add(
    _: ClassLevel<Conversations, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Changed>, ApiError> {
    run(&state, &id, &fields, "AddUnique").await
}

async fn remove(
    _: ClassLevel<Conversations, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Changed>, ApiError> {
    run(&state, &id, &fields, "Remove").await
}

async fn run(
    state: &AdminState,
    id: &str,
    fields: &Fields,
    operation: &str,
) -> Result<Answer<Changed>, ApiError> {
    let id = read_id(id, ImCode::ConversationNotFound)?;
    let clients = fields.clients()?;
    let clients: Vec<&str> = clients.iter().map(ClientId::as_str).collect();
    let muted = json!({ "__op": operation, "objects": clients });
    let request = EditConversation {
        row: [("mu".to_owned(), muted)].into_iter().collect(),
        condition: JsonObject::new(),
        kind: Some(ConversationKind::Normal),
        announce: Announce::Nobody,
    };
    let (updated_at, outbox) = state.chat.edit_conversation(&id, request).await?;
    state.chat.publish(outbox).await;
    Ok(Answer(Changed::new(&id, updated_at)))
}
