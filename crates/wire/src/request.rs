//! What clients ask for: one closed enum, decoded from a frame.
//!
//! The gateway calls [`crate::frame::decode`] and matches on [`Request`]; nothing past this
//! crate sees the protobuf types.

use parlor_model::{
    ClientId, Content, ConversationId, DeviceId, Features, JsonObject, MemberRole, MessageId,
    Priority, Restriction, RestrictionChange, Tag, Timestamp,
};

/// The parts of a frame that do not depend on the command (spec 01 §4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// The client's serial number `i`, copied bit-exactly into the one reply. Absent on
    /// fire-and-forget commands; 0 and negative numbers are valid.
    pub serial: Option<i32>,
    /// The session addressed on a connection with several (`peerId`), as sent and unchecked.
    pub client_id: Option<String>,
    /// The app the client believes it talks to.
    pub app_id: Option<String>,
    /// 0 push, 1 LiveQuery, 2 messaging.
    pub service: Option<i32>,
    /// The push or LiveQuery installation.
    pub installation_id: Option<String>,
}

/// A decoded frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Who asks, and under which serial number.
    pub envelope: Envelope,
    /// What is asked, or why the question makes no sense.
    pub request: Result<Request, InvalidRequest>,
}

/// A well-formed frame whose command cannot be executed as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// No such command or operation here.
    #[error("{command}/{operation} is not supported")]
    Unsupported {
        /// The command's name, or its number when unknown.
        command: String,
        /// The operation's name, or its number when unknown.
        operation: String,
    },
    /// A field that the command needs is absent or empty.
    #[error("{field} is missing")]
    Missing {
        /// The wire's name of the field.
        field: &'static str,
        /// The command it belongs to, which decides the error code.
        target: Target,
    },
    /// A field holds something it must not.
    #[error("{field} is invalid: {problem}")]
    Malformed {
        /// The wire's name of the field.
        field: &'static str,
        /// What is wrong with it, for people.
        problem: String,
        /// The command it belongs to, which decides the error code.
        target: Target,
    },
}

/// What an invalid request was about; decides its error code and the shape of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A session command.
    Session,
    /// A conversation command.
    Conversation,
    /// A conversation query.
    Query,
    /// A message: refused with an `ack`, never with `error`.
    Message,
    /// A history read.
    History,
    /// An edit or a recall.
    Patch,
    /// A command that is never answered (`ack`, `read`, `patch/modified`).
    Unanswered,
}

