//! `POST` and `DELETE /1.2/rtm/{kind}/{id}/temporary-silenceds`,
//! `/1.1/rtm/conversation/blacklist`: keeping a client from sending for a while.

use std::time::Duration;

use axum::extract::State;
use http::Method;
use parlor_model::{ClientId, ConversationId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

const BEGIN: &str = "Keeps a client from sending for a while";
const END: &str = "Lets a client send again before that";

/// What the first version calls the same, although nobody is blocked.
const LEGACY: &str = "/1.1/rtm/conversation/blacklist";

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    client_id: String,
    /// Seconds, from 1 to 86400.
    ttl: u64,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    client_id: String,
    conv_id: String,
    /// Seconds, from 1 to 86400.
    ttl: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Parameters {
    client_id: String,
}

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Parameters11 {
    client_id: String,
    conv_id: String,
}

pub(super) fn endpoints<K: PathKind>() -> [Endpoint; 2] {
    let path = format!("/1.2/rtm/{}/{{id}}/temporary-silenceds", K::SEGMENT);
    [
        Endpoint::new(Method::POST, path.clone(), begin::<K>, BEGIN),
        Endpoint::new(Method::DELETE, path, end::<K>, END),
    ]
}

pub(super) fn legacy() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::POST, LEGACY, begin_1_1, BEGIN),
        Endpoint::new(Method::DELETE, LEGACY, end_1_1, END),
    ]
}

async fn begin<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    silence(&state, &conversation_id, &fields.client_id, fields.ttl).await
}

async fn begin_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(&fields.conv_id, ImCode::ConversationNotFound)?;
    silence(&state, &conversation_id, &fields.client_id, fields.ttl).await
}

async fn end<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let client_id = client(&parameters.client_id)?;
    state
        .chat
        .end_temporary_silence(&conversation_id, &client_id)
        .await?;
    Ok(Answer(Nothing {}))
}

async fn end_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters11>,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(&parameters.conv_id, ImCode::ConversationNotFound)?;
    let client_id = client(&parameters.client_id)?;
    state
        .chat
        .end_temporary_silence(&conversation_id, &client_id)
        .await?;
    Ok(Answer(Nothing {}))
}

async fn silence(
    state: &AdminState,
    conversation_id: &ConversationId,
    client_id: &str,
    ttl: u64,
) -> Result<Answer<Nothing>, ApiError> {
    state
        .chat
        .silence_temporarily(
            conversation_id,
            &client(client_id)?,
            Duration::from_secs(ttl),
        )
        .await?;
    Ok(Answer(Nothing {}))
}

fn client(text: &str) -> Result<ClientId, ApiError> {
    ClientId::parse(text).map_err(|error| ApiError::client_id("client_id", error))
}
