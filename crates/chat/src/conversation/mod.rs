//! Conversations: creating, finding, changing.

mod attributes;
mod cache;
mod count;
mod mute;
mod start;
mod turn;
mod update;

pub use count::CountError;
pub use mute::MuteError;
pub use start::{StartConversation, StartError, Started};
pub use update::{UpdateError, Updated};

pub(crate) use cache::{Conversations, KnownConversation};
pub(crate) use turn::{Turns, stripe_of};
