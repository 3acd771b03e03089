//! The log as the app's servers see it: across conversations, and open to correction.

use parlor_model::{
    ClientId, Content, ConversationId, ConversationKind, Message, MessageId, MessageKey, Timestamp,
};

use crate::message::{PageFrom, Row as MessageRow, Span};
use crate::{Connection, StoreError};

struct Row {
    kind: i16,
    conversation_id: String,
    sent_at_ms: i64,
    message_id: String,
    sender_id: String,
    content: Vec<u8>,
    is_binary: bool,
    mention_all: bool,
    mention_ids: Vec<String>,
    patched_at_ms: Option<i64>,
}

impl TryFrom<Row> for Message {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind =
            ConversationKind::from_number(row.kind).ok_or_else(|| StoreError::Inconsistent {
                table: "conversations",
                column: "kind",
                id: row.conversation_id.clone(),
            })?;
        let message = MessageRow {
            conversation_id: row.conversation_id,
            sent_at_ms: row.sent_at_ms,
            message_id: row.message_id,
            sender_id: row.sender_id,
            content: row.content,
            is_binary: row.is_binary,
            mention_all: row.mention_all,
            mention_ids: row.mention_ids,
            patched_at_ms: row.patched_at_ms,
        };
        message.into_message(kind)
    }
}

/// Lists messages of a span in all normal conversations and chat rooms, or only those that one
/// client sent there, ascending by time and id, at most `limit` from the given end.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    sender: Option<&ClientId>,
    span: &Span,
    from: PageFrom,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let mut rows = match (sender, from) {
        (Some(sender), from) => list_sent_by(connection, sender, span, from, limit).await?,
        (None, from) => list_all(connection, span, from, limit).await?,
    };
    if from == PageFrom::Newest {
        rows.reverse();
    }
    rows.into_iter().map(Message::try_from).collect()
}

async fn list_sent_by(
    connection: &mut Connection,
    sender: &ClientId,
    span: &Span,
    from: PageFrom,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let rows = match from {
        PageFrom::Oldest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT c.kind, m.conversation_id, m.sent_at_ms, m.message_id, m.sender_id,
                       m.content, m.is_binary, m.mention_all, m.mention_ids, m.patched_at_ms
                FROM messages AS m
                JOIN conversations AS c USING (conversation_id)
                WHERE m.sender_id = $1
                  AND (m.sent_at_ms, m.message_id) >= ($2, $3)
                  AND (m.sent_at_ms, m.message_id) < ($4, $5)
                  AND c.kind IN (1, 2)
                ORDER BY m.sent_at_ms, m.message_id
                LIMIT $6
                "#,
                sender.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
        PageFrom::Newest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT c.kind, m.conversation_id, m.sent_at_ms, m.message_id, m.sender_id,
                       m.content, m.is_binary, m.mention_all, m.mention_ids, m.patched_at_ms
                FROM messages AS m
                JOIN conversations AS c USING (conversation_id)
                WHERE m.sender_id = $1
                  AND (m.sent_at_ms, m.message_id) >= ($2, $3)
                  AND (m.sent_at_ms, m.message_id) < ($4, $5)
                  AND c.kind IN (1, 2)
                ORDER BY m.sent_at_ms DESC, m.message_id DESC
                LIMIT $6
                "#,
                sender.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
    };
    Ok(rows)
}

async fn list_all(
    connection: &mut Connection,
    span: &Span,
    from: PageFrom,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let rows = match from {
        PageFrom::Oldest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT c.kind, m.conversation_id, m.sent_at_ms, m.message_id, m.sender_id,
                       m.content, m.is_binary, m.mention_all, m.mention_ids, m.patched_at_ms
                FROM messages AS m
                JOIN conversations AS c USING (conversation_id)
                WHERE (m.sent_at_ms, m.message_id) >= ($1, $2)
                  AND (m.sent_at_ms, m.message_id) < ($3, $4)
                  AND c.kind IN (1, 2)
                ORDER BY m.sent_at_ms, m.message_id
                LIMIT $5
                "#,
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
        PageFrom::Newest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT c.kind, m.conversation_id, m.sent_at_ms, m.message_id, m.sender_id,
                       m.content, m.is_binary, m.mention_all, m.mention_ids, m.patched_at_ms
                FROM messages AS m
                JOIN conversations AS c USING (conversation_id)
                WHERE (m.sent_at_ms, m.message_id) >= ($1, $2)
                  AND (m.sent_at_ms, m.message_id) < ($3, $4)
                  AND c.kind IN (1, 2)
                ORDER BY m.sent_at_ms DESC, m.message_id DESC
                LIMIT $5
                "#,
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
    };
    Ok(rows)
}

/// Looks up who sent a message; `None` when it does not exist or was sent at another time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup_sender(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    key: &MessageKey,
) -> Result<Option<ClientId>, StoreError> {
    let sender = sqlx::query_scalar!(
        r#"
        SELECT sender_id
        FROM messages
        WHERE conversation_id = $1
          AND sent_at_ms = $2
          AND message_id = $3
        "#,
        conversation_id.as_str(),
        key.sent_at.as_millis(),
        key.id.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(sender.map(ClientId::trusted))
}

/// Deletes a message; returns whether it was there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    key: &MessageKey,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        DELETE FROM messages
        WHERE conversation_id = $1
          AND sent_at_ms = $2
          AND message_id = $3
        "#,
        conversation_id.as_str(),
        key.sent_at.as_millis(),
        key.id.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Replaces the content of a message without marking it as edited; returns whether it was there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replace(
    connection: &mut Connection,
    message_id: &MessageId,
    sent_at: Timestamp,
    content: &Content,
    typed: Option<i32>,
) -> Result<bool, StoreError> {
    let (bytes, is_binary) = match content {
        Content::Text(text) => (text.as_bytes(), false),
        Content::Binary(bytes) => (bytes.as_slice(), true),
    };
    let done = sqlx::query!(
        r#"
        UPDATE messages
        SET content = $3,
            is_binary = $4,
            typed = $5
        WHERE message_id = $1
          AND sent_at_ms = $2
        "#,
        message_id.as_str(),
        sent_at.as_millis(),
        bytes,
        is_binary,
        typed,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}
