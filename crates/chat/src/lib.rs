//! The conversation service: all policy of sessions, conversations, members, messages, history
//! and unread counts.
//!
//! Both doors call it: the gateway for SDKs, `admin` for the app's servers. An operation
//! checks, writes in one transaction, and returns its result with an [`Outbox`] of events. The
//! door first answers its caller, then publishes the outbox, so that every response goes out
//! before the pushes it causes (spec 02 §1.7).
//!
//! **Invariant:** this crate does not know who called it: no sockets, no HTTP, no wire
//! spellings. Nothing is told to anybody before it is committed.

mod announce;
mod broadcast;
mod caller;
mod class;
mod clean_up;
mod config;
mod conversation;
mod ids;
mod member;
mod message;
mod notification;
mod outbox;
mod receipt;
mod restriction;
mod role;
mod room;
mod service;
mod session;
mod signature;
mod statistics;
mod subscription;
mod unread;
mod will;

pub use announce::Announce;
pub use broadcast::{BroadcastError, LiveBroadcast, SendService};
pub use caller::{Actor, Caller};
pub use class::{FindRows, FoundRows, ScanRows, ScannedRows};
pub use clean_up::CleanedUp;
pub use config::Config;
pub use conversation::{
    ColumnError, CountError, CreateConversation, CreateError, CreatedConversation,
    EditConversation, EditError, MuteError, QueryConversations, QueryError, StartConversation,
    StartError, Started, UpdateError, Updated,
};
pub use member::{ChangeMembersError, FailureCause, MemberFailure, MembersChanged};
pub use message::{
    BrowseBound, BrowseError, BrowseMessages, BrowseScope, BrowsedMessage, CorrectError, Direction,
    Editor, FindSystemError, HistoryBound, HistoryError, HistoryMessage, HistorySignature, Missed,
    MissedAtLogin, PatchChange, PatchDone, PatchError, PatchMessage, PatchReplay, PostMessage,
    ReadHistory, SendDone, SendError, SendMessage, Sent,
};
pub use notification::{Notifications, NotificationsError, NotificationsPage};
pub(crate) use outbox::Draft;
pub use outbox::Outbox;
/// What goes wrong between the service and its database.
pub use parlor_store::StoreError;
/// Walks along the rows of a class.
pub use parlor_store::conversation_query::{ScanKey, ScanOrder, ScanPosition};
pub use receipt::{AckedUpTo, Progress, ProgressError, ProgressOf};
pub use restriction::{
    ChangeRestriction, ClientBlockError, ClientPage, ConversationPage, Page, RestrictError,
    Restricted, TemporarySilenceError,
};
pub use role::{ListRoles, RoleError};
pub use room::RoomSeat;
pub use service::Chat;
pub use session::{KickError, Login, OpenError, OpenSession, SessionGrant};
pub use signature::{PresentedSignature, SignaturePolicy, SignatureRefused};
pub use statistics::Statistics;
pub use subscription::{
    ListSubscriptions, Subscription, SubscriptionError, SubscriptionKey, SubscriptionOrder,
    stream_id,
};
pub use unread::ReadPosition;
pub use will::WillGuard;
