//! LiveQuery: queries whose results follow the objects. It needs the object storage, which is
//! not part of this server.

mod refuse;

use crate::endpoint::Endpoint;

/// Returns the endpoints of LiveQuery.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        refuse::endpoint("/1.1/LiveQuery/subscribe"),
        refuse::endpoint("/1.1/LiveQuery/unsubscribe"),
    ]
}
