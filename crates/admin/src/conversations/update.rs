//! `PUT /1.2/rtm/{kind}/{id}`: changes of a conversation. Its members are told.

use axum::extract::State;
use http::Method;
use parlor_chat::{Announce, EditConversation};
use parlor_model::JsonObject;

use super::class::Conversations;
use super::kind::{PathKind, read_id};
use crate::AdminState;
use crate::body::RowBody;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::{ClassLevel, Update};
use crate::reply::{Answer, Changed};
use crate::segments::Segments;

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    let path = format!("/1.2/rtm/{}/{{id}}", K::SEGMENT);
    Endpoint::new(Method::PUT, path, update::<K>, "Changes a conversation")
}

/// Changes everything but the members, who have calls of their own.
async fn update<K: PathKind>(
    _: ClassLevel<Conversations, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    RowBody(row): RowBody,
) -> Result<Answer<Changed>, ApiError> {
    if row.contains_key("m") {
        return Err(ApiError::field(
            "m",
            "cannot be changed here, add and remove members instead",
        ));
    }
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    let request = EditConversation {
        row,
        condition: JsonObject::new(),
        kind: Some(K::KIND),
        announce: Announce::Members,
    };
    let (updated_at, outbox) = state.chat.edit_conversation(&id, request).await?;
    state.chat.publish(outbox).await;
    Ok(Answer(Changed::new(&id, updated_at)))
}
