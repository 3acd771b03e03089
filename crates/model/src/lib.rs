//! The words of Parlor: ids, domain values, limits and the clock.
//!
//! Every other crate imports from here and this crate imports from none of them.
//!
//! **Invariant:** no I/O, no async, no wire spellings. A JSON object appears only where the
//! domain itself is schema-free (conversation attributes), as [`serde_json::Value`].

mod clock;
mod conversation;
mod error_class;
mod event;
mod id;
pub mod limit;
mod message;
mod peer;
mod restriction;
mod role;
mod session;
mod timestamp;

pub use clock::{Clock, SystemClock, TestClock};
pub use conversation::{AttributeChange, Conversation, ConversationKind, JsonObject};
pub use error_class::ErrorClass;
pub use event::{Event, EventKind, ReceiptKind, UnreadConversation};
pub use id::{ClientId, ConversationId, IdError, MemberRoleId, MessageId};
pub use message::{AddressedTo, Content, Mention, Message, MessageKey, Patch, Priority};
pub use peer::Peer;
pub use restriction::{Restriction, RestrictionChange};
pub use role::{AssignedRole, MemberRole};
pub use session::{DeviceId, Features, SessionEnd, SessionId, Tag, UnreadMode};
pub use timestamp::{Timestamp, TimestampError};
