//! What a client has not read: derived from `messages` and the read positions in `members`.

use parlor_model::{
    ClientId, ConversationId, ConversationKind, Timestamp, UnreadConversation, limit,
};

use crate::message::Row as MessageRow;
use crate::{Connection, StoreError};

/// Messages looked at per conversation when counting. The count is capped far below; the rest
/// of the window finds mentions further back.
pub(crate) const WINDOW: i64 = 1000;

/// Lists the conversations to report at login, newest first, without those that have ended by
/// `now`.
///
/// Without `since`, those with unread messages; with it, only those whose unread state changed
/// after that moment, including those read to zero on another device (spec 02 §9).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_changed(
    connection: &mut Connection,
    client_id: &ClientId,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<UnreadConversation>, StoreError> {
    let since_ms = since.map(Timestamp::as_millis);
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT m.conversation_id AS "conversation_id!",
               c.kind AS "kind!",
               unread.count AS "count!",
               unread.mentioned AS "mentioned!",
               newest.sent_at_ms AS "sent_at_ms?",
               newest.message_id AS "message_id?",
               newest.sender_id AS "sender_id?",
               newest.content AS "content?",
               newest.is_binary AS "is_binary?",
               newest.mention_all AS "mention_all?",
               newest.mention_ids AS "mention_ids?",
               newest.patched_at_ms AS "patched_at_ms?"
        FROM members AS m
        JOIN conversations AS c USING (conversation_id)
        CROSS JOIN LATERAL (
            SELECT sent_at_ms, message_id, sender_id, content, is_binary, mention_all,
                   mention_ids, patched_at_ms
            FROM messages AS x
            WHERE x.conversation_id = m.conversation_id
            ORDER BY sent_at_ms DESC, message_id DESC
            LIMIT 1
        ) AS newest
        CROSS JOIN LATERAL (
            SELECT count(*) AS count, COALESCE(bool_or(mentioned), false) AS mentioned
            FROM (
                SELECT x.mention_all OR $1 = ANY (x.mention_ids) AS mentioned
                FROM messages AS x
                WHERE x.conversation_id = m.conversation_id
                  AND x.sent_at_ms > m.read_up_to_ms
                  AND x.sender_id <> $1
                ORDER BY x.sent_at_ms DESC, x.message_id DESC
                LIMIT $3
            ) AS counted
        ) AS unread
        WHERE m.client_id = $1
          AND (c.expires_at IS NULL OR c.expires_at > $5)
          AND (newest.sent_at_ms > m.read_up_to_ms OR m.read_at_ms > $2)
          AND ($2::bigint IS NULL OR newest.sent_at_ms > $2 OR m.read_at_ms > $2)
          AND (unread.count > 0 OR m.read_at_ms > $2)
        ORDER BY newest.sent_at_ms DESC
        LIMIT $4
        "#,
        client_id.as_str(),
        since_ms,
        WINDOW,
        limit::UNREAD_CONVERSATIONS,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(UnreadConversation::try_from).collect()
}

