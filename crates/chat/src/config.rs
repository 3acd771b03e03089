//! What an operator may set about conversations and messages.

use std::time::Duration;

use parlor_model::limit;

use crate::SignaturePolicy;

/// Limits and sizes of the conversation service.
#[derive(Clone, Debug)]
pub struct Config {
    /// Members of one conversation.
    pub max_members: usize,
    /// Whether members have roles and may be silenced.
    pub roles: bool,
    /// Whether clients may be blocked, and may block conversations.
    pub blacklist: bool,
    /// Managers of one conversation.
    pub max_managers: usize,
    /// Clients silenced in one normal conversation, and as many blocked; conversations blocked by
    /// one client.
    pub max_restricted: usize,
    /// Clients silenced in one chat room, and as many blocked.
    pub max_restricted_in_room: usize,
    /// Members of one temporary conversation.
    pub max_temporary_members: usize,
    /// Life of a temporary conversation when its creator names none.
    pub temporary_ttl: Duration,
    /// Longest life of a temporary conversation.
    pub max_temporary_ttl: Duration,
    /// Bytes of one message, push payload included.
    pub max_message_bytes: usize,
    /// Whether clients may edit what they sent.
    pub allow_edit: bool,
    /// Whether clients may recall what they sent.
    pub allow_recall: bool,
    /// What the app's server must sign; nothing when `None`, and signatures are ignored.
    pub signatures: Option<SignaturePolicy>,
    /// Life of a session token.
    pub token_ttl: Duration,
    /// How long notifications are kept for clients who were away.
    pub notification_life: Duration,
    /// Notifications kept for one client.
    pub max_notifications: i64,
    /// Longest a conversation query may run.
    pub query_timeout: Duration,
    /// Conversations whose members are kept in memory.
    pub cache_capacity: u64,
    /// Writers that commit messages side by side; a conversation always uses the same one.
    pub writer_lanes: usize,
    /// Most messages of one commit.
    pub writer_batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_members: limit::MEMBERS_PER_CONVERSATION,
            roles: true,
            blacklist: true,
            max_managers: limit::MANAGERS_PER_CONVERSATION,
            max_restricted: limit::RESTRICTED_PER_CONVERSATION,
            max_restricted_in_room: limit::RESTRICTED_PER_ROOM,
            max_temporary_members: limit::MEMBERS_PER_TEMPORARY,
            temporary_ttl: limit::TEMPORARY_TTL_DEFAULT,
            max_temporary_ttl: limit::TEMPORARY_TTL,
            max_message_bytes: limit::MESSAGE_BYTES,
            allow_edit: true,
            allow_recall: true,
            signatures: None,
            token_ttl: Duration::from_secs(604_800),
            notification_life: Duration::from_secs(604_800),
            max_notifications: 1000,
            query_timeout: Duration::from_secs(5),
            cache_capacity: 100_000,
            writer_lanes: 4,
            writer_batch: 256,
        }
    }
}
