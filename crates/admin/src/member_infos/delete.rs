//! `DELETE /1.2/rtm/{kind}/{id}/member-infos/{info}`: taking a role away.

use axum::extract::State;
use http::Method;
use parlor_model::MemberRoleId;

use super::single;
use crate::AdminState;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

pub(super) fn endpoint<K: PathKind>() -> Endpoint {
    let about = "Takes somebody's role away";
    Endpoint::new(Method::DELETE, single::<K>(), delete::<K>, about)
}

async fn delete<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, info)): Segments<(String, String)>,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let outbox = state
        .chat
        .remove_role(&conversation_id, &MemberRoleId::trusted(info))
        .await?;
    state.chat.publish(outbox).await;
    Ok(Answer(Nothing {}))
}
