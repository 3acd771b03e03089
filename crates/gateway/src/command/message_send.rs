//! `direct`: sending a message.

use parlor_chat::{Chat, SendError, SendMessage};
use parlor_model::{ErrorClass, Mention, MessageId};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Refusal, Reply};
use parlor_wire::request::MessageSend;

use super::Context;
use crate::connection::{Responder, refusal};

/// Sends a message. The command ends when the writer has it; the `ack` follows the commit, so
/// that a session may have many messages on their way.
pub(super) async fn run(context: &Context<'_>, request: MessageSend) {
    let conversation_id = request.conversation_id.clone();
    let message_id = context.chat.new_message_id();
    // A transient message is acked like any other when it carries a serial number: SDKs that
    // expect no ack send it without one (spec 01 §5.1).
    let responder = context.responder.clone();
    let refused_id = message_id.clone();
    let done = Box::new(move |outcome| match outcome {
        Ok(parlor_chat::Sent { sent_at, id }) => responder.reply(&Reply::MessageSent {
            conversation_id,
            message_id: id,
            sent_at,
        }),
        Err(error) => refuse(&responder, refused_id, &error),
    });
    let send = SendMessage {
        conversation_id: request.conversation_id,
        content: request.content,
        transient: request.transient,
        receipt: request.receipt,
        will: request.will,
        dedupe_token: request.dedupe_token,
        push_data: request.push_data,
        mention: Mention {
            all: request.mention_all,
            clients: request.mentions,
        },
        priority: request.priority,
    };
    context
        .chat
        .send_message(context.caller, message_id, send, done)
        .await;
}

/// Refuses a message that was not even looked at. Always by an `ack`: Java cannot match an
/// `error` (spec 02 §7.2).
pub(super) fn refuse_unsent(
    chat: &Chat,
    responder: &Responder,
    class: ErrorClass,
    refusal: Refusal,
) {
    responder.refuse_as(
        class,
        &Reply::MessageRefused {
            refusal,
            message_id: chat.new_message_id(),
            refused_at: chat.clock().now(),
        },
    );
}

fn refuse(responder: &Responder, message_id: MessageId, error: &SendError) {
    let code = match error {
        SendError::InvalidTarget(_) => ErrorCode::InvalidMessagingTarget,
        SendError::Blocked(_) => ErrorCode::BlockedByConversation,
        SendError::Silenced(_) => ErrorCode::Silenced,
        SendError::SilencedForAWhile(_) => ErrorCode::ConversationTemporaryBlacklisted,
        SendError::Ended(_) => ErrorCode::ConversationNotFound,
        SendError::TooLong { .. } => ErrorCode::FrameTooLong,
        SendError::Nul(_) => ErrorCode::UnparseableRawMessage,
        SendError::ShuttingDown | SendError::Store(_) => ErrorCode::InternalError,
    };
    responder.refuse_as(
        error.class(),
        &Reply::MessageRefused {
            refusal: refusal(code, error.class(), error),
            message_id,
            refused_at: responder.clock.now(),
        },
    );
}
