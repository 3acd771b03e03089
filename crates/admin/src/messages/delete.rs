//! `DELETE /1.2/rtm/{kind}/{id}/messages/{message}`, `DELETE /1.1/rtm/messages/logs`: taking a
//! message out of the log. Nobody is told.

use axum::extract::State;
use http::Method;
use parlor_model::{ClientId, ConversationId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::key;
use crate::AdminState;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

const ABOUT: &str = "Deletes a message from the log";

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Who sent the message.
    from_client: String,
    /// When it was sent, in milliseconds.
    timestamp: f64,
}

/// The same under their old names.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters11 {
    convid: String,
    msgid: String,
    /// When it was sent, in milliseconds.
    timestamp: f64,
    /// Who sent the message.
    from: String,
}

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    let path = format!("/1.2/rtm/{}/{{id}}/messages/{{message}}", K::SEGMENT);
    Endpoint::new(Method::DELETE, path, delete::<K>, ABOUT)
}

pub(crate) fn legacy() -> Endpoint {
    Endpoint::new(Method::DELETE, "/1.1/rtm/messages/logs", delete_1_1, ABOUT)
}

async fn delete<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, message_id)): Segments<(String, String)>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Nothing>, ApiError> {
    let id = read_id(&id, ImCode::InvalidMessagingTarget)?;
    kind::check::<K>(&state, &id, ImCode::InvalidMessagingTarget).await?;
    let sender = ("from_client", &*parameters.from_client);
    run(&state, &id, &message_id, parameters.timestamp, sender).await
}

async fn delete_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters11>,
) -> Result<Answer<Nothing>, ApiError> {
    let id = read_id(&parameters.convid, ImCode::InvalidMessagingTarget)?;
    let sender = ("from", &*parameters.from);
    run(&state, &id, &parameters.msgid, parameters.timestamp, sender).await
}

async fn run(
    state: &AdminState,
    id: &ConversationId,
    message_id: &str,
    timestamp: f64,
    (name, sender): (&str, &str),
) -> Result<Answer<Nothing>, ApiError> {
    let sender = ClientId::parse(sender).map_err(|error| ApiError::client_id(name, error))?;
    let key = key::read(message_id, timestamp)?;
    state.chat.delete_message(id, &key, &sender).await?;
    Ok(Answer(Nothing {}))
}