/// Everything a client can ask of this server.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Are you there? Answered without any session.
    Echo,
    /// The same from clients that speak JSON: a frame without anything, answered alike.
    Heartbeat,
    /// Push or LiveQuery login.
    Login,
    /// LiveQuery logout.
    Logout,
    /// Log a client in on this connection.
    SessionOpen(SessionOpen),
    /// A fresh session token, please.
    SessionRefresh {
        /// The token to replace; absent from C#.
        token: Option<String>,
        /// The login signature that some SDKs add.
        signature: Option<Signature>,
    },
    /// Log a client out; the connection stays.
    SessionClose,
    /// Which of these clients are online?
    SessionQuery {
        /// As asked; invalid ids are dropped.
        client_ids: Vec<ClientId>,
    },
    /// The device's push token changed (iOS).
    ReportDeviceToken {
        /// The new token.
        token: DeviceId,
    },
    /// Create or find a conversation.
    ConversationStart(ConversationStart),
    /// Add members, or join.
    ConversationAdd(MemberChange),
    /// Remove members, or leave.
    ConversationRemove(MemberChange),
    /// Find conversations.
    ConversationQuery(ConversationQuery),
    /// Change columns.
    ConversationUpdate {
        /// Which one.
        conversation_id: ConversationId,
        /// Columns or dotted paths to values or operations. `None` when `attr` was absent:
        /// existence of the conversation is checked first.
        attributes: Option<JsonObject>,
    },
    /// Give a member a role.
    ConversationRoleUpdate {
        /// Where.
        conversation_id: ConversationId,
        /// Whom.
        client_id: ClientId,
        /// Which role. `None` when it is absent or no role: existence of the conversation and
        /// rights are checked first.
        role: Option<MemberRole>,
    },
    /// Silence or block clients in a conversation, or end it.
    Restrict(Restrict),
    /// Who is silenced or blocked in a conversation?
    RestrictedQuery {
        /// Which of the two.
        restriction: Restriction,
        /// Where.
        conversation_id: ConversationId,
        /// Which part of the list.
        page: Page,
    },
    /// Are these clients silenced or blocked in a conversation?
    RestrictedCheck {
        /// Which of the two.
        restriction: Restriction,
        /// Where.
        conversation_id: ConversationId,
        /// Who; at least one.
        client_ids: Vec<ClientId>,
    },
    /// Let nobody add me to conversations, or end it.
    ClientBlock(ClientBlock),
    /// Which conversations does a client block?
    ClientBlockQuery {
        /// Whose list; `None` for the caller's.
        client_id: Option<ClientId>,
        /// Which part of it.
        page: Page,
    },
    /// Does a client block these conversations?
    ClientBlockCheck {
        /// Whose list; `None` for the caller's.
        client_id: Option<ClientId>,
        /// Which ones; at least one.
        conversation_ids: Vec<ConversationId>,
    },
    /// Stop push notifications to me.
    ConversationMute {
        /// Which one.
        conversation_id: ConversationId,
    },
    /// Resume push notifications to me.
    ConversationUnmute {
        /// Which one.
        conversation_id: ConversationId,
    },
    /// How many members?
    ConversationCount {
        /// Which one.
        conversation_id: ConversationId,
    },
    /// Am I a member of these?
    ConversationIsMember {
        /// Which ones.
        conversation_ids: Vec<ConversationId>,
    },
    /// A sample of members.
    ConversationMembers {
        /// Which one.
        conversation_id: ConversationId,
        /// How many at most; `None` when not given.
        limit: Option<u32>,
    },
    /// How far have the others received and read?
    ConversationMaxRead {
        /// Which one.
        conversation_id: ConversationId,
        /// Each member by itself instead of the slowest.
        each_member: bool,
    },
    /// Send a message.
    MessageSend(MessageSend),
    /// I received these messages. Never answered.
    MessageAck(MessageAck),
    /// I have read this far. Never answered.
    MessageRead {
        /// One position per conversation.
        positions: Vec<ReadPosition>,
    },
    /// Read history.
    MessageHistory(MessageHistory),
    /// Edit or recall a message.
    MessagePatch(MessagePatch),
    /// I have applied patches up to a moment. Never answered.
    PatchModified,
}

/// A signature made by the app's server with the master key (spec 01 §5.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Hex HMAC-SHA1 in either case.
    pub signature: String,
    /// Seconds or milliseconds, verbatim.
    pub timestamp: i64,
    /// Any text.
    pub nonce: String,
}

/// `session/open`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionOpen {
    /// The SDK and its version (`ua`).
    pub user_agent: Option<String>,
    /// Resumes an earlier session (`st`).
    pub token: Option<String>,
    /// An automatic relogin, which must not kick anybody (`r`).
    pub reconnect: bool,
    /// The single-sign-on group.
    pub tag: Option<Tag>,
    /// `deviceId`, else `deviceToken`.
    pub device_id: Option<DeviceId>,
    /// `None` when absent, which differs from an empty bitmap on reopen.
    pub features: Option<Features>,
    /// The login signature.
    pub signature: Option<Signature>,
    /// The last unread notification seen.
    pub last_unread_notified_at: Option<Timestamp>,
    /// The last patch seen.
    pub last_patched_at: Option<Timestamp>,
}

/// `conv/start`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationStart {
    /// As sent: maybe without the creator, maybe with duplicates; valid ids only.
    pub members: Vec<ClientId>,
    /// Columns; `attr` among them.
    pub attributes: JsonObject,
    /// Find the conversation of exactly these members first.
    pub unique: bool,
    /// Make a chat room.
    pub chat_room: bool,
    /// Make a temporary conversation.
    pub temporary: bool,
    /// Its lifetime in seconds.
    pub temporary_ttl_secs: Option<i32>,
    /// The creation signature.
    pub signature: Option<Signature>,
}

/// `conv/add` and `conv/remove`.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberChange {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Whom; valid ids only, at least one.
    pub members: Vec<ClientId>,
    /// The signature.
    pub signature: Option<Signature>,
}

