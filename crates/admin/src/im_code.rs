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
    /// The conversation is no normal one.
    NormalConversationRequired,
    /// The client is not a member.
    ConversationMembershipRequired,
    /// The role of the owner cannot be given or taken.
    ConversationOperationUnauthorized,
    /// There is no such role.
    UnknownConversationRole,
    /// No more members may have the role.
    ConversationMemberInRoleFull,
    /// Roles and silencing are switched off.
    ConversationMemberInfoFeatureDisabled,
}

impl ImCode {
    /// Returns the number sent as `code`.
    pub(crate) const fn number(self) -> u16 {
        match self {
            Self::InvalidLogin => 4103,
            Self::SessionTokenExpired => 4112,
            Self::ConversationNotFound => 4303,
            Self::ConversationFull => 4304,
            Self::NormalConversationRequired => 4314,
            Self::ConversationMembershipRequired => 4317,
            Self::ConversationOperationUnauthorized => 4320,
            Self::UnknownConversationRole => 4321,
            Self::ConversationMemberInRoleFull => 4322,
            Self::ConversationMemberInfoFeatureDisabled => 4325,
        }
    }

    /// Returns the name sent as `error`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidLogin => "INVALID_LOGIN",
            Self::SessionTokenExpired => "SESSION_TOKEN_EXPIRED",
            Self::ConversationNotFound => "CONVERSATION_NOT_FOUND",
            Self::ConversationFull => "CONVERSATION_FULL",
            Self::NormalConversationRequired => "NORMAL_CONVERSATION_REQUIRED",
            Self::ConversationMembershipRequired => "CONVERSATION_MEMBERSHIP_REQUIRED",
            Self::ConversationOperationUnauthorized => "CONVERSATION_OPERATION_UNAUTHORIZED",
            Self::UnknownConversationRole => "UNKNOWN_CONVERSATION_ROLE",
            Self::ConversationMemberInRoleFull => "CONVERSATION_MEMBER_IN_ROLE_FULL",
            Self::ConversationMemberInfoFeatureDisabled => {
                "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED"
            }
        }
    }
}
