//! Messages that clients sent to the app's server, as its servers read them.

use parlor_model::{ClientId, ConversationId, ConversationKind, Message, MessageId, Timestamp};

use crate::message::Row as MessageRow;
use crate::{Connection, StoreError};

/// A message to the app's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemMessage {
    /// The message.
    pub message: Message,
    /// From which address it was sent.
    pub sender_address: Option<String>,
}

/// Which of them; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemMessageFilter {
    /// In this conversation.
    pub conversation_id: Option<ConversationId>,
    /// Of this client.
    pub sender: Option<ClientId>,
    /// This one.
    pub message_id: Option<MessageId>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SystemMessageOrder {
    /// Oldest first.
    #[default]
    Oldest,
    /// Newest first.
    Newest,
}

/// Lists messages to the app's server.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    filter: &SystemMessageFilter,
    order: SystemMessageOrder,
    skip: u32,
    limit: u32,
) -> Result<Vec<SystemMessage>, StoreError> {
    let conversation_id = filter.conversation_id.as_ref().map(ConversationId::as_str);
    let sender = filter.sender.as_ref().map(ClientId::as_str);
    let message_id = filter.message_id.as_ref().map(MessageId::as_str);
    let from_ms = filter.from.map_or(i64::MIN, Timestamp::as_millis);
    let before_ms = filter.before.map_or(i64::MAX, Timestamp::as_millis);
    let rows = match order {
        SystemMessageOrder::Oldest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id, sent_at_ms, message_id, sender_id, content, is_binary,
                       mention_all, mention_ids, patched_at_ms, sender_address
                FROM messages
                WHERE addressed_to = 2
                  AND ($1::text IS NULL OR conversation_id = $1)
                  AND ($2::text IS NULL OR sender_id = $2)
                  AND ($3::text IS NULL OR message_id = $3)
                  AND sent_at_ms >= $4
                  AND sent_at_ms < $5
                ORDER BY sent_at_ms, message_id
                OFFSET $6
                LIMIT $7
                "#,
                conversation_id,
                sender,
                message_id,
                from_ms,
                before_ms,
                i64::from(skip),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
        SystemMessageOrder::Newest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id, sent_at_ms, message_id, sender_id, content, is_binary,
                       mention_all, mention_ids, patched_at_ms, sender_address
                FROM messages
                WHERE addressed_to = 2
                  AND ($1::text IS NULL OR conversation_id = $1)
                  AND ($2::text IS NULL OR sender_id = $2)
                  AND ($3::text IS NULL OR message_id = $3)
                  AND sent_at_ms >= $4
                  AND sent_at_ms < $5
                ORDER BY sent_at_ms DESC, message_id DESC
                OFFSET $6
                LIMIT $7
                "#,
                conversation_id,
                sender,
                message_id,
                from_ms,
                before_ms,
                i64::from(skip),
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
    };
    rows.into_iter().map(SystemMessage::try_from).collect()
}

/// Counts messages to the app's server.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(
    connection: &mut Connection,
    filter: &SystemMessageFilter,
) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM messages
        WHERE addressed_to = 2
          AND ($1::text IS NULL OR conversation_id = $1)
          AND ($2::text IS NULL OR sender_id = $2)
          AND ($3::text IS NULL OR message_id = $3)
          AND sent_at_ms >= $4
          AND sent_at_ms < $5
        "#,
        filter.conversation_id.as_ref().map(ConversationId::as_str),
        filter.sender.as_ref().map(ClientId::as_str),
        filter.message_id.as_ref().map(MessageId::as_str),
        filter.from.map_or(i64::MIN, Timestamp::as_millis),
        filter.before.map_or(i64::MAX, Timestamp::as_millis),
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

#[derive(Debug)]
struct Row {
    conversation_id: String,
    sent_at_ms: i64,
    message_id: String,
    sender_id: String,
    content: Vec<u8>,
    is_binary: bool,
    mention_all: bool,
    mention_ids: Vec<String>,
    patched_at_ms: Option<i64>,
    sender_address: Option<String>,
}

impl TryFrom<Row> for SystemMessage {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
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
        Ok(Self {
            message: message.into_message(ConversationKind::Service)?,
            sender_address: row.sender_address,
        })
    }
}
