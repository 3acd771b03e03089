//! The class `_SysMessage`: what clients said to the app's server (spec 03 §4.6). It is read only:
//! its rows are messages.

mod find;

use crate::endpoint::Endpoint;

/// Returns the endpoints of the class.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![find::endpoint()]
}
