//! Who is in a chat room (spec 03 §2.2, §2.11).

mod members;
mod online_count;

use crate::endpoint::Endpoint;

/// Returns the endpoints of chat rooms.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        members::endpoint(),
        members::legacy(),
        online_count::endpoint(),
        online_count::legacy(),
    ]
}
