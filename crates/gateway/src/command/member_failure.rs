//! What a command on several members says about those for whom it failed.

use parlor_chat::{FailureCause, MemberFailure};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Refusal;

/// Returns one entry per cause, as `failedPids` carries them.
pub(super) fn refusals(failures: Vec<MemberFailure>) -> Vec<Refusal> {
    failures.into_iter().map(refusal).collect()
}

/// Returns the refusal of one cause.
pub(super) fn refusal(failure: MemberFailure) -> Refusal {
    Refusal {
        code: code(failure.cause),
        detail: Some(failure.cause.to_string()),
        client_ids: failure.client_ids,
    }
}

/// Returns the code of a cause.
pub(super) const fn code(cause: FailureCause) -> ErrorCode {
    match cause {
        FailureCause::Full { .. } => ErrorCode::ConversationFull,
        FailureCause::Blocked | FailureCause::Unwilling => ErrorCode::BlockedByConversation,
        FailureCause::NotMember => ErrorCode::ConversationMembershipRequired,
        FailureCause::SilencedFull { .. } => ErrorCode::SilencedMemberListFull,
        FailureCause::BlockedFull { .. } => ErrorCode::BlacklistFull,
        FailureCause::Outranked => ErrorCode::ConversationOperationUnauthorized,
        FailureCause::OwnerNeeded => ErrorCode::ConversationNeedOwner,
    }
}
