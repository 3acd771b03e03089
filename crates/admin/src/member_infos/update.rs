//! `PUT /1.2/rtm/{kind}/{id}/member-infos/{info}`: another role for somebody who has one.

use axum::extract::State;
use http::Method;
use parlor_chat::Actor;
use parlor_model::{MemberRole, MemberRoleId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Given, NAME, single};
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
    /// Whoever has the role; nobody else can get it this way.
    client_id: Option<String>,
    /// `Manager` or `Member`; nothing changes without it.
    role: Option<String>,
}

pub(super) fn endpoint<K: PathKind>() -> Endpoint {
    let about = "Gives somebody another role";
    Endpoint::new(Method::PUT, single::<K>(), update::<K>, about)
}

async fn update<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, info)): Segments<(String, String)>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Given>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let given = state
        .chat
        .find_role(&conversation_id, &MemberRoleId::trusted(info.as_str()))
        .await?;
    let is_theirs = |client_id: &String| *client_id == given.client_id.as_str();
    if !fields.client_id.as_ref().is_none_or(is_theirs) {
        return Err(ApiError::no_such_row(NAME, &info));
    }
    let Some(role) = fields.role else {
        return Ok(Answer(given.into()));
    };
    let (given, outbox) = state
        .chat
        .change_role(
            Actor::App,
            &conversation_id,
            &given.client_id,
            MemberRole::from_name(&role),
        )
        .await?;
    state.chat.publish(outbox).await;
    Ok(Answer(given.into()))
}
