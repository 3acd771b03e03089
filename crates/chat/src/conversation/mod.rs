//! Conversations: creating, finding, changing.

pub(crate) mod attributes;
mod cache;
mod count;
mod create;
mod delete;
mod edit;
mod expire;
mod locked;
mod mute;
mod projection;
mod query;
mod row;
mod scan;
mod start;
mod turn;
mod update;
mod written;

pub use attributes::ColumnError;
pub use count::CountError;
pub use create::{CreateConversation, CreateError, CreatedConversation};
pub use edit::{EditConversation, EditError};
pub use mute::MuteError;
pub use query::{QueryConversations, QueryError};
pub use start::{StartConversation, StartError, Started};
pub use update::{UpdateError, Updated};

pub(crate) use cache::{Conversations, KnownConversation};
pub(crate) use locked::Locked;
pub(crate) use turn::{Turns, stripe_of};
