//! `conv/add` and `conv/remove`: members coming and going.

use parlor_chat::{Actor, ChangeMembersError, MembersChanged, Outbox};
use parlor_model::ConversationId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{self, Reply};
use parlor_wire::request::MemberChange;

use super::{Context, member_failure, presented};
use crate::connection::refusal;

/// Adds members, or joins.
pub(super) async fn add(context: &Context<'_>, request: MemberChange) {
    let conversation_id = request.conversation_id;
    let signature = presented(request.signature);
    let done = context
        .chat
        .add_members(
            Actor::Client(context.caller),
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
            Actor::Client(context.caller),
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
                failed: member_failure::refusals(changed.failed),
            }));
            context.chat.publish(outbox).await;
        }
        Err(error) => {
            let class = error.class();
            let code = match error {
                ChangeMembersError::NotFound(_) => ErrorCode::ConversationNotFound,
                ChangeMembersError::Unsupported(_) => ErrorCode::NormalConversationRequired,
                ChangeMembersError::Signature(_) => ErrorCode::ConversationSignatureFailed,
                ChangeMembersError::NotMember(_) => ErrorCode::ConversationMembershipRequired,
                ChangeMembersError::Blocked(_) => ErrorCode::BlockedByConversation,
                ChangeMembersError::Failed(failure) => {
                    return context
                        .responder
                        .refuse(class, member_failure::refusal(failure));
                }
                ChangeMembersError::Store(_) => ErrorCode::ConversationInternalError,
            };
            context
                .responder
                .refuse(class, refusal(code, class, &error));
        }
    }
}
