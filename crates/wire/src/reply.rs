//! What the server answers: one closed enum, encoded into a frame.
//!
//! A reply carries the request's serial number; [`Reply::encode`] fills the envelope.

use parlor_model::{ClientId, ConversationId, ConversationKind, JsonObject, Message, MessageId, Timestamp};

use crate::error_code::ErrorCode;

/// A refusal, as it is told to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The code; its name becomes `reason`.
    pub code: ErrorCode,
    /// Prose that names the thing and the fix; never a secret, never SQL.
    pub detail: Option<String>,
    /// The ids it is about.
    pub client_ids: Vec<ClientId>,
}

/// Everything this server answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To `echo`.
    Echo,
    /// To `login`.
    LoggedIn {
        /// Copied from the request, else 0.
        service: i32,
        /// Copied from the request.
        installation_id: Option<String>,
    },
    /// To `logout`.
    LoggedOut {
        /// Copied from the request, else 0.
        service: i32,
        /// Copied from the request.
        installation_id: Option<String>,
    },
    /// To `session/open`.
    SessionOpened {
        /// The new token (`st`).
        token: String,
        /// Its life in seconds (`stTtl`).
        token_ttl_secs: i32,
    },
    /// To `session/refresh`.
    SessionRefreshed {
        /// The new token (`st`).
        token: String,
        /// Its life in seconds (`stTtl`).
        token_ttl_secs: i32,
    },
    /// To `session/close`.
    SessionClosed,
    /// A refusal of `session/open` in the shape of a forced logout (spec 01 §5.6).
    SessionRefused(Refusal),
    /// To `session/query`.
    SessionQueryResult {
        /// Those online.
        online: Vec<ClientId>,
    },
    /// To `report/upload`.
    ReportUploaded,
    /// To `conv/start`.
    ConversationStarted {
        /// Its id.
        conversation_id: ConversationId,
        /// Its kind.
        kind: ConversationKind,
        /// When it was created.
        created_at: Timestamp,
        /// Set for unique conversations.
        unique_id: Option<String>,
        /// It was there before.
        existing: bool,
        /// Life in seconds of a temporary conversation.
        temporary_ttl_secs: Option<i32>,
    },
    /// To `conv/add`.
    MembersAdded(MembersChanged),
    /// To `conv/remove`.
    MembersRemoved(MembersChanged),
    /// To `conv/query`.
    ConversationResults {
        /// The rows as a JSON array text.
        rows: String,
    },
    /// To `conv/update`.
    ConversationUpdated {
        /// Which one.
        conversation_id: ConversationId,
        /// Its time of change now.
        updated_at: Timestamp,
        /// The request's attributes, echoed.
        attributes: JsonObject,
        /// The resulting columns.
        modified: JsonObject,
    },
    /// To `conv/mute` and `conv/unmute`.
    ConversationMuted {
        /// Which one.
        conversation_id: ConversationId,
        /// Its time of change now.
        updated_at: Timestamp,
        /// Everybody who muted it now (`mu`).
        muted: Vec<ClientId>,
    },
    /// To `conv/count`.
    ConversationCount {
        /// Which one.
        conversation_id: ConversationId,
        /// How many; encoded even when 0.
        count: i32,
    },
    /// To `conv/is_member`.
    ConversationIsMember {
        /// One entry per id asked.
        membership: Vec<(ConversationId, bool)>,
    },
    /// To `conv/members`.
    ConversationMembers {
        /// Which one.
        conversation_id: ConversationId,
        /// The sample.
        members: Vec<ClientId>,
    },
    /// To `direct`: stored.
    MessageSent {
        /// Where.
        conversation_id: ConversationId,
        /// The message's id.
        message_id: MessageId,
        /// Its time.
        sent_at: Timestamp,
    },
    /// To `direct`: refused. Id and time are sent even so (spec 02 §7.2).
    MessageRefused {
        /// Why.
        refusal: Refusal,
        /// The id it would have had.
        message_id: MessageId,
        /// When it was refused.
        refused_at: Timestamp,
    },
    /// To `logs`.
    History {
        /// Ascending by time and id.
        messages: Vec<Message>,
    },
    /// To anything that failed and has no shape of its own.
    Error(Refusal),
}

/// The outcome of a member operation (spec 02 §3.3).
#[derive(Clone, Debug, PartialEq)]
pub struct MembersChanged {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Its time of change now.
    pub updated_at: Timestamp,
    /// Every id now in the requested state.
    pub allowed: Vec<ClientId>,
    /// One entry per distinct error.
    pub failed: Vec<Refusal>,
}
