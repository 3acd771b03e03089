//! Broadcasts to every client of the app (spec 03 §2.3, §2.5, §2.11).

mod delete;
mod list;
mod send;

use crate::endpoint::Endpoint;

/// Returns the endpoints of broadcasts.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        send::endpoint(),
        send::legacy(),
        list::endpoint("/1.2/rtm/broadcasts"),
        list::endpoint("/1.1/rtm/broadcast"),
        delete::endpoint(),
        delete::legacy(),
    ]
}
