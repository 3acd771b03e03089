//! Silenced and blocked clients of conversations (spec 03 §2.6).
//!
//! Silencing and blocking without an end have the same three calls: a list, additions to it and
//! removals. A silence for a while has no list.

mod change;
mod list;
mod silence_for_a_while;

use parlor_model::Restriction;

use crate::conversations::kind::{ChatRoom, Normal, PathKind};
use crate::endpoint::Endpoint;

pub(crate) use list::Parameters;

/// Returns the endpoints of restrictions.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = silence_for_a_while::legacy();
    endpoints.extend(silence_for_a_while::endpoints::<Normal>());
    endpoints.extend(silence_for_a_while::endpoints::<ChatRoom>());
    endpoints.extend(lists::<Normal, Silenced>());
    endpoints.extend(lists::<ChatRoom, Silenced>());
    endpoints.extend(lists::<Normal, Blocked>());
    endpoints.extend(lists::<ChatRoom, Blocked>());
    endpoints
}

fn lists<K: PathKind, R: PathRestriction>() -> [Endpoint; 3] {
    [
        change::impose_endpoint::<K, R>(),
        change::lift_endpoint::<K, R>(),
        list::endpoint::<K, R>(),
    ]
}

/// A restriction as paths name it.
trait PathRestriction: Send + Sync + 'static {
    /// As paths call those who are restricted.
    const SEGMENT: &'static str;

    /// As people do.
    const PARTICIPLE: &'static str;

    /// The restriction.
    const RESTRICTION: Restriction;
}

/// Who may not send.
enum Silenced {}

/// Who may not be there.
enum Blocked {}

impl PathRestriction for Silenced {
    const SEGMENT: &'static str = "permanent-silenceds";
    const PARTICIPLE: &'static str = "silenced";
    const RESTRICTION: Restriction = Restriction::Silenced;
}

impl PathRestriction for Blocked {
    const SEGMENT: &'static str = "blacklists";
    const PARTICIPLE: &'static str = "blocked";
    const RESTRICTION: Restriction = Restriction::Blocked;
}

/// Returns the path of a list.
fn path<K: PathKind, R: PathRestriction>() -> String {
    format!("/1.2/rtm/{}/{{id}}/{}", K::SEGMENT, R::SEGMENT)
}
