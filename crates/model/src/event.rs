//! What clients are told unasked.
//!
//! Emitted by `chat`, carried by `cluster`, spelled by `wire`.

use std::sync::Arc;

use crate::{
    AssignedRole, AttributeChange, ClientId, ConversationId, ConversationKind, Message, MessageId,
    Patch, Restriction, RestrictionChange, Timestamp,
};

/// One thing that happened, as told to some clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Server time it happened (wire `serverTs`).
    pub happened_at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// The closed set of things that happen.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// You are now a member (wire `conv/joined`).
    Joined {
        /// Of this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// Because of this client, maybe yourself; `None` for the app's server.
        by: Option<ClientId>,
        /// The conversation's `updated_at` after the change.
        updated_at: Timestamp,
        /// Seconds from the creation of a temporary conversation to its end.
        temporary_ttl_secs: Option<i32>,
    },
    /// Others (and maybe you) are now members (wire `conv/members_joined`).
    MembersJoined {
        /// Of this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// Exactly the clients this operation made members.
        members: Vec<ClientId>,
        /// Because of this client; `None` for the app's server.
        by: Option<ClientId>,
        /// The conversation's `updated_at` after the change.
        updated_at: Timestamp,
        /// Seconds from the creation of a temporary conversation to its end.
        temporary_ttl_secs: Option<i32>,
    },
    /// You are no longer a member (wire `conv/left`).
    Left {
        /// Of this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// Because of this client, maybe yourself; `None` for the app's server.
        by: Option<ClientId>,
        /// The conversation's `updated_at` after the change.
        updated_at: Timestamp,
    },
    /// Others are no longer members (wire `conv/members_left`).
    MembersLeft {
        /// Of this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// Exactly the clients this operation removed.
        members: Vec<ClientId>,
        /// Because of this client; `None` for the app's server.
        by: Option<ClientId>,
        /// The conversation's `updated_at` after the change.
        updated_at: Timestamp,
    },
    /// Columns changed (wire `conv/updated`).
    Updated {
        /// Of this conversation.
        conversation_id: ConversationId,
        /// By this client; `None` for the app's server.
        by: Option<ClientId>,
        /// The conversation's `updated_at` after the change.
        updated_at: Timestamp,
        /// What changed.
        change: AttributeChange,
    },
    /// A member's role changed (wire `conv/member_info_changed`).
    RoleChanged {
        /// In a conversation of this kind.
        conversation_kind: ConversationKind,
        /// The role as it is now, and whose.
        assigned: AssignedRole,
        /// By this client; `None` for the app's server.
        by: Option<ClientId>,
    },
    /// You may not send, or not be here; or you may again (wire `conv/shutuped`,
    /// `conv/blocked` and their opposites).
    Restricted {
        /// In this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// What you may not, or may again.
        restriction: Restriction,
        /// Which of the two.
        change: RestrictionChange,
        /// Because of this client; `None` for the app's server.
        by: Option<ClientId>,
    },
    /// The same of others, and maybe yourself (wire `conv/members_shutuped`,
    /// `conv/members_blocked` and their opposites).
    MembersRestricted {
        /// In this conversation.
        conversation_id: ConversationId,
        /// Of this kind.
        conversation_kind: ConversationKind,
        /// What they may not, or may again.
        restriction: Restriction,
        /// Which of the two.
        change: RestrictionChange,
        /// Exactly the clients this operation changed it for.
        members: Vec<ClientId>,
        /// Because of this client; `None` for the app's server.
        by: Option<ClientId>,
    },
    /// A message arrived (wire `direct`).
    Message(Arc<Message>),
    /// A message arrived while you were away (wire `direct` with `offline`).
    Missed {
        /// The message.
        message: Arc<Message>,
        /// Whether others follow when this one is acknowledged.
        more: bool,
    },
    /// A client's session died, and this is what it said in case (wire `direct`). It is in
    /// nobody's history.
    Will(Arc<Message>),
    /// A message was edited or recalled (wire `patch/modify`).
    Patched(Arc<Patch>),
    /// A message you sent has arrived at or was read by somebody (wire `rcp`).
    Receipt {
        /// The conversation.
        conversation_id: ConversationId,
        /// The message; for a read receipt the newest one read.
        message_id: MessageId,
        /// Who received or read it.
        recipient: ClientId,
        /// Which of the two.
        kind: ReceiptKind,
        /// Whether the conversation has more than two members: few sessions want those.
        is_group: bool,
    },
    /// Your unread counts (wire `unread`).
    Unread {
        /// At most one entry per conversation.
        conversations: Vec<UnreadConversation>,
        /// Becomes the client's next `lastUnreadNotifTime`.
        notified_at: Timestamp,
    },
}

impl EventKind {
    /// Tells whether clients that miss it may ask for it later. The others are told what came of
    /// it when they log in, or never.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Joined { .. }
            | Self::MembersJoined { .. }
            | Self::Left { .. }
            | Self::MembersLeft { .. }
            | Self::Updated { .. }
            | Self::RoleChanged { .. }
            | Self::Restricted { .. }
            | Self::MembersRestricted { .. }
            | Self::Receipt { .. } => true,
            Self::Message(_)
            | Self::Missed { .. }
            | Self::Will(_)
            | Self::Patched(_)
            | Self::Unread { .. } => false,
        }
    }
}

/// What a receipt tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptKind {
    /// The message arrived on a device.
    Delivered,
    /// The message was read.
    Read,
}

/// How much of one conversation a client has not read.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadConversation {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its kind.
    pub conversation_kind: ConversationKind,
    /// Messages from others after the read position, at most
    /// [`crate::limit::UNREAD_COUNT`].
    pub count: i32,
    /// Whether one of them mentions the client.
    pub mentioned: bool,
    /// The newest message, read or not; `None` when there is none.
    pub last_message: Option<Message>,
}
