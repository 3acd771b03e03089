//! Members coming and going.

mod change;
mod failure;

pub use change::{ChangeMembersError, MembersChanged};
pub use failure::{FailureCause, MemberFailure};

pub(crate) use failure::Failures;
