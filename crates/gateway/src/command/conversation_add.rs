//! `conv/add` and `conv/remove`: members coming and going.

use parlor_chat::{ChangeMembersError, MemberFailure, MembersChanged, Outbox};
use parlor_model::ConversationId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{self, Refusal, Reply};
use parlor_wire::request::MemberChange;

use super::{Context, presented};
use crate::connection::refusal;

/// Adds members, or joins.
pub(super) async fn add(context: &Context<'_>, request: MemberChange) {
    let conversation_id = request.conversation_id;
    let signature = presented(request.signature);
    let done = context
        .chat
        .add_members(
            context.caller,
            &conversation_id,
            request.members,
            signature.as_ref(),
        )
        .await;
    answer(context, conversation_id, done, Reply::MembersAdded).await;
}

/// Removes members, or leaves.
pub(super) async fn remove(context: &Context<'_>, request: MemberChange) {
    let conversation_id = request.conversation_id;
    let signature = presented(request.signature);
    let done = context
        .chat
        .remove_members(
            context.caller,
            &conversation_id,
            request.members,
            signature.as_ref(),
        )
        .await;
    answer(context, conversation_id, done, Reply::MembersRemoved).await;
}

async fn answer(
    context: &Context<'_>,
    conversation_id: ConversationId,
    done: Result<(MembersChanged, Outbox), ChangeMembersError>,
    shape: fn(reply::MembersChanged) -> Reply,
) {
    match done {
        Ok((changed, outbox)) => {
            context.responder.reply(&shape(reply::MembersChanged {
                conversation_id,
                updated_at: changed.updated_at,
                allowed: changed.allowed,
                failed: changed.failed.into_iter().map(failure).collect(),
            }));
            context.chat.publish(outbox).await;
        }
        Err(error) => {
            let code = match error {
                ChangeMembersError::NotFound(_) => ErrorCode::ConversationNotFound,
                ChangeMembersError::Unsupported(_) => ErrorCode::NormalConversationRequired,
                ChangeMembersError::Signature(_) => ErrorCode::ConversationSignatureFailed,
                ChangeMembersError::NotMember(_) => ErrorCode::ConversationMembershipRequired,
                ChangeMembersError::Full { .. } => ErrorCode::ConversationFull,
                ChangeMembersError::Store(_) => ErrorCode::ConversationInternalError,
            };
            let mut refusal = refusal(code, error.class(), &error);
            let class = error.class();
            if let ChangeMembersError::Full { client_ids, .. } = error {
                refusal.client_ids = client_ids;
            }
            context.responder.refuse(class, refusal);
        }
    }
}

fn failure(failure: MemberFailure) -> Refusal {
    match failure {
        MemberFailure::Full { client_ids, limit } => Refusal {
            code: ErrorCode::ConversationFull,
            detail: Some(format!("at most {limit} members are allowed")),
            client_ids,
        },
    }
}
