//! What the server answers: one closed enum, encoded into a frame.
//!
//! A reply carries the request's serial number; [`Reply::encode`] fills the envelope.

use bytes::Bytes;
use parlor_model::{
    ClientId, ConversationId, ConversationKind, JsonObject, MemberRole, MemberRoleId, Message,
    MessageId, Restriction, RestrictionChange, Timestamp,
};

use crate::encode::{self, conversation, message, patch, restriction, session};
use crate::error_code::ErrorCode;
use crate::notice::SessionEnding;
use crate::proto::{CommandType, ErrorCommand, GenericCommand, OpType};

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
    /// To a heartbeat: a frame without anything, not even an envelope.
    Heartbeat,
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
        /// Where the patches that the client knows end (`lastPatchTime`).
        patched_up_to: Timestamp,
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
    SessionRefused(SessionEnding),
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
    /// To `conv/member_info_update`.
    RoleUpdated {
        /// Where.
        conversation_id: ConversationId,
        /// Whose role.
        client_id: ClientId,
        /// The role now.
        role: MemberRole,
        /// Names the assignment (`infoId`).
        role_id: MemberRoleId,
    },
    /// To `conv/add_shutup`, `conv/remove_shutup`, `blacklist/block` and `blacklist/unblock`.
    Restricted(Restricted),
    /// To `conv/query_shutup` and `blacklist/query`.
    RestrictedPage {
        /// Of what list.
        restriction: Restriction,
        /// Of which conversation.
        conversation_id: ConversationId,
        /// The entries.
        client_ids: Vec<ClientId>,
        /// Where the next page begins; `None` on the last one.
        next: Option<u32>,
    },
    /// To `conv/check_shutup` and `blacklist/check_block`.
    RestrictedChecked {
        /// Of what list.
        restriction: Restriction,
        /// Of which conversation.
        conversation_id: ConversationId,
        /// Those of the clients asked for who are on it.
        client_ids: Vec<ClientId>,
    },
    /// To `blacklist/block` and `blacklist/unblock` by a client.
    ClientBlockChanged {
        /// Which of the two.
        change: RestrictionChange,
        /// The client.
        client_id: ClientId,
        /// The conversations.
        conversation_ids: Vec<ConversationId>,
    },
    /// To `blacklist/query` of a client's list.
    ClientBlockPage {
        /// The client.
        client_id: ClientId,
        /// The entries.
        conversation_ids: Vec<ConversationId>,
        /// Where the next page begins; `None` on the last one.
        next: Option<u32>,
    },
    /// To `blacklist/check_block` of a client's list.
    ClientBlockChecked {
        /// The client.
        client_id: ClientId,
        /// Those of the conversations asked for that are on it.
        conversation_ids: Vec<ConversationId>,
    },
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
    /// To `conv/max_read`.
    ConversationMaxRead {
        /// Which one.
        conversation_id: ConversationId,
        /// How far everybody else has come.
        slowest: Progress,
        /// How far each other member has come, when asked for.
        members: Vec<(ClientId, Progress)>,
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
    /// To `patch/modify`.
    MessagePatched {
        /// When it was patched.
        patched_at: Timestamp,
    },
    /// To `logs`.
    History {
        /// Ascending by time and id.
        messages: Vec<HistoryItem>,
    },
    /// To anything that failed and has no shape of its own.
    Error(Refusal),
}

/// How far a member has received and read a conversation; `None` for not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The newest message received.
    pub acked_up_to: Option<Timestamp>,
    /// The newest message read.
    pub read_up_to: Option<Timestamp>,
}

/// A message of history, with what its sender may know about its recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryItem {
    /// The message.
    pub message: Message,
    /// When the other member received it.
    pub acked_at: Option<Timestamp>,
    /// When the other member read it.
    pub read_at: Option<Timestamp>,
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

/// The outcome of silencing or blocking clients, or of its end (spec 02 §3.10).
#[derive(Clone, Debug, PartialEq)]
pub struct Restricted {
    /// Which of the two.
    pub restriction: Restriction,
    /// Whether it began or ended.
    pub change: RestrictionChange,
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Every id now in the requested state.
    pub allowed: Vec<ClientId>,
    /// One entry per distinct error.
    pub failed: Vec<Refusal>,
}

/// What a reply's frame carries besides the reply.
#[derive(Clone, Copy, Debug)]
pub struct ReplyEnvelope<'a> {
    /// The request's serial number, copied bit-exactly; `None` when it had none.
    pub serial: Option<i32>,
    /// The client addressed; `None` only before any session.
    pub client_id: Option<&'a ClientId>,
    /// Server time.
    pub server_ts: Timestamp,
}

