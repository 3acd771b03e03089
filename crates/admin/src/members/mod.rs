//! Members of normal conversations, and who of them silenced push notifications (spec 03 §2.2).

mod change;
mod list;
mod mute;

use crate::endpoint::Endpoint;

/// Returns the endpoints of members.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        change::add(),
        change::remove(),
        list::members(),
        mute::mute(),
        mute::unmute(),
        list::mutes(),
    ]
}
