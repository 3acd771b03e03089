//! Conversations: creating, finding, changing.

pub(crate) mod attributes;
mod cache;
mod count;
mod locked;
mod mute;
mod projection;
mod query;
mod row;
mod start;
mod turn;
mod update;

pub use count::CountError;
pub use mute::MuteError;
pub use query::{FindConversations, FoundConversations, QueryConversations, QueryError};
pub use start::{StartConversation, StartError, Started};
pub use update::{UpdateError, Updated};

pub(crate) use cache::{Conversations, KnownConversation};
pub(crate) use locked::Locked;
pub(crate) use turn::{Turns, stripe_of};
