//! The codes that refusals carry: one documented entry each (spec 01 §6.2, spec 02 §17).
//!
//! Sent in `error`, failed `ack` and `session/closed` frames. The name goes out as `reason`,
//! because SDKs build their error from it; prose belongs in `detail`.
//!
//! **Invariant:** 4323 is absent on purpose: for an expired temporary conversation SDKs expect
//! 4303 and derive 4323 themselves. Codes that close sockets are in [`crate::close_code`].

use parlor_model::ErrorClass;

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 4100: the frame names an app that is not served here, or messaging is off.
    AppNotAvailable,
    /// 4102: the login signature is missing, wrong or outside its window.
    SignatureFailed,
    /// 4103: a client id is empty where one is needed, or longer than 64 characters.
    InvalidLogin,
    /// 4105: a command that needs a session came before `open` or after `close`.
    SessionRequired,
    /// 4106: the client is banned from messaging.
    Blacklisted,
    /// 4109: a message is over the size limit; the socket stays open.
    FrameTooLong,
    /// 4111: another device holds the client's tag: the older session is ended, or the relogin refused.
    SessionConflict,
    /// 4112: the session token is unknown, forged, revoked or too old.
    SessionTokenExpired,
    /// 4113: the app's daily number of clients is reached.
    AppQuotaExceeded,
    /// 4114: a frame can be read but makes no sense: no such command, a field missing or malformed, a
    /// message without content.
    UnparseableRawMessage,
    /// 4115: the app's server ended the client's sessions.
    KickedByApp,
    /// 4116: the client sends commands faster than its rate allows.
    MessageSentQuotaExceeded,
    /// 4117: the session closed, but its installation could not be unbound from the client.
    UnbindInstallationFailed,
    /// 4200: a fault of this server, or something it depends on is away.
    InternalError,
    /// 4201: a message could not be stored in time.
    SendMessageTimeout,
    /// 4300: a conversation command failed through a fault of this server.
    ConversationInternalError,
    /// 4301: a conversation command cannot be executed as sent; `detail` says why.
    ConversationApiFailed,
    /// 4302: the signature of a conversation command is missing or wrong.
    ConversationSignatureFailed,
    /// 4303: no such conversation, or a temporary one that has expired.
    ConversationNotFound,
    /// 4304: the conversation has as many members as it may have.
    ConversationFull,
    /// 4305: the app's hook refused a conversation command.
    ConversationRejectedByApp,
    /// 4306: an update names a reserved column, contradicts itself or cannot be applied.
    ConversationUpdateFailed,
    /// 4307: clients may not change this kind of conversation.
    ConversationReadOnly,
    /// 4308: the client may not do this in the conversation.
    ConversationNotAllowed,
    /// 4309: an update came from somebody who is not a member.
    ConversationUpdateRejected,
    /// 4310: a query is malformed or took too long.
    ConversationQueryFailed,
    /// 4311: a history request is malformed or history cannot be read.
    ConversationLogFailed,
    /// 4312: history was asked for by somebody who is not a member.
    ConversationLogRejected,
    /// 4313: the command works on service conversations only.
    SystemConversationRequired,
    /// 4314: the command works on normal conversations only.
    NormalConversationRequired,
    /// 4315: the client is barred from sending for a while.
    ConversationTemporaryBlacklisted,
    /// 4316: the command works on chat rooms only.
    TransientConversationRequired,
    /// 4317: the client, or the client it names, is not a member.
    ConversationMembershipRequired,
    /// 4318: conversation commands come faster than the app's rate allows.
    ConversationApiQuotaExceeded,
    /// 4320: the client's role does not allow the operation.
    ConversationOperationUnauthorized,
    /// 4321: there is no such role.
    UnknownConversationRole,
    /// 4322: no more members may have the role.
    ConversationMemberInRoleFull,
    /// 4324: the owner of a conversation with roles cannot leave it.
    ConversationNeedOwner,
    /// 4325: roles and silencing are switched off for the app.
    ConversationMemberInfoFeatureDisabled,
    /// 4401: a message is for an unknown conversation, or its sender is not a member.
    InvalidMessagingTarget,
    /// 4402: the app's hook refused a message.
    MessageRejectedByApp,
    /// 4403: an edit or recall came from somebody who did not send the message.
    MessageOwnershipRequired,
    /// 4404: there is no such message to edit or recall.
    MessageNotFound,
    /// 4405: the app's hook refused an edit or recall.
    MessageUpdateRejectedByApp,
    /// 4406: editing is switched off for the app.
    MessageEditDisabled,
    /// 4407: recalling is switched off for the app.
    MessageRecallDisabled,
    /// 4543: no more clients can be blocked.
    BlacklistFull,
    /// 4544: blocking is switched off for the app.
    BlacklistFeatureDisabled,
    /// 4546: the signature of a block or unblock is missing or wrong.
    BlacklistSignatureFailed,
    /// 4548: the client is blocked in the conversation.
    BlockedByConversation,
    /// 4561: no more members can be silenced. The wire's spelling.
    SilencedMemberListFull,
    /// 4563: a silenced member tried to send. The wire's spelling.
    Silenced,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 52] = [
        Self::AppNotAvailable,
        Self::SignatureFailed,
        Self::InvalidLogin,
        Self::SessionRequired,
        Self::Blacklisted,
        Self::FrameTooLong,
        Self::SessionConflict,
        Self::SessionTokenExpired,
        Self::AppQuotaExceeded,
        Self::UnparseableRawMessage,
        Self::KickedByApp,
        Self::MessageSentQuotaExceeded,
        Self::UnbindInstallationFailed,
        Self::InternalError,
        Self::SendMessageTimeout,
        Self::ConversationInternalError,
        Self::ConversationApiFailed,
        Self::ConversationSignatureFailed,
        Self::ConversationNotFound,
        Self::ConversationFull,
        Self::ConversationRejectedByApp,
        Self::ConversationUpdateFailed,
        Self::ConversationReadOnly,
        Self::ConversationNotAllowed,
        Self::ConversationUpdateRejected,
        Self::ConversationQueryFailed,
        Self::ConversationLogFailed,
        Self::ConversationLogRejected,
        Self::SystemConversationRequired,
        Self::NormalConversationRequired,
        Self::ConversationTemporaryBlacklisted,
        Self::TransientConversationRequired,
        Self::ConversationMembershipRequired,
        Self::ConversationApiQuotaExceeded,
        Self::ConversationOperationUnauthorized,
        Self::UnknownConversationRole,
        Self::ConversationMemberInRoleFull,
        Self::ConversationNeedOwner,
        Self::ConversationMemberInfoFeatureDisabled,
        Self::InvalidMessagingTarget,
        Self::MessageRejectedByApp,
        Self::MessageOwnershipRequired,
        Self::MessageNotFound,
        Self::MessageUpdateRejectedByApp,
        Self::MessageEditDisabled,
        Self::MessageRecallDisabled,
        Self::BlacklistFull,
        Self::BlacklistFeatureDisabled,
        Self::BlacklistSignatureFailed,
        Self::BlockedByConversation,
        Self::SilencedMemberListFull,
        Self::Silenced,
    ];

    /// Returns the number sent as `code`.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::AppNotAvailable => 4100,
            Self::SignatureFailed => 4102,
            Self::InvalidLogin => 4103,
            Self::SessionRequired => 4105,
            Self::Blacklisted => 4106,
            Self::FrameTooLong => 4109,
            Self::SessionConflict => 4111,
            Self::SessionTokenExpired => 4112,
            Self::AppQuotaExceeded => 4113,
            Self::UnparseableRawMessage => 4114,
            Self::KickedByApp => 4115,
            Self::MessageSentQuotaExceeded => 4116,
            Self::UnbindInstallationFailed => 4117,
            Self::InternalError => 4200,
            Self::SendMessageTimeout => 4201,
            Self::ConversationInternalError => 4300,
            Self::ConversationApiFailed => 4301,
            Self::ConversationSignatureFailed => 4302,
            Self::ConversationNotFound => 4303,
            Self::ConversationFull => 4304,
            Self::ConversationRejectedByApp => 4305,
            Self::ConversationUpdateFailed => 4306,
            Self::ConversationReadOnly => 4307,
            Self::ConversationNotAllowed => 4308,
            Self::ConversationUpdateRejected => 4309,
            Self::ConversationQueryFailed => 4310,
            Self::ConversationLogFailed => 4311,
            Self::ConversationLogRejected => 4312,
            Self::SystemConversationRequired => 4313,
            Self::NormalConversationRequired => 4314,
            Self::ConversationTemporaryBlacklisted => 4315,
            Self::TransientConversationRequired => 4316,
            Self::ConversationMembershipRequired => 4317,
            Self::ConversationApiQuotaExceeded => 4318,
            Self::ConversationOperationUnauthorized => 4320,
            Self::UnknownConversationRole => 4321,
            Self::ConversationMemberInRoleFull => 4322,
            Self::ConversationNeedOwner => 4324,
            Self::ConversationMemberInfoFeatureDisabled => 4325,
            Self::InvalidMessagingTarget => 4401,
            Self::MessageRejectedByApp => 4402,
            Self::MessageOwnershipRequired => 4403,
            Self::MessageNotFound => 4404,
            Self::MessageUpdateRejectedByApp => 4405,
            Self::MessageEditDisabled => 4406,
            Self::MessageRecallDisabled => 4407,
            Self::BlacklistFull => 4543,
            Self::BlacklistFeatureDisabled => 4544,
            Self::BlacklistSignatureFailed => 4546,
            Self::BlockedByConversation => 4548,
            Self::SilencedMemberListFull => 4561,
            Self::Silenced => 4563,
        }
    }

    /// Returns the constant's name, sent as `reason`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AppNotAvailable => "APP_NOT_AVAILABLE",
            Self::SignatureFailed => "SIGNATURE_FAILED",
            Self::InvalidLogin => "INVALID_LOGIN",
            Self::SessionRequired => "SESSION_REQUIRED",
            Self::Blacklisted => "BLACKLISTED",
            Self::FrameTooLong => "FRAME_TOO_LONG",
            Self::SessionConflict => "SESSION_CONFLICT",
            Self::SessionTokenExpired => "SESSION_TOKEN_EXPIRED",
            Self::AppQuotaExceeded => "APP_QUOTA_EXCEEDED",
            Self::UnparseableRawMessage => "UNPARSEABLE_RAW_MESSAGE",
            Self::KickedByApp => "KICKED_BY_APP",
            Self::MessageSentQuotaExceeded => "MESSAGE_SENT_QUOTA_EXCEEDED",
            Self::UnbindInstallationFailed => "UNBIND_INSTALLATION_FAILED",
            Self::InternalError => "INTERNAL_ERROR",
            Self::SendMessageTimeout => "SEND_MESSAGE_TIMEOUT",
            Self::ConversationInternalError => "CONVERSATION_INTERNAL_ERROR",
            Self::ConversationApiFailed => "CONVERSATION_API_FAILED",
            Self::ConversationSignatureFailed => "CONVERSATION_SIGNATURE_FAILED",
            Self::ConversationNotFound => "CONVERSATION_NOT_FOUND",
            Self::ConversationFull => "CONVERSATION_FULL",
            Self::ConversationRejectedByApp => "CONVERSATION_REJECTED_BY_APP",
            Self::ConversationUpdateFailed => "CONVERSATION_UPDATE_FAILED",
            Self::ConversationReadOnly => "CONVERSATION_READ_ONLY",
            Self::ConversationNotAllowed => "CONVERSATION_NOT_ALLOWED",
            Self::ConversationUpdateRejected => "CONVERSATION_UPDATE_REJECTED",
            Self::ConversationQueryFailed => "CONVERSATION_QUERY_FAILED",
            Self::ConversationLogFailed => "CONVERSATION_LOG_FAILED",
            Self::ConversationLogRejected => "CONVERSATION_LOG_REJECTED",
            Self::SystemConversationRequired => "SYSTEM_CONVERSATION_REQUIRED",
            Self::NormalConversationRequired => "NORMAL_CONVERSATION_REQUIRED",
            Self::ConversationTemporaryBlacklisted => "CONVERSATION_TEMPORARY_BLACKLISTED",
            Self::TransientConversationRequired => "TRANSIENT_CONVERSATION_REQUIRED",
            Self::ConversationMembershipRequired => "CONVERSATION_MEMBERSHIP_REQUIRED",
            Self::ConversationApiQuotaExceeded => "CONVERSATION_API_QUOTA_EXCEEDED",
            Self::ConversationOperationUnauthorized => "CONVERSATION_OPERATION_UNAUTHORIZED",
            Self::UnknownConversationRole => "UNKNOWN_CONVERSATION_ROLE",
            Self::ConversationMemberInRoleFull => "CONVERSATION_MEMBER_IN_ROLE_FULL",
            Self::ConversationNeedOwner => "CONVERSATION_NEED_OWNER",
            Self::ConversationMemberInfoFeatureDisabled => {
                "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED"
            }
            Self::InvalidMessagingTarget => "INVALID_MESSAGING_TARGET",
            Self::MessageRejectedByApp => "MESSAGE_REJECTED_BY_APP",
            Self::MessageOwnershipRequired => "MESSAGE_OWNERSHIP_REQUIRED",
            Self::MessageNotFound => "MESSAGE_NOT_FOUND",
            Self::MessageUpdateRejectedByApp => "MESSAGE_UPDATE_REJECTED_BY_APP",
            Self::MessageEditDisabled => "MESSAGE_EDIT_DISABLED",
            Self::MessageRecallDisabled => "MESSAGE_RECALL_DISABLED",
            Self::BlacklistFull => "BLACKLIST_FULL",
            Self::BlacklistFeatureDisabled => "BLACKLIST_FEATURE_DISABLED",
            Self::BlacklistSignatureFailed => "BLACKLIST_SIGNATURE_FAILED",
            Self::BlockedByConversation => "BLOCKED_BY_CONV",
            Self::SilencedMemberListFull => "SILIENCED_MEMBER_LIST_FULL",
            Self::Silenced => "SILIENCED",
        }
    }
}

/// The code of an error that has none of its own.
impl From<ErrorClass> for ErrorCode {
    fn from(class: ErrorClass) -> Self {
        match class {
            ErrorClass::Invalid => Self::ConversationApiFailed,
            ErrorClass::Unauthenticated => Self::SessionRequired,
            ErrorClass::Forbidden => Self::ConversationNotAllowed,
            ErrorClass::NotFound => Self::ConversationNotFound,
            ErrorClass::Conflict => Self::ConversationUpdateFailed,
            ErrorClass::Limited => Self::MessageSentQuotaExceeded,
            ErrorClass::Unavailable | ErrorClass::Internal => Self::InternalError,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_distinct() {
        let numbers: HashSet<i32> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        let names: HashSet<&str> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(numbers.len(), ErrorCode::ALL.len());
        assert_eq!(names.len(), ErrorCode::ALL.len());
    }

    #[test]
    fn names_are_bare_constants() {
        // JavaScript clients use the name as both `error.name` and `error.message`.
        for code in ErrorCode::ALL {
            assert!(
                code.name()
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
                "{code:?}"
            );
        }
    }
}
