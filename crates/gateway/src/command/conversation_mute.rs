//! `conv/mute` and `conv/unmute`: silencing push notifications for oneself.

use parlor_chat::MuteError;
use parlor_model::ConversationId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::refusal;

/// Mutes or unmutes a conversation.
pub(super) async fn run(context: &Context<'_>, conversation_id: ConversationId, muted: bool) {
    match context
        .chat
        .mute_conversation(context.caller, &conversation_id, muted)
        .await
    {
        Ok((updated_at, muted)) => context.responder.reply(&Reply::ConversationMuted {
            conversation_id,
            updated_at,
            muted,
        }),
        Err(error) => {
            let code = match error {
                MuteError::NotFound(_) => ErrorCode::ConversationNotFound,
                MuteError::Unsupported(_) => ErrorCode::NormalConversationRequired,
                MuteError::NotMember(_) => ErrorCode::ConversationMembershipRequired,
                MuteError::Store(_) => ErrorCode::ConversationInternalError,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}
