//! Broadcasts to everybody, as the app's servers manage them.

use parlor_model::{ConversationId, ConversationKind, Message, MessageId, Timestamp};

use crate::message::Row as MessageRow;
use crate::{Connection, StoreError};

/// A broadcast that still reaches who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveBroadcast {
    /// The message.
    pub message: Message,
    /// Until when.
    pub valid_till: Timestamp,
}

/// Lists the broadcasts to everybody in a conversation that still hold, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_live(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    now: Timestamp,
    skip: u32,
    limit: u32,
) -> Result<Vec<LiveBroadcast>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT sent_at_ms, message_id, sender_id, content, is_binary, mention_all, mention_ids,
               patched_at_ms, valid_till_ms AS "valid_till_ms!"
        FROM messages
        WHERE conversation_id = $1
          AND addressed_to = 4
          AND valid_till_ms > $2
        ORDER BY sent_at_ms DESC, message_id DESC
        OFFSET $3
        LIMIT $4
        "#,
        conversation_id.as_str(),
        now.as_millis(),
        i64::from(skip),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let message = MessageRow {
                conversation_id: conversation_id.to_string(),
                sent_at_ms: row.sent_at_ms,
                message_id: row.message_id,
                sender_id: row.sender_id,
                content: row.content,
                is_binary: row.is_binary,
                mention_all: row.mention_all,
                mention_ids: row.mention_ids,
                patched_at_ms: row.patched_at_ms,
            };
            Ok(LiveBroadcast {
                message: message.into_message(ConversationKind::Service)?,
                valid_till: Timestamp::from_millis(row.valid_till_ms),
            })
        })
        .collect()
}

/// Deletes a broadcast to everybody; returns whether it was there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    message_id: &MessageId,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        DELETE FROM messages
        WHERE message_id = $1
          AND addressed_to = 4
        "#,
        message_id.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}
