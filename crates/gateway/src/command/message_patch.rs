//! `patch/modify`: editing or recalling a message.

use parlor_chat::{Editor, PatchError, PatchMessage};
use parlor_model::Mention;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;
use parlor_wire::request::{MessagePatch, PatchChange};

use super::Context;
use crate::connection::{Responder, refusal};

/// Patches a message. The command ends when the writer has it, as sending does.
pub(super) async fn run(context: &Context<'_>, request: MessagePatch) {
    let responder = context.responder.clone();
    let done = Box::new(move |outcome| match outcome {
        Ok(patched_at) => responder.reply(&Reply::MessagePatched { patched_at }),
        Err(error) => refuse(&responder, &error),
    });
    let patch = PatchMessage {
        conversation_id: request.conversation_id,
        message_id: request.message_id,
        sent_at: request.sent_at,
        change: match request.change {
            PatchChange::Edit {
                content,
                mention_all,
                mentions,
            } => parlor_chat::PatchChange::Edit {
                content,
                mention: Mention {
                    all: mention_all,
                    clients: mentions,
                },
            },
            PatchChange::Recall => parlor_chat::PatchChange::Recall,
        },
    };
    context
        .chat
        .patch_message(Editor::Client(context.caller), patch, done)
        .await;
}

fn refuse(responder: &Responder, error: &PatchError) {
    let code = match error {
        PatchError::TooLong { .. } => ErrorCode::FrameTooLong,
        PatchError::EditDisabled => ErrorCode::MessageEditDisabled,
        PatchError::RecallDisabled => ErrorCode::MessageRecallDisabled,
        PatchError::InvalidTarget(_) => ErrorCode::InvalidMessagingTarget,
        PatchError::Silenced(_) => ErrorCode::Silenced,
        PatchError::Ended(_) => ErrorCode::ConversationNotFound,
        PatchError::NotFound(_) => ErrorCode::MessageNotFound,
        PatchError::NotSender(_) => ErrorCode::MessageOwnershipRequired,
        PatchError::ShuttingDown | PatchError::Store(_) => ErrorCode::InternalError,
    };
    responder.refuse(error.class(), refusal(code, error.class(), error));
}
