//! `GET /1.1/classes/_Conversation/{id}`: one row.

use axum::extract::State;
use http::Method;
use parlor_model::ConversationId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Conversations;
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Get};
use crate::query::Query;
use crate::reply::Answer;
use crate::row::Row;
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Keys to return, joined by commas; `-` in front of those to leave out.
    keys: Option<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.1/classes/_Conversation/{id}",
        get,
        "Reads a conversation",
    )
}

/// Answers with the row; an unknown id is an empty object, which SDKs turn into their own
/// error (spec 03 §3.2).
async fn get(
    _: ClassLevel<Conversations, Get>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Row>, ApiError> {
    let row = match ConversationId::parse(&id) {
        Ok(id) => {
            let keys = parameters.keys.as_deref();
            state.chat.get_conversation(&id, keys).await?
        }
        // No row can have such an id.
        Err(_) => None,
    };
    Ok(Answer(Row(row.unwrap_or_default())))
}
