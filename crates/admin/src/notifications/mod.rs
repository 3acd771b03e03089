//! Notifications that clients missed (spec 03 §2.10).

mod list;

use crate::endpoint::Endpoint;

/// Returns the endpoints of notifications.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![list::endpoint()]
}
