//! Roles of members, which clients know as the class `_ConversationMemberInfo` (spec 03 §3.7).

mod class;

use crate::endpoint::Endpoint;

/// Returns the endpoints of roles.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![class::endpoint()]
}
