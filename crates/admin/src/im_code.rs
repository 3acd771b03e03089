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
    /// A message is too long.
    FrameTooLong,
    /// The signature that the app demands is missing or wrong.
    ConversationSignatureFailed,
    /// The conversation has as many members as it may have.
    ConversationFull,
    /// The call is for service conversations.
    ServiceConversationRequired,
    /// The call is for normal conversations.
    NormalConversationRequired,
    /// The client is silenced for a while.
    SilencedForAWhile,
    /// The call is for chat rooms.
    ChatRoomRequired,
    /// No such conversation to send to.
    InvalidMessagingTarget,
    /// Somebody else sent the message.
    MessageOwnershipRequired,
    /// No such message.
    MessageNotFound,
    /// Editing is switched off for clients.
    MessageEditDisabled,
    /// Recalling is switched off for clients.
    MessageRecallDisabled,
    /// The client is blocked in the conversation.
    BlockedByConversation,
    /// The client is silenced. The published spelling.
    Silenced,
    /// The client is not a member.
    ConversationMembershipRequired,
    /// The owner cannot leave.
    ConversationNeedOwner,
    /// No more clients can be blocked.
    BlacklistFull,
    /// Blocking is switched off.
    BlacklistFeatureDisabled,
    /// The signature of a block is missing or wrong.
    BlacklistSignatureFailed,
    /// No more clients can be silenced. The published spelling.
    SilencedMemberListFull,
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
            Self::FrameTooLong => 4109,
            Self::ConversationSignatureFailed => 4302,
            Self::ConversationFull => 4304,
            Self::ServiceConversationRequired => 4313,
            Self::NormalConversationRequired => 4314,
            Self::SilencedForAWhile => 4315,
            Self::ChatRoomRequired => 4316,
            Self::InvalidMessagingTarget => 4401,
            Self::MessageOwnershipRequired => 4403,
            Self::MessageNotFound => 4404,
            Self::MessageEditDisabled => 4406,
            Self::MessageRecallDisabled => 4407,
            Self::BlockedByConversation => 4548,
            Self::Silenced => 4563,
            Self::ConversationMembershipRequired => 4317,
            Self::ConversationNeedOwner => 4324,
            Self::BlacklistFull => 4543,
            Self::BlacklistFeatureDisabled => 4544,
            Self::BlacklistSignatureFailed => 4546,
            Self::SilencedMemberListFull => 4561,
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
            Self::FrameTooLong => "FRAME_TOO_LONG",
            Self::ConversationSignatureFailed => "CONVERSATION_SIGNATURE_FAILED",
            Self::ConversationFull => "CONVERSATION_FULL",
            Self::ServiceConversationRequired => "SYSTEM_CONVERSATION_REQUIRED",
            Self::NormalConversationRequired => "NORMAL_CONVERSATION_REQUIRED",
            Self::SilencedForAWhile => "CONVERSATION_TEMPORARY_BLACKLISTED",
            Self::ChatRoomRequired => "TRANSIENT_CONVERSATION_REQUIRED",
            Self::InvalidMessagingTarget => "INVALID_MESSAGING_TARGET",
            Self::MessageOwnershipRequired => "MESSAGE_OWNERSHIP_REQUIRED",
            Self::MessageNotFound => "MESSAGE_NOT_FOUND",
            Self::MessageEditDisabled => "MESSAGE_EDIT_DISABLED",
            Self::MessageRecallDisabled => "MESSAGE_RECALL_DISABLED",
            Self::BlockedByConversation => "BLOCKED_BY_CONV",
            Self::Silenced => "SILIENCED",
            Self::ConversationMembershipRequired => "CONVERSATION_MEMBERSHIP_REQUIRED",
            Self::ConversationNeedOwner => "CONVERSATION_NEED_OWNER",
            Self::BlacklistFull => "BLACKLIST_FULL",
            Self::BlacklistFeatureDisabled => "BLACKLIST_FEATURE_DISABLED",
            Self::BlacklistSignatureFailed => "BLACKLIST_SIGNATURE_FAILED",
            Self::SilencedMemberListFull => "SILIENCED_MEMBER_LIST_FULL",
            Self::ConversationOperationUnauthorized => "CONVERSATION_OPERATION_UNAUTHORIZED",
            Self::UnknownConversationRole => "UNKNOWN_CONVERSATION_ROLE",
            Self::ConversationMemberInRoleFull => "CONVERSATION_MEMBER_IN_ROLE_FULL",
            Self::ConversationMemberInfoFeatureDisabled => {
                "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED"
            }
        }
    }
}
