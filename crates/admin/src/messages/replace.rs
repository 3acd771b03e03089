//! `PUT /1.1/rtm/messages/logs`: correcting a record of the log. Nobody is told.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use parlor_model::Content;
use serde::Deserialize;
use utoipa::ToSchema;

use super::key;
use super::text::MessageText;
use crate::AdminState;
use crate::body::Body;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::reply::{Answer, Nothing};

/// A record as history shows it; what is not named here cannot be changed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Fields {
    msg_id: String,
    /// When it was sent, in milliseconds.
    timestamp: f64,
    data: MessageText,
    /// Whether `data` is base64 of bytes.
    bin: Option<bool>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::PUT,
        "/1.1/rtm/messages/logs",
        replace,
        "Replaces a record of the log",
    )
}

async fn replace(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    let key = key::read(&fields.msg_id, fields.timestamp)?;
    let text = fields.data.into_text();
    let content = if fields.bin == Some(true) {
        let bytes = STANDARD.decode(text);
        Content::Binary(bytes.map_err(|_| ApiError::field("data", "is not base64"))?)
    } else {
        Content::Text(text)
    };
    state.chat.replace_message(&key, &content).await?;
    Ok(Answer(Nothing {}))
}
