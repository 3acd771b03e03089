//! Delivery and read marks of members, and the receipts that moving them gives rise to.

use parlor_model::{ClientId, ConversationId, MessageId, Timestamp};

use crate::{Connection, StoreError};

/// Receipts that one move of a mark gives rise to at most; a phone that was away for weeks
/// should not make its correspondents pay for it.
const RECEIPTS_PER_MOVE: i64 = 500;

/// Up to where a client acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AckedUpTo {
    /// This message, unless the client sent it itself.
    Message(MessageId),
    /// Every message not later than this moment.
    Time(Timestamp),
}

/// A client's acknowledgement in one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Who received the messages.
    pub client_id: ClientId,
    /// Which messages.
    pub up_to: AckedUpTo,
}

/// A mark that moved forward: messages after `from` up to `to` are covered now and were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Whose mark.
    pub client_id: ClientId,
    /// Where the mark was.
    pub from: Timestamp,
    /// Where it is.
    pub to: Timestamp,
}

/// A message whose sender is owed a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The message.
    pub message_id: MessageId,
    /// Who wants to know.
    pub sender: ClientId,
    /// Who received or read it.
    pub recipient: ClientId,
    /// Whether the conversation has more than two members.
    pub is_group: bool,
}

/// How far one member has received and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The member.
    pub client_id: ClientId,
    /// The newest message acknowledged; `None` before the first acknowledgement.
    pub acked_up_to: Option<Timestamp>,
    /// When the acknowledgement was processed.
    pub acked_at: Option<Timestamp>,
    /// The newest message read; `None` before the first read.
    pub read_up_to: Option<Timestamp>,
    /// When the read was processed.
    pub read_at: Option<Timestamp>,
}

/// Moves delivery marks forward, all in one statement, and returns those that moved.
///
/// A mark never goes past the newest message and never back. Rows are locked in one order, as
/// every writer of marks does.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_acks(
    connection: &mut Connection,
    acks: &[Ack],
    now: Timestamp,
) -> Result<Vec<Moved>, StoreError> {
    let mut conversation_ids = Vec::with_capacity(acks.len());
    let mut client_ids = Vec::with_capacity(acks.len());
    let mut message_ids = Vec::with_capacity(acks.len());
    let mut times = Vec::with_capacity(acks.len());
    for ack in acks {
        conversation_ids.push(ack.conversation_id.to_string());
        client_ids.push(ack.client_id.to_string());
        let (message_id, time) = match &ack.up_to {
            AckedUpTo::Message(id) => (Some(id.as_str()), None),
            AckedUpTo::Time(time) => (None, Some(time.as_millis())),
        };
        message_ids.push(message_id);
        times.push(time);
    }
    let rows = sqlx::query!(
        r#"
        WITH acks AS (
            SELECT acks.conversation_id,
                   acks.client_id,
                   max(COALESCE(acks.up_to_ms, (
                       SELECT x.sent_at_ms
                       FROM messages AS x
                       WHERE x.message_id = acks.message_id
                         AND x.conversation_id = acks.conversation_id
                         AND x.sender_id <> acks.client_id
                   ))) AS up_to_ms
            FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bigint[])
                AS acks (conversation_id, client_id, message_id, up_to_ms)
            GROUP BY acks.conversation_id, acks.client_id
        ),
        marks AS (
            SELECT m.conversation_id,
                   m.client_id,
                   m.acked_up_to_ms AS from_ms,
                   LEAST(acks.up_to_ms, (
                       SELECT max(x.sent_at_ms)
                       FROM messages AS x
                       WHERE x.conversation_id = m.conversation_id
                   )) AS to_ms
            FROM members AS m
            JOIN acks USING (conversation_id, client_id)
            WHERE acks.up_to_ms IS NOT NULL
            ORDER BY m.conversation_id, m.client_id
            FOR NO KEY UPDATE OF m
        )
        UPDATE members AS m
        SET acked_up_to_ms = marks.to_ms,
            acked_at_ms = $5
        FROM marks
        WHERE m.conversation_id = marks.conversation_id
          AND m.client_id = marks.client_id
          AND marks.to_ms > marks.from_ms
        RETURNING m.conversation_id, m.client_id, marks.from_ms, marks.to_ms AS "to_ms!"
        "#,
        &conversation_ids,
        &client_ids,
        &message_ids as &[Option<&str>],
        &times as &[Option<i64>],
        now.as_millis(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Moved {
            conversation_id: ConversationId::trusted(row.conversation_id),
            client_id: ClientId::trusted(row.client_id),
            from: Timestamp::from_millis(row.from_ms),
            to: Timestamp::from_millis(row.to_ms),
        })
        .collect())
}

/// Lists the messages of others that moved marks cover and whose senders asked for receipts,
/// oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_owed(
    connection: &mut Connection,
    moved: &[Moved],
) -> Result<Vec<Owed>, StoreError> {
    let conversation_ids: Vec<String> = moved
        .iter()
        .map(|moved| moved.conversation_id.to_string())
        .collect();
    let client_ids: Vec<String> = moved
        .iter()
        .map(|moved| moved.client_id.to_string())
        .collect();
    let from: Vec<i64> = moved.iter().map(|moved| moved.from.as_millis()).collect();
    let to: Vec<i64> = moved.iter().map(|moved| moved.to.as_millis()).collect();
    let rows = sqlx::query!(
        r#"
        SELECT owed.conversation_id AS "conversation_id!",
               owed.message_id AS "message_id!",
               owed.sender_id AS "sender_id!",
               moved.client_id AS "client_id!",
               (
                   SELECT count(*) > 2
                   FROM members AS m
                   WHERE m.conversation_id = moved.conversation_id
               ) AS "is_group!"
        FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::bigint[])
            AS moved (conversation_id, client_id, from_ms, to_ms)
        CROSS JOIN LATERAL (
            SELECT x.conversation_id, x.message_id, x.sender_id, x.sent_at_ms
            FROM messages AS x
            WHERE x.conversation_id = moved.conversation_id
              AND x.sent_at_ms > moved.from_ms
              AND x.sent_at_ms <= moved.to_ms
              AND x.receipt
              AND x.sender_id <> moved.client_id
            ORDER BY x.sent_at_ms DESC
            LIMIT $5
        ) AS owed
        ORDER BY owed.conversation_id, owed.sent_at_ms
        "#,
        &conversation_ids,
        &client_ids,
        &from,
        &to,
        RECEIPTS_PER_MOVE,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Owed {
            conversation_id: ConversationId::trusted(row.conversation_id),
            message_id: MessageId::trusted(row.message_id),
            sender: ClientId::trusted(row.sender_id),
            recipient: ClientId::trusted(row.client_id),
            is_group: row.is_group,
        })
        .collect())
}

/// Lists the marks of every member of a conversation, in the order they came.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_marks(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<Vec<Marks>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT client_id, acked_up_to_ms, acked_at_ms, read_up_to_ms, read_at_ms
        FROM members
        WHERE conversation_id = $1
        ORDER BY position
        "#,
        conversation_id.as_str(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Marks {
            client_id: ClientId::trusted(row.client_id),
            acked_up_to: row
                .acked_at_ms
                .map(|_| Timestamp::from_millis(row.acked_up_to_ms)),
            acked_at: row.acked_at_ms.map(Timestamp::from_millis),
            read_up_to: row
                .read_at_ms
                .map(|_| Timestamp::from_millis(row.read_up_to_ms)),
            read_at: row.read_at_ms.map(Timestamp::from_millis),
        })
        .collect())
}