/// `conv/add_shutup`, `conv/remove_shutup`, and `blacklist/block` and `blacklist/unblock` by a
/// conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Restrict {
    /// What.
    pub restriction: Restriction,
    /// Whether it begins or ends.
    pub change: RestrictionChange,
    /// Where.
    pub conversation_id: ConversationId,
    /// Whom; valid ids only, at least one.
    pub client_ids: Vec<ClientId>,
    /// The signature; blocks only.
    pub signature: Option<Signature>,
}

/// `blacklist/block` and `blacklist/unblock` by a client.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientBlock {
    /// Whether it begins or ends.
    pub change: RestrictionChange,
    /// For whom; `None` for the caller.
    pub client_id: Option<ClientId>,
    /// Which conversations; at least one.
    pub conversation_ids: Vec<ConversationId>,
    /// The signature.
    pub signature: Option<Signature>,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Entries to skip.
    pub offset: u32,
    /// Entries wanted; `None` when not given.
    pub limit: Option<u32>,
}

/// `conv/query`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationQuery {
    /// The `where` document; empty or absent means "mine".
    pub filter: JsonObject,
    /// Comma-separated keys, `-` for descending.
    pub sort: Option<String>,
    /// Rows to skip.
    pub skip: u32,
    /// Rows wanted; `Some(0)` is a wish for none.
    pub limit: Option<u32>,
    /// Leave the members out (`flag` bit 0).
    pub compact: bool,
    /// Add the last message (`flag` bit 1).
    pub with_last_message: bool,
    /// Temporary conversations to look up instead.
    pub temporary_ids: Vec<ConversationId>,
}

/// `direct`.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageSend {
    /// Where to.
    pub conversation_id: ConversationId,
    /// What.
    pub content: Content,
    /// Only for who is online now.
    pub transient: bool,
    /// The sender wants receipts (`r`).
    pub receipt: bool,
    /// Deliver when the session dies (`will`).
    pub will: bool,
    /// Makes a retry harmless (`dt`).
    pub dedupe_token: Option<String>,
    /// Overrides the push notification's payload.
    pub push_data: Option<String>,
    /// Mentions everybody.
    pub mention_all: bool,
    /// Mentions these.
    pub mentions: Vec<ClientId>,
    /// How important it is in a chat room.
    pub priority: Priority,
}

/// `patch/modify`.
#[derive(Clone, Debug, PartialEq)]
pub struct MessagePatch {
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Which message.
    pub message_id: MessageId,
    /// When it was sent, when known.
    pub sent_at: Option<Timestamp>,
    /// What becomes of it.
    pub change: PatchChange,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchChange {
    /// It reads otherwise.
    Edit {
        /// The new content.
        content: Content,
        /// Mentions everybody.
        mention_all: bool,
        /// Mentions these.
        mentions: Vec<ClientId>,
    },
    /// It is withdrawn.
    Recall,
}

/// `ack` from a client.
#[derive(Clone, Debug, PartialEq)]
pub enum MessageAck {
    /// One message.
    One {
        /// Its conversation.
        conversation_id: ConversationId,
        /// The message.
        message_id: MessageId,
    },
    /// Every message in a span of time, both ends included.
    Range {
        /// Their conversation.
        conversation_id: ConversationId,
        /// From here; `None` from the beginning.
        from: Option<Timestamp>,
        /// To here.
        to: Timestamp,
    },
    /// Listed ids without a conversation (push channel).
    Ids(Vec<String>),
}

/// How far a client has read one conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPosition {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Up to this message, when known.
    pub message_id: Option<MessageId>,
    /// Up to this time; `None` means everything.
    pub sent_at: Option<Timestamp>,
}

/// Which way history is walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryDirection {
    /// From new to old.
    #[default]
    Older,
    /// From old to new.
    Newer,
}

/// One end of a history walk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryBound {
    /// The time; `None` when not given.
    pub sent_at: Option<Timestamp>,
    /// The message at that time; `None` compares times only.
    pub message_id: Option<MessageId>,
    /// Whether the bound itself is wanted.
    pub included: bool,
}

/// `logs`.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageHistory {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Where to start.
    pub start: HistoryBound,
    /// Where to stop.
    pub end: HistoryBound,
    /// Which way.
    pub direction: HistoryDirection,
    /// How many (`l`, else `limit`); `Some(0)` is a wish for none.
    pub limit: Option<u32>,
    /// Only typed messages with this `_lctype`; `None` for all.
    pub typed: Option<i32>,
}
