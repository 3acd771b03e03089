//! `GET /1.1/classes/_Conversation/{id}`: one row.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use parlor_model::ConversationId;
use serde_json::{Map, Value};

use super::Conversations;
use crate::error::ApiError;
use crate::level::{ClassLevel, Get};
use crate::parameters::Parameters;
use crate::{AdminState, reply};

/// Answers with the row; an unknown id is an empty object, which SDKs turn into their own
/// error (spec 03 §3.2).
pub(crate) async fn get(
    _: ClassLevel<Conversations, Get>,
    State(state): State<AdminState>,
    id: Result<Path<String>, PathRejection>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::parameter("objectId", "is not UTF-8"))?;
    let row = match ConversationId::parse(&id) {
        Ok(id) => {
            state
                .chat
                .get_conversation(&id, parameters.text("keys"))
                .await?
        }
        // No row can have such an id.
        Err(_) => None,
    };
    let row = row.unwrap_or_else(Map::new);
    Ok(reply::json(StatusCode::OK, &Value::Object(row)))
}
