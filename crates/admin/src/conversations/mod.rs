//! Conversations: the class `_Conversation` (spec 03 §3).

mod class;
pub(crate) mod kind;

use crate::class::endpoints as class_endpoints;
use crate::endpoint::Endpoint;

/// Returns the endpoints of conversations.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    class_endpoints::<class::Conversations>()
}
