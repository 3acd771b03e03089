//! New ids and secrets.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parlor_model::{ClientId, ConversationId, MemberRoleId, MessageId, Timestamp};
use uuid::Uuid;

/// The source of randomness for ids and tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ids;

impl Ids {
    /// Makes a message id: 22 url-safe base64 characters of 16 bytes (spec 02 §7.2). The first
    /// six bytes are the time, so that neighbours in time are neighbours in the index.
    pub(crate) fn message_id(self, now: Timestamp) -> MessageId {
        let mut bytes: [u8; 16] = random();
        bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
        MessageId::trusted(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Makes a conversation id: 24 hex digits, the first eight the creation time in seconds.
    pub(crate) fn conversation_id(self, now: Timestamp) -> ConversationId {
        ConversationId::trusted(object_id(now))
    }

    /// Makes an id for the assignment of a role, of the form of conversation ids.
    pub(crate) fn member_role_id(self, now: Timestamp) -> MemberRoleId {
        MemberRoleId::trusted(object_id(now))
    }

    /// Makes the id of a temporary conversation.
    pub(crate) fn temporary_conversation_id(self, now: Timestamp) -> ConversationId {
        let prefix = ConversationId::TEMPORARY_PREFIX;
        ConversationId::trusted(format!("{prefix}{}", self.conversation_id(now)))
    }

    /// Makes an id for a client that did not bring one.
    pub(crate) fn client_id(self) -> ClientId {
        ClientId::trusted(hex::encode(random::<12>()))
    }

    /// Makes a session token of 256 random bits.
    pub(crate) fn session_token(self) -> String {
        URL_SAFE_NO_PAD.encode(random::<32>())
    }

    /// Makes the key that all tokens of one login share.
    pub(crate) fn session_key(self) -> Uuid {
        uuid::Builder::from_random_bytes(random()).into_uuid()
    }
}

fn object_id(now: Timestamp) -> String {
    let mut bytes: [u8; 12] = random();
    bytes[..4].copy_from_slice(&now.as_millis().div_euclid(1000).to_be_bytes()[4..]);
    hex::encode(bytes)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_shape() {
        let now = Timestamp::from_millis(1_764_000_000_123);
        let message_id = Ids.message_id(now);
        assert_eq!(message_id.as_str().len(), 22);
        let conversation_id = Ids.conversation_id(now);
        assert_eq!(conversation_id.as_str().len(), 24);
        assert_eq!(
            i64::from_str_radix(&conversation_id.as_str()[..8], 16).unwrap(),
            1_764_000_000
        );
        assert_ne!(Ids.message_id(now), message_id);
    }
}