impl Reply {
    /// Returns the reply's frame.
    #[must_use]
    pub fn encode(&self, envelope: &ReplyEnvelope<'_>) -> Bytes {
        if *self == Self::Heartbeat {
            return Bytes::new();
        }
        let mut frame = self.frame();
        frame.i = envelope.serial;
        frame.peer_id = envelope.client_id.map(ToString::to_string);
        frame.server_ts = Some(envelope.server_ts.as_millis());
        frame.service.get_or_insert(encode::MESSAGING);
        encode::bytes(&frame)
    }

    fn frame(&self) -> GenericCommand {
        match self {
            Self::Echo => encode::frame(CommandType::Echo, None),
            Self::Heartbeat => GenericCommand::default(),
            Self::LoggedIn {
                service,
                installation_id,
            } => session::service(CommandType::Loggedin, *service, installation_id.as_deref()),
            Self::LoggedOut {
                service,
                installation_id,
            } => session::service(CommandType::Loggedout, *service, installation_id.as_deref()),
            Self::SessionOpened {
                token,
                token_ttl_secs,
                patched_up_to,
            } => session::opened(token, *token_ttl_secs, *patched_up_to),
            Self::SessionRefreshed {
                token,
                token_ttl_secs,
            } => session::refreshed(token, *token_ttl_secs),
            Self::SessionClosed => session::closed(),
            Self::SessionRefused(ending) => session::ended(ending),
            Self::SessionQueryResult { online } => session::query_result(online),
            Self::ReportUploaded => encode::frame(CommandType::Report, Some(OpType::Uploaded)),
            Self::ConversationStarted {
                conversation_id,
                kind,
                created_at,
                unique_id,
                existing,
                temporary_ttl_secs,
            } => conversation::started(
                conversation_id,
                *kind,
                *created_at,
                unique_id.as_deref(),
                *existing,
                *temporary_ttl_secs,
            ),
            Self::MembersAdded(outcome) => conversation::members_changed(OpType::Added, outcome),
            Self::MembersRemoved(outcome) => {
                conversation::members_changed(OpType::Removed, outcome)
            }
            Self::RoleUpdated {
                conversation_id,
                client_id,
                role,
                role_id,
            } => conversation::role_updated(
                conversation_id,
                conversation::member_info(client_id, *role, role_id),
            ),
            Self::Restricted(outcome) => restriction::changed(outcome),
            Self::RestrictedPage {
                restriction,
                conversation_id,
                client_ids,
                next,
            } => restriction::page(*restriction, conversation_id, client_ids, *next),
            Self::RestrictedChecked {
                restriction,
                conversation_id,
                client_ids,
            } => restriction::checked(*restriction, conversation_id, client_ids),
            Self::ClientBlockChanged {
                change,
                client_id,
                conversation_ids,
            } => restriction::client_block_changed(*change, client_id, conversation_ids),
            Self::ClientBlockPage {
                client_id,
                conversation_ids,
                next,
            } => restriction::client_block_page(client_id, conversation_ids, *next),
            Self::ClientBlockChecked {
                client_id,
                conversation_ids,
            } => restriction::client_block_checked(client_id, conversation_ids),
            Self::ConversationResults { rows } => conversation::results(rows),
            Self::ConversationUpdated {
                conversation_id,
                updated_at,
                attributes,
                modified,
            } => conversation::updated(conversation_id, *updated_at, attributes, modified),
            Self::ConversationMuted {
                conversation_id,
                updated_at,
                muted,
            } => conversation::muted(conversation_id, *updated_at, muted),
            Self::ConversationCount {
                conversation_id,
                count,
            } => conversation::count(conversation_id, *count),
            Self::ConversationIsMember { membership } => conversation::is_member(membership),
            Self::ConversationMembers {
                conversation_id,
                members,
            } => conversation::members(conversation_id, members),
            Self::ConversationMaxRead {
                conversation_id,
                slowest,
                members,
            } => conversation::max_read(conversation_id, slowest, members),
            Self::MessageSent {
                conversation_id,
                message_id,
                sent_at,
            } => message::sent(conversation_id, message_id, *sent_at),
            Self::MessageRefused {
                refusal,
                message_id,
                refused_at,
            } => message::refused(refusal, message_id, *refused_at),
            Self::MessagePatched { patched_at } => patch::modified(*patched_at),
            Self::History { messages } => message::history(messages),
            Self::Error(refusal) => error(encode::error(refusal)),
        }
    }
}

fn error(body: ErrorCommand) -> GenericCommand {
    GenericCommand {
        error_message: Some(body),
        ..encode::frame(CommandType::Error, None)
    }
}

#[cfg(test)]
mod tests;
