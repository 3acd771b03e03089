//! `POST /1.2/rtm/{kind}/{id}/member-infos`: giving somebody a role.

use axum::extract::State;
use http::Method;
use parlor_chat::Actor;
use parlor_model::{ClientId, MemberRole};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Given, collection};
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::reply::Answer;
use crate::segments::Segments;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fields {
    client_id: String,
    /// `Manager` or `Member`.
    role: String,
}

pub(super) fn endpoint<K: PathKind>() -> Endpoint {
    let about = "Gives somebody a role";
    Endpoint::new(Method::POST, collection::<K>(), create::<K>, about)
}

async fn create<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Given>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let client_id = ClientId::parse(&fields.client_id)
        .map_err(|error| ApiError::client_id("clientId", error))?;
    let role = MemberRole::from_name(&fields.role);
    let (given, outbox) = state
        .chat
        .change_role(Actor::App, &conversation_id, &client_id, role)
        .await?;
    state.chat.publish(outbox).await;
    Ok(Answer(given.into()))
}
