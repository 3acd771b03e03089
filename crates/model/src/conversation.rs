//! A conversation as every crate sees it.

use crate::{ClientId, ConversationId, Timestamp};

/// A JSON object, the form of schema-free conversation columns.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// What rules a conversation follows. The numbers are the wire's `convType` (spec 02 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConversationKind {
    /// Persistent members, the full feature set.
    Normal,
    /// Members are whoever is online in it (wire "transient").
    ChatRoom,
    /// Subscribers instead of members, run by the app's server (wire "system").
    Service,
    /// Short-lived, outside the `_Conversation` table.
    Temporary,
}

impl ConversationKind {
    /// Returns the wire's and the database's number of this kind.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Normal => 1,
            Self::ChatRoom => 2,
            Self::Service => 3,
            Self::Temporary => 4,
        }
    }

    /// Returns the kind with this number.
    #[must_use]
    pub const fn from_number(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Normal),
            2 => Some(Self::ChatRoom),
            3 => Some(Self::Service),
            4 => Some(Self::Temporary),
            _ => None,
        }
    }
}

/// The stored facts of a conversation, without its members and messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// Display name; `None` when never set.
    pub name: Option<String>,
    /// Who created it; `None` for conversations made by the app's server.
    pub creator: Option<ClientId>,
    /// The developer's `attr` object; `None` when never set.
    pub attr: Option<JsonObject>,
    /// Every other column the app stored on the row.
    pub extra: JsonObject,
    /// Set for conversations found again by their exact member set; lower-case MD5 hex.
    pub unique_id: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When a column or the membership last changed; strictly increases with each change.
    pub updated_at: Timestamp,
    /// When a temporary conversation ends; `None` for every other kind.
    pub expires_at: Option<Timestamp>,
}

impl Conversation {
    /// Tells whether the conversation has not ended by `now`.
    #[must_use]
    pub fn is_alive_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Returns the seconds from a temporary conversation's creation to its end.
    #[must_use]
    pub fn ttl_secs(&self) -> Option<i32> {
        let expires_at = self.expires_at?;
        let millis = expires_at.as_millis() - self.created_at.as_millis();
        Some(i32::try_from(millis / 1000).unwrap_or(i32::MAX))
    }
}

/// What an update did to a conversation, in the three shapes the SDKs want (spec 02 §3.6).
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeChange {
    /// The request as sent: dotted keys, operation objects.
    pub requested: JsonObject,
    /// The requested keys with the resulting value in place of an operation, `null` for a
    /// deleted key.
    pub resolved: JsonObject,
    /// The complete resulting value of every touched top-level column; a deleted one is absent.
    pub modified: JsonObject,
}
