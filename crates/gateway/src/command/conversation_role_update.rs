//! `conv/member_info_update`: giving a member a role.

use parlor_chat::{Actor, RoleError};
use parlor_model::{ClientId, ConversationId, MemberRole};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::refusal;

/// Changes a role.
pub(super) async fn run(
    context: &Context<'_>,
    conversation_id: ConversationId,
    client_id: ClientId,
    role: Option<MemberRole>,
) {
    let actor = Actor::Client(context.caller);
    match context
        .chat
        .change_role(actor, &conversation_id, &client_id, role)
        .await
    {
        Ok((assigned, outbox)) => {
            context.responder.reply(&Reply::RoleUpdated {
                conversation_id,
                client_id,
                role: assigned.role,
                role_id: assigned.id,
            });
            context.chat.publish(outbox).await;
        }
        Err(error) => {
            let code = match error {
                RoleError::NotFound(_) | RoleError::NotGiven(_) => ErrorCode::ConversationNotFound,
                RoleError::Disabled => ErrorCode::ConversationMemberInfoFeatureDisabled,
                RoleError::Unsupported(_) => ErrorCode::NormalConversationRequired,
                RoleError::CallerNotMember(_) | RoleError::NotMember(_) => {
                    ErrorCode::ConversationMembershipRequired
                }
                RoleError::Unauthorized => ErrorCode::ConversationOperationUnauthorized,
                RoleError::UnknownRole => ErrorCode::UnknownConversationRole,
                RoleError::Full { .. } => ErrorCode::ConversationMemberInRoleFull,
                RoleError::Store(_) => ErrorCode::ConversationInternalError,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}
