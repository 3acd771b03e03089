//! Clients at large (spec 03 §2.8).

mod blacklists;
mod check_online;
mod kick;
mod stats;
mod unread_count;

use crate::endpoint::Endpoint;

/// Returns the endpoints of clients.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![
        check_online::endpoint(),
        check_online::endpoint_1_1(),
        kick::endpoint(),
        kick::endpoint_1_1(),
        stats::endpoint(),
        unread_count::endpoint(),
        unread_count::endpoint_1_1(),
        unread_count::endpoint_1_1_of_conversation(),
    ];
    endpoints.extend(blacklists::endpoints());
    endpoints
}
