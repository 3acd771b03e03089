//! The codes of messaging, as the REST API spells them (spec 03 §1.6).
//!
//! They have the numbers and names that sockets use; here is every one that an endpoint answers
//! with.

/// Why a messaging call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImCode {
    /// A client id is empty or too long.
    InvalidLogin,
    /// The session token is unknown, revoked or too old; SDKs get a fresh one and come back.
    SessionTokenExpired,
    /// No such conversation.
    ConversationNotFound,
    /// The conversation has as many members as it may have.
    ConversationFull,
}

impl ImCode {
    /// Returns the number sent as `code`.
    pub(crate) const fn number(self) -> u16 {
        match self {
            Self::InvalidLogin => 4103,
            Self::SessionTokenExpired => 4112,
            Self::ConversationNotFound => 4303,
            Self::ConversationFull => 4304,
        }
    }

    /// Returns the name sent as `error`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidLogin => "INVALID_LOGIN",
            Self::SessionTokenExpired => "SESSION_TOKEN_EXPIRED",
            Self::ConversationNotFound => "CONVERSATION_NOT_FOUND",
            Self::ConversationFull => "CONVERSATION_FULL",
        }
    }
}
