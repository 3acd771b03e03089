//! `GET /1.2/rtm/{kind}/{id}/member-infos`: who was given which role.

use axum::extract::State;
use http::Method;
use parlor_chat::ListRoles;
use parlor_model::{AssignedRole, MemberRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::collection;
use crate::AdminState;
use crate::class::find;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Roles to skip.
    skip: Option<i64>,
    /// Roles wanted, from 1 to 1000.
    limit: Option<i64>,
    /// Only this role.
    role: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    results: Vec<MemberInfo>,
}

/// A role that somebody was given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoleOfMember)]
struct MemberInfo {
    client_id: String,
    object_id: String,
    role: &'static str,
}

impl From<AssignedRole> for MemberInfo {
    fn from(role: AssignedRole) -> Self {
        Self {
            client_id: role.client_id.to_string(),
            object_id: role.id.to_string(),
            role: role.role.name(),
        }
    }
}

pub(super) fn endpoint<K: PathKind>() -> Endpoint {
    let about = "Lists who was given which role";
    Endpoint::new(Method::GET, collection::<K>(), list::<K>, about)
}

async fn list<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Found>, ApiError> {
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let request = ListRoles {
        conversation_id: Some(conversation_id),
        client_id: None,
        role: parameters.role.as_deref().map(role).transpose()?,
        skip: find::skip(parameters.skip)?,
        limit: find::limit(parameters.limit, false),
    };
    let found = state.chat.list_roles(request).await?;
    Ok(Answer(Found {
        results: found.into_iter().map(MemberInfo::from).collect(),
    }))
}

/// Reads the name of a role in a query.
pub(super) fn role(text: &str) -> Result<MemberRole, ApiError> {
    MemberRole::from_name(text)
        .ok_or_else(|| ApiError::parameter("role", "must be Manager, Member or Owner"))
}