/// Looks up the unread state of these conversations for a member, read or not; conversations
/// it is no member of and those that have ended by `now` are left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
    now: Timestamp,
) -> Result<Vec<UnreadConversation>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT m.conversation_id AS "conversation_id!",
               c.kind AS "kind!",
               unread.count AS "count!",
               unread.mentioned AS "mentioned!",
               newest.sent_at_ms AS "sent_at_ms?",
               newest.message_id AS "message_id?",
               newest.sender_id AS "sender_id?",
               newest.content AS "content?",
               newest.is_binary AS "is_binary?",
               newest.mention_all AS "mention_all?",
               newest.mention_ids AS "mention_ids?",
               newest.patched_at_ms AS "patched_at_ms?"
        FROM members AS m
        JOIN conversations AS c USING (conversation_id)
        LEFT JOIN LATERAL (
            SELECT sent_at_ms, message_id, sender_id, content, is_binary, mention_all,
                   mention_ids, patched_at_ms
            FROM messages AS x
            WHERE x.conversation_id = m.conversation_id
            ORDER BY sent_at_ms DESC, message_id DESC
            LIMIT 1
        ) AS newest ON true
        CROSS JOIN LATERAL (
            SELECT count(*) AS count, COALESCE(bool_or(mentioned), false) AS mentioned
            FROM (
                SELECT x.mention_all OR $1 = ANY (x.mention_ids) AS mentioned
                FROM messages AS x
                WHERE x.conversation_id = m.conversation_id
                  AND x.sent_at_ms > m.read_up_to_ms
                  AND x.sender_id <> $1
                ORDER BY x.sent_at_ms DESC, x.message_id DESC
                LIMIT $3
            ) AS counted
        ) AS unread
        WHERE m.client_id = $1
          AND m.conversation_id = ANY ($2::text[])
          AND (c.expires_at IS NULL OR c.expires_at > $4)
        "#,
        client_id.as_str(),
        &conversation_ids,
        WINDOW,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(UnreadConversation::try_from).collect()
}

/// Counts the unread messages of a client, in one conversation or in all, each up to
/// [`limit::UNREAD_COUNT`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_id: Option<&ConversationId>,
) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT COALESCE(sum(unread.count), 0)::bigint AS "count!"
        FROM members AS m
        CROSS JOIN LATERAL (
            SELECT count(*) AS count
            FROM (
                SELECT
                FROM messages AS x
                WHERE x.conversation_id = m.conversation_id
                  AND x.sent_at_ms > m.read_up_to_ms
                  AND x.sender_id <> $1
                LIMIT $3
            ) AS counted
        ) AS unread
        WHERE m.client_id = $1
          AND ($2::text IS NULL OR m.conversation_id = $2)
        "#,
        client_id.as_str(),
        conversation_id.map(ConversationId::as_str),
        i64::from(limit::UNREAD_COUNT),
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// The unread state of one conversation, before it is checked.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) conversation_id: String,
    pub(crate) kind: i16,
    pub(crate) count: i64,
    pub(crate) mentioned: bool,
    pub(crate) sent_at_ms: Option<i64>,
    pub(crate) message_id: Option<String>,
    pub(crate) sender_id: Option<String>,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) is_binary: Option<bool>,
    pub(crate) mention_all: Option<bool>,
    pub(crate) mention_ids: Option<Vec<String>>,
    pub(crate) patched_at_ms: Option<i64>,
}

impl Row {
    fn newest(&mut self) -> Option<MessageRow> {
        Some(MessageRow {
            conversation_id: self.conversation_id.clone(),
            sent_at_ms: self.sent_at_ms?,
            message_id: self.message_id.take()?,
            sender_id: self.sender_id.take()?,
            content: self.content.take()?,
            is_binary: self.is_binary?,
            mention_all: self.mention_all?,
            mention_ids: self.mention_ids.take()?,
            patched_at_ms: self.patched_at_ms,
        })
    }
}

impl TryFrom<Row> for UnreadConversation {
    type Error = StoreError;

    fn try_from(mut row: Row) -> Result<Self, StoreError> {
        let conversation_kind =
            ConversationKind::from_number(row.kind).ok_or_else(|| StoreError::Inconsistent {
                table: "conversations",
                column: "kind",
                id: row.conversation_id.clone(),
            })?;
        let last_message = row
            .newest()
            .map(|message| message.into_message(conversation_kind))
            .transpose()?;
        let cap = i64::from(limit::UNREAD_COUNT);
        Ok(Self {
            conversation_id: ConversationId::trusted(row.conversation_id),
            conversation_kind,
            count: i32::try_from(row.count.min(cap)).unwrap_or(limit::UNREAD_COUNT),
            mentioned: row.mentioned,
            last_message,
        })
    }
}
