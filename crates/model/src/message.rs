//! A message: opaque content and the facts around it.

use crate::{ClientId, ConversationId, ConversationKind, MessageId, Timestamp};

/// What the sender wrote; never parsed except for the type filter of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, JSON for typed messages.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl Content {
    /// Returns the size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Tells whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whom a message mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention {
    /// Everybody but the sender.
    pub all: bool,
    /// The listed clients, as sent.
    pub clients: Vec<ClientId>,
}

/// Who in its conversation a message is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AddressedTo {
    /// Whoever is in the conversation; the only one outside service conversations.
    #[default]
    Conversation,
    /// These clients, each in its own stream.
    Clients(Vec<ClientId>),
    /// The app's server.
    App,
    /// Whoever is subscribed at that time.
    Subscribers,
    /// Every client of the app.
    Everybody {
        /// Until when it counts as unread for those who log in.
        valid_till: Timestamp,
    },
}

/// How important a message to a chat room is; without meaning anywhere else (spec 02 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Never dropped on purpose.
    High,
    /// Dropped for sessions that are far behind.
    #[default]
    Normal,
    /// The first to be dropped.
    Low,
}

impl Priority {
    /// Returns the metric label of this priority.
    #[must_use]
    pub const fn as_label(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// A message's place in its conversation: the order key of history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey {
    /// Server time of commit; strictly increases within a conversation.
    pub sent_at: Timestamp,
    /// The message's id.
    pub id: MessageId,
}

/// A message as stored and delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Globally unique id.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// That conversation's kind.
    pub kind: ConversationKind,
    /// Who sent it.
    pub sender: ClientId,
    /// Server time of commit; strictly increases within a conversation.
    pub sent_at: Timestamp,
    /// What was sent.
    pub content: Content,
    /// Whom it mentions.
    pub mention: Mention,
    /// Delivered to who is online and never stored.
    pub transient: bool,
    /// When it was last edited or recalled; `None` for untouched messages.
    pub patched_at: Option<Timestamp>,
}

/// A message as it reads since it was edited or recalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The message with its present content.
    pub message: Message,
    /// When it was patched; strictly increases within a conversation.
    pub patched_at: Timestamp,
    /// Whether its sender withdrew it; a placeholder stands in its place then.
    pub recalled: bool,
}
