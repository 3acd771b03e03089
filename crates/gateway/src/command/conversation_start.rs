//! `conv/start`: creating a conversation, or finding the one with these members.

use std::time::Duration;

use parlor_chat::{StartConversation, StartError};
use parlor_model::ConversationKind;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;
use parlor_wire::request::ConversationStart;

use super::{Context, presented};
use crate::connection::refusal;

/// Starts a conversation.
pub(super) async fn run(context: &Context<'_>, request: ConversationStart) {
    // Which flag counts when several are set (spec 02 §3.2).
    let kind = if request.chat_room {
        ConversationKind::ChatRoom
    } else if request.temporary {
        ConversationKind::Temporary
    } else {
        ConversationKind::Normal
    };
    let start = StartConversation {
        members: request.members,
        attributes: request.attributes,
        unique: request.unique,
        kind,
        temporary_ttl: request
            .temporary_ttl_secs
            .map(|ttl| Duration::from_secs(u64::from(ttl.unsigned_abs()))),
        signature: presented(request.signature),
    };
    match context.chat.start_conversation(context.caller, start).await {
        Ok((started, outbox)) => {
            context.responder.reply(&Reply::ConversationStarted {
                conversation_id: started.conversation_id,
                kind: started.kind,
                created_at: started.created_at,
                unique_id: started.unique_id,
                existing: started.existing,
                temporary_ttl_secs: started.temporary_ttl_secs,
            });
            context.chat.publish(outbox).await;
        }
        Err(error) => {
            let code = match error {
                StartError::Full { .. } => ErrorCode::ConversationFull,
                StartError::Store(_) => ErrorCode::ConversationInternalError,
                StartError::Signature(_) => ErrorCode::ConversationSignatureFailed,
                StartError::ReadOnly => ErrorCode::ConversationReadOnly,
                StartError::Column(_) => ErrorCode::ConversationUpdateFailed,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}
