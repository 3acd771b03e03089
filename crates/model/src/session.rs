//! What a session brings along when it opens.

use std::fmt;
use std::sync::Arc;

/// One logged-in client on one connection, unique within this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Identifies the device a session runs on (wire `deviceId`, else `deviceToken`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(pub Arc<str>);

/// A single-sign-on group; absent and `default` mean none (spec 01 §5.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Wraps a tag as sent; empty and `default` are none.
    #[must_use]
    pub fn from_wire(text: &str) -> Option<Self> {
        (!text.is_empty() && text != "default").then(|| Self(Arc::from(text)))
    }

    /// Returns the tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a session ended that its client did not close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The same device logged in again; nobody needs to be told.
    Superseded,
    /// Another device logged in under the same tag.
    Conflict,
    /// The app's server ended it.
    Kicked {
        /// What it wants the client to be told.
        reason: Option<Arc<str>>,
    },
}

/// What the client's SDK can handle (wire `configBitmap`, spec 01 §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u64);

impl Features {
    /// Understands `patch/modify` pushes.
    pub const PATCH: Self = Self(0x01);
    /// Wants messages of temporary conversations.
    pub const TEMPORARY_CONVERSATIONS: Self = Self(0x02);
    /// Waits for the ack of transient messages.
    pub const TRANSIENT_ACK: Self = Self(0x08);
    /// Fetches missed notifications over REST.
    pub const KEEP_NOTIFICATIONS: Self = Self(0x10);
    /// Understands member operations that fail for some ids only.
    pub const PARTIAL_FAILURE: Self = Self(0x20);
    /// Wants receipts in conversations of more than two members.
    pub const GROUP_RECEIPTS: Self = Self(0x40);
    /// What SDKs mean that omit the bitmap when they reopen (C#, spec 01 §5.1).
    pub const REOPEN_DEFAULT: Self = Self(0xAB);

    /// Wraps the wire's bitmap; unknown bits are kept.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the wire's bitmap.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Tells whether every bit of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How a session learns what it missed, chosen by the last digit of its subprotocol
/// (spec 01 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnreadMode {
    /// Missed messages are pushed after login (digit 1).
    OfflineMessages,
    /// Unread notifications are pushed after login (digits 2 and 3).
    UnreadNotifications,
}
