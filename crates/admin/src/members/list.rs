//! `GET /1.2/rtm/conversations/{id}/members` and `…/mutes`: who is in a conversation, and who
//! muted it.

use axum::extract::State;
use http::Method;
use parlor_model::ConversationId;
use serde_json::Value;

use crate::AdminState;
use crate::conversations::class::Conversations;
use crate::conversations::kind::{self, Normal, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::{ClassLevel, Get};
use crate::reply::{Answer, Wrapped};
use crate::segments::Segments;

pub(crate) fn members() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/conversations/{id}/members",
        list_members,
        "Lists the members of a conversation",
    )
}

pub(crate) fn mutes() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/conversations/{id}/mutes",
        list_mutes,
        "Lists the members who muted a conversation",
    )
}

async fn list_members(
    _: ClassLevel<Conversations, Get>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    column(&state, &id, "m").await
}

async fn list_mutes(
    _: ClassLevel<Conversations, Get>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    column(&state, &id, "mu").await
}

/// Answers with a list of the row, which is empty where the row has none.
async fn column(
    state: &AdminState,
    id: &ConversationId,
    name: &str,
) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    kind::check::<Normal>(state, id, ImCode::ConversationNotFound).await?;
    // Muted ones are members: without these the row would hold neither.
    let row = state.chat.get_conversation(id, Some("m,mu")).await?;
    let row = row.unwrap_or_default();
    let items = row.get(name).and_then(Value::as_array);
    let ids = items.into_iter().flatten().filter_map(Value::as_str);
    Ok(Answer(Wrapped {
        result: ids.map(str::to_owned).collect(),
    }))
}
