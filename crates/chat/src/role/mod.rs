//! Roles of members: who may do what to whom, and who says so (spec 02 §3.9).
//!
//! **Invariant:** the owner is whoever created the conversation, and nobody else can become it.

mod change;
mod list;
mod rank;
mod remove;

pub use change::RoleError;
pub use list::ListRoles;

pub(crate) use rank::Ranks;
