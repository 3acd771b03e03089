//! Members coming and going.

mod change;

pub use change::{ChangeMembersError, MemberFailure, MembersChanged};
