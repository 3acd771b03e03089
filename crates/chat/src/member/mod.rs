//! Members coming and going.

mod change;
mod failure;
mod list;

pub use change::{ChangeMembersError, MembersChanged};
pub use failure::{FailureCause, MemberFailure};

pub(crate) use failure::Failures;
pub(crate) use list::{distinct, without};
