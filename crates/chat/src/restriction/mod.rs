//! Restrictions of clients in conversations: silenced, blocked, silenced for a while; and the
//! conversations that a client blocks for itself (spec 02 §3.10, spec 03 §2.6).
//!
//! **Invariant:** what is in force is cached with the members, so that sending asks no database;
//! every change forgets the cached conversation before anybody is answered.

mod change;
mod client_block;
mod list;
mod temporary;

pub use change::{ChangeRestriction, RestrictError, Restricted};
pub use client_block::{ClientBlockError, ConversationPage};
pub use list::{ClientPage, Page};
pub use temporary::TemporarySilenceError;
