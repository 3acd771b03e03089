//! `read`: how far a client has read. Never answered; its effect is an `unread` push.

use parlor_wire::request::ReadPosition;

use super::Context;

/// Marks conversations as read.
pub(super) async fn run(context: &Context<'_>, positions: Vec<ReadPosition>) {
    let positions = positions
        .into_iter()
        .map(|position| parlor_chat::ReadPosition {
            conversation_id: position.conversation_id,
            message_id: position.message_id,
            sent_at: position.sent_at,
        })
        .collect();
    if let Err(error) = context.chat.mark_read(context.caller, positions).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "read marker failed"
        );
    }
}
