//! Edits and recalls: messages whose content was replaced in the log.

use parlor_model::{
    ClientId, Content, ConversationId, ConversationKind, Mention, MessageId, Patch, Timestamp,
};

use crate::message::Row as MessageRow;
use crate::{Connection, StoreError};

/// What a patch is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patchable {
    /// Who sent the message.
    pub sender: ClientId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Whether it was recalled, which is for good.
    pub recalled: bool,
}

/// What a message is to read from now on; its time of change is decided by the database.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPatch {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The message.
    pub message_id: MessageId,
    /// The new content; for a recall what stands in its place.
    pub content: Content,
    /// `_lctype` of the new content, for the history filter.
    pub typed: Option<i32>,
    /// Whom it mentions now.
    pub mention: Mention,
    /// Whether this withdraws the message.
    pub recall: bool,
}

/// Looks up the message that a patch is about.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    message_id: &MessageId,
) -> Result<Option<Patchable>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT sender_id, sent_at_ms, recalled
        FROM messages
        WHERE message_id = $1
          AND conversation_id = $2
        "#,
        message_id.as_str(),
        conversation_id.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Patchable {
        sender: ClientId::trusted(row.sender_id),
        sent_at: Timestamp::from_millis(row.sent_at_ms),
        recalled: row.recalled,
    }))
}

/// Replaces the content of a message; `None` when it does not exist or is recalled.
///
/// The time of change is `now`, or one millisecond after the conversation's newest patch (and
/// after the message itself) when that is later. Callers hold
/// [`lock_conversations`](crate::message::lock_conversations) in the same transaction, taken by
/// an earlier statement so that this one sees what the previous holder committed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn apply(
    connection: &mut Connection,
    patch: &NewPatch,
    now: Timestamp,
) -> Result<Option<Patch>, StoreError> {
    let (content, is_binary) = match &patch.content {
        Content::Text(text) => (text.as_bytes(), false),
        Content::Binary(bytes) => (bytes.as_slice(), true),
    };
    let mention_ids: Vec<String> = patch
        .mention
        .clients
        .iter()
        .map(ToString::to_string)
        .collect();
    let row = sqlx::query_as!(
        Row,
        r#"
        UPDATE messages AS m
        SET content = $3,
            is_binary = $4,
            typed = $5,
            mention_all = $6,
            mention_ids = $7,
            recalled = $8,
            patched_at_ms = GREATEST($9, m.sent_at_ms + 1, 1 + (
                SELECT max(x.patched_at_ms)
                FROM messages AS x
                WHERE x.conversation_id = $2
            ))
        FROM conversations AS c
        WHERE m.message_id = $1
          AND m.conversation_id = $2
          AND c.conversation_id = $2
          AND NOT m.recalled
        RETURNING c.kind, m.conversation_id, m.sent_at_ms, m.message_id, m.sender_id, m.content,
                  m.is_binary, m.mention_all, m.mention_ids,
                  m.patched_at_ms AS "patched_at_ms!", m.recalled
        "#,
        patch.message_id.as_str(),
        patch.conversation_id.as_str(),
        content,
        is_binary,
        patch.typed,
        patch.mention.all,
        &mention_ids,
        patch.recall,
        now.as_millis(),
    )
    .fetch_optional(connection)
    .await?;
    row.map(Patch::try_from).transpose()
}

/// Lists what was patched after `since` in the conversations of a client that have not ended by
/// `now`, by whomever: the newest patches up to `limit`, ascending by time. A message that was
/// patched more than once is listed once, as it reads now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_since(
    connection: &mut Connection,
    client_id: &ClientId,
    since: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Patch>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT c.kind, patched.conversation_id, patched.sent_at_ms, patched.message_id,
               patched.sender_id, patched.content, patched.is_binary, patched.mention_all,
               patched.mention_ids, patched.patched_at_ms AS "patched_at_ms!", patched.recalled
        FROM members AS m
        JOIN conversations AS c USING (conversation_id)
        CROSS JOIN LATERAL (
            SELECT x.conversation_id, x.sent_at_ms, x.message_id, x.sender_id, x.content,
                   x.is_binary, x.mention_all, x.mention_ids, x.patched_at_ms, x.recalled
            FROM messages AS x
            WHERE x.conversation_id = m.conversation_id
              AND x.patched_at_ms > $2
            ORDER BY x.patched_at_ms DESC
            LIMIT $3
        ) AS patched
        WHERE m.client_id = $1
          AND (c.expires_at IS NULL OR c.expires_at > $4)
        ORDER BY patched.patched_at_ms DESC, patched.message_id DESC
        LIMIT $3
        "#,
        client_id.as_str(),
        since.as_millis(),
        limit,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().rev().map(Patch::try_from).collect()
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
    patched_at_ms: i64,
    recalled: bool,
}

impl TryFrom<Row> for Patch {
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
            patched_at_ms: Some(row.patched_at_ms),
        };
        Ok(Self {
            message: message.into_message(kind)?,
            patched_at: Timestamp::from_millis(row.patched_at_ms),
            recalled: row.recalled,
        })
    }
}
