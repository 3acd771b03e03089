//! Commands that decode but make no sense.

use parlor_chat::Chat;
use parlor_model::ErrorClass;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Refusal;
use parlor_wire::request::{InvalidRequest, Target};

use super::message_send;
use crate::connection::Responder;

/// Tells whether a failure of this kind is answered at all.
pub(crate) const fn is_answered(invalid: &InvalidRequest) -> bool {
    !matches!(
        invalid,
        InvalidRequest::Missing {
            target: Target::Unanswered,
            ..
        } | InvalidRequest::Malformed {
            target: Target::Unanswered,
            ..
        }
    )
}

/// Tells whether a session command was attempted.
pub(crate) const fn is_about_sessions(invalid: &InvalidRequest) -> bool {
    matches!(
        invalid,
        InvalidRequest::Missing {
            target: Target::Session,
            ..
        } | InvalidRequest::Malformed {
            target: Target::Session,
            ..
        }
    )
}

/// Refuses with the code that belongs to what was attempted.
pub(crate) fn refuse(chat: &Chat, invalid: &InvalidRequest, responder: &Responder) {
    let class = ErrorClass::Invalid;
    let refusal = |code| Refusal {
        code,
        detail: Some(invalid.to_string()),
        client_ids: Vec::new(),
    };
    let target = match invalid {
        InvalidRequest::Unsupported { .. } => {
            return responder.refuse(class, refusal(ErrorCode::UnparseableRawMessage));
        }
        InvalidRequest::Missing { target, field } => (*target, *field),
        InvalidRequest::Malformed { target, field, .. } => (*target, *field),
    };
    match target {
        // A conversation that is not named is a conversation that does not exist.
        (Target::Message, "cid") => {
            let refusal = refusal(ErrorCode::InvalidMessagingTarget);
            message_send::refuse_unsent(chat, responder, class, refusal);
        }
        (Target::Message, _) => {
            let refusal = refusal(ErrorCode::UnparseableRawMessage);
            message_send::refuse_unsent(chat, responder, class, refusal);
        }
        (Target::Patch, "cid") => {
            responder.refuse(class, refusal(ErrorCode::InvalidMessagingTarget));
        }
        (Target::Patch, "mid") => {
            responder.refuse(class, refusal(ErrorCode::MessageNotFound));
        }
        (Target::Conversation | Target::History, "cid" | "srcCid" | "toCids") => {
            responder.refuse(class, refusal(ErrorCode::ConversationNotFound));
        }
        (Target::Conversation, "m" | "targetClientId" | "toPids" | "srcPid") => {
            responder.refuse(class, refusal(ErrorCode::InvalidLogin));
        }
        (Target::Conversation, "attr") => {
            responder.refuse(class, refusal(ErrorCode::ConversationUpdateFailed));
        }
        (Target::Query, _) => {
            responder.refuse(class, refusal(ErrorCode::ConversationQueryFailed));
        }
        (
            Target::Session
            | Target::Conversation
            | Target::History
            | Target::Patch
            | Target::Unanswered,
            _,
        ) => {
            responder.refuse(class, refusal(ErrorCode::UnparseableRawMessage));
        }
    }
}
