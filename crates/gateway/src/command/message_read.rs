//! `read`: how far a client has read. Never answered; its effect is an `unread` push.

use parlor_chat::AckedUpTo;
use parlor_wire::request::ReadPosition;

use super::Context;
use crate::connection::Connection;

/// Marks conversations as read. What is read has arrived, so a session that is pushed what it
/// missed acknowledges by it.
pub(super) async fn run(
    connection: &mut Connection,
    context: &Context<'_>,
    positions: Vec<ReadPosition>,
) {
    let positions = positions
        .into_iter()
        .map(|position| parlor_chat::ReadPosition {
            conversation_id: position.conversation_id,
            message_id: position.message_id,
            sent_at: position.sent_at,
        })
        .collect();
    match context.chat.mark_read(context.caller, positions).await {
        Ok(read) => {
            for (conversation_id, read_up_to) in read {
                let up_to = AckedUpTo::Time(read_up_to);
                connection
                    .tell_more(context.caller, &conversation_id, &up_to)
                    .await;
            }
        }
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "read marker failed"
        ),
    }
}
