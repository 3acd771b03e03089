//! `conv/update`: changing columns.

use parlor_chat::UpdateError;
use parlor_model::{ConversationId, JsonObject};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::refusal;

/// Updates a conversation.
pub(super) async fn run(
    context: &Context<'_>,
    conversation_id: ConversationId,
    attributes: Option<JsonObject>,
) {
    match context
        .chat
        .update_conversation(context.caller, &conversation_id, attributes)
        .await
    {
        Ok((updated, outbox)) => {
            context.responder.reply(&Reply::ConversationUpdated {
                conversation_id,
                updated_at: updated.updated_at,
                attributes: updated.change.requested,
                modified: updated.change.modified,
            });
            context.chat.publish(outbox).await;
        }
        Err(error) => {
            let code = match error {
                UpdateError::NotFound(_) => ErrorCode::ConversationNotFound,
                UpdateError::NoAttributes | UpdateError::Column(_) => {
                    ErrorCode::ConversationUpdateFailed
                }
                UpdateError::ReadOnly => ErrorCode::ConversationReadOnly,
                UpdateError::Temporary => ErrorCode::NormalConversationRequired,
                UpdateError::NotMember(_) => ErrorCode::ConversationUpdateRejected,
                UpdateError::Store(_) => ErrorCode::ConversationInternalError,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}
