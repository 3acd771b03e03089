//! Roles of members, which clients know as the class `_ConversationMemberInfo` (spec 03 §2.6,
//! §3.7).

mod class;
mod create;
mod delete;
mod list;
mod update;

use parlor_model::AssignedRole;
use serde::Serialize;
use utoipa::ToSchema;

use crate::conversations::kind::{ChatRoom, Normal, PathKind};
use crate::endpoint::Endpoint;

pub(crate) use class::NAME;

/// Returns the endpoints of roles.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![class::endpoint()];
    endpoints.extend(of_kind::<Normal>());
    endpoints.extend(of_kind::<ChatRoom>());
    endpoints
}

fn of_kind<K: PathKind>() -> [Endpoint; 4] {
    [
        create::endpoint::<K>(),
        update::endpoint::<K>(),
        delete::endpoint::<K>(),
        list::endpoint::<K>(),
    ]
}

/// Where a role is and when it was given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Given {
    updated_at: String,
    object_id: String,
}

impl From<AssignedRole> for Given {
    fn from(role: AssignedRole) -> Self {
        Self {
            updated_at: role.updated_at.to_iso(),
            object_id: role.id.to_string(),
        }
    }
}

/// Returns the path of the roles of a conversation.
fn collection<K: PathKind>() -> String {
    format!("/1.2/rtm/{}/{{id}}/member-infos", K::SEGMENT)
}

/// Returns the path of one role.
fn single<K: PathKind>() -> String {
    format!("{}/{{info}}", collection::<K>())
}
