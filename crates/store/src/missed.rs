//! Messages that a client has neither acknowledged nor read: derived from `messages` and the
//! marks in `members`, so that nothing is written per recipient.

use parlor_model::{ClientId, ConversationId, ConversationKind, Message, Timestamp};

use crate::message::Row as MessageRow;
use crate::{Connection, StoreError};

/// Lists the conversations of these kinds that have not ended by `now` and in which messages of
/// others wait for a client, the latest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_conversations(
    connection: &mut Connection,
    client_id: &ClientId,
    kinds: &[ConversationKind],
    now: Timestamp,
) -> Result<Vec<ConversationId>, StoreError> {
    let kinds: Vec<i16> = kinds.iter().map(|kind| kind.number()).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT m.conversation_id
        FROM members AS m
        JOIN conversations AS c USING (conversation_id)
        CROSS JOIN LATERAL (
            SELECT x.sent_at_ms
            FROM messages AS x
            WHERE x.conversation_id = m.conversation_id
              AND x.sent_at_ms > GREATEST(m.acked_up_to_ms, m.read_up_to_ms)
              AND x.sender_id <> $1
            ORDER BY x.sent_at_ms DESC
            LIMIT 1
        ) AS newest
        WHERE m.client_id = $1
          AND c.kind = ANY ($2::smallint[])
          AND (c.expires_at IS NULL OR c.expires_at > $3)
        ORDER BY newest.sent_at_ms DESC
        "#,
        client_id.as_str(),
        &kinds,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ConversationId::trusted).collect())
}

/// Lists the messages that wait for a client in some conversations, those that have not ended
/// by `now`, each after a moment of its own: by conversation, ascending, the first `batch` of
/// the newest `queue`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_messages(
    connection: &mut Connection,
    client_id: &ClientId,
    after: &[(ConversationId, Timestamp)],
    now: Timestamp,
    queue: i64,
    batch: i64,
) -> Result<Vec<Message>, StoreError> {
    let conversation_ids: Vec<String> = after.iter().map(|(id, _)| id.to_string()).collect();
    let after_ms: Vec<i64> = after.iter().map(|(_, after)| after.as_millis()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT c.kind AS "kind!", waiting.conversation_id AS "conversation_id!",
               waiting.sent_at_ms AS "sent_at_ms!", waiting.message_id AS "message_id!",
               waiting.sender_id AS "sender_id!", waiting.content AS "content!",
               waiting.is_binary AS "is_binary!", waiting.mention_all AS "mention_all!",
               waiting.mention_ids AS "mention_ids!", waiting.patched_at_ms
        FROM UNNEST($2::text[], $3::bigint[]) AS asked (conversation_id, after_ms)
        JOIN members AS m ON m.conversation_id = asked.conversation_id AND m.client_id = $1
        JOIN conversations AS c ON c.conversation_id = asked.conversation_id
        CROSS JOIN LATERAL (
            SELECT *
            FROM (
                SELECT x.conversation_id, x.sent_at_ms, x.message_id, x.sender_id, x.content,
                       x.is_binary, x.mention_all, x.mention_ids, x.patched_at_ms
                FROM messages AS x
                WHERE x.conversation_id = asked.conversation_id
                  AND x.sent_at_ms > GREATEST(
                      asked.after_ms, m.acked_up_to_ms, m.read_up_to_ms
                  )
                  AND x.sender_id <> $1
                ORDER BY x.sent_at_ms DESC, x.message_id DESC
                LIMIT $4
            ) AS queue
            ORDER BY queue.sent_at_ms, queue.message_id
            LIMIT $5
        ) AS waiting
        WHERE c.expires_at IS NULL OR c.expires_at > $6
        ORDER BY waiting.conversation_id, waiting.sent_at_ms, waiting.message_id
        "#,
        client_id.as_str(),
        &conversation_ids,
        &after_ms,
        queue,
        batch,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Message::try_from).collect()
}

#[derive(Debug)]
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
