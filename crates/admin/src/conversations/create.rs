//! `POST /1.2/rtm/{kind}`: a new conversation of that kind. Its members are told.

use axum::extract::State;
use http::Method;
use parlor_chat::{Announce, CreateConversation};

use super::class::Conversations;
use super::kind::PathKind;
use crate::AdminState;
use crate::body::RowBody;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Create};
use crate::reply::Created;
use crate::row::Row;

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    let path = format!("/1.2/rtm/{}", K::SEGMENT);
    Endpoint::new(Method::POST, path, create::<K>, "Creates a conversation")
}

/// Answers with the whole row; that of the unique conversation with the same members if there is
/// one.
async fn create<K: PathKind>(
    _: ClassLevel<Conversations, Create>,
    State(state): State<AdminState>,
    RowBody(row): RowBody,
) -> Result<Created<Row>, ApiError> {
    let request = CreateConversation {
        row,
        kind: Some(K::KIND),
        announce: Announce::Members,
    };
    let (created, outbox) = state.chat.create_conversation(request).await?;
    state.chat.publish(outbox).await;
    let id = created.conversation_id;
    let row = state.chat.get_conversation(&id, None).await?;
    Ok(Created {
        location: format!("/1.2/rtm/{}/{id}", K::SEGMENT),
        body: Row(row.unwrap_or_default()),
    })
}
