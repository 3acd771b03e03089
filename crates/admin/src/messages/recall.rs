//! `PUT /1.2/rtm/{kind}/{id}/messages/{message}/recall`: withdrawing a message.

use axum::extract::State;
use http::Method;
use parlor_chat::PatchChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::patch;
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::rate::RateClass;
use crate::reply::{Answer, Nothing, Wrapped};
use crate::segments::Segments;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// Who sent the message.
    from_client: String,
    /// When it was sent, in milliseconds.
    timestamp: f64,
}

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    Endpoint::new(
        Method::PUT,
        format!("/1.2/rtm/{}/{{id}}/messages/{{message}}/recall", K::SEGMENT),
        recall::<K>,
        "Recalls a message",
    )
    .rated(RateClass::Normal)
}

async fn recall<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, message_id)): Segments<(String, String)>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Wrapped<Nothing>>, ApiError> {
    let conversation_id = read_id(&id, ImCode::InvalidMessagingTarget)?;
    kind::check::<K>(&state, &conversation_id, ImCode::InvalidMessagingTarget).await?;
    let request = patch::Request {
        conversation_id,
        message_id: &message_id,
        timestamp: fields.timestamp,
        sender: ("from_client", &fields.from_client),
        change: PatchChange::Recall,
    };
    patch::run(&state, request).await
}
