//! `DELETE /1.2/rtm/{kind}/{id}`: a conversation's end. Nobody is told.

use axum::extract::State;
use http::Method;
use parlor_model::JsonObject;

use super::class::Conversations;
use super::kind::{PathKind, read_id};
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::{ClassLevel, Delete};
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    let path = format!("/1.2/rtm/{}/{{id}}", K::SEGMENT);
    Endpoint::new(Method::DELETE, path, delete::<K>, "Deletes a conversation")
}

async fn delete<K: PathKind>(
    _: ClassLevel<Conversations, Delete>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Nothing>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    let anything = JsonObject::new();
    let kind = Some(K::KIND);
    state.chat.delete_conversation(&id, kind, &anything).await?;
    Ok(Answer(Nothing {}))
}
