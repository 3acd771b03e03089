//! The `messages` table: the durable, ordered log of every conversation.

use std::net::IpAddr;

use parlor_model::{
    AddressedTo, ClientId, Content, ConversationId, ConversationKind, Mention, Message, MessageId,
    MessageKey, Timestamp,
};

use crate::{Connection, StoreError};

/// A message on its way into the log; its time is decided by the database.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Globally unique id.
    pub id: MessageId,
    /// Where it goes.
    pub conversation_id: ConversationId,
    /// Who sends it.
    pub sender: ClientId,
    /// What is sent.
    pub content: Content,
    /// `_lctype` of a typed message, for the history filter.
    pub typed: Option<i32>,
    /// Whom it mentions.
    pub mention: Mention,
    /// The sender wants receipts.
    pub receipt: bool,
    /// Overrides the payload of the push notification.
    pub push_data: Option<String>,
    /// Makes a retry harmless.
    pub dedupe_token: Option<String>,
    /// Who in the conversation it is for.
    pub addressed_to: AddressedTo,
    /// From which address it was sent.
    pub sender_address: Option<IpAddr>,
}

/// [`AddressedTo`] as the column of that name; NULL for [`AddressedTo::Conversation`]. Queries
/// spell these numbers out, because the planner must see them to use the indexes.
const fn number_of(addressed_to: &AddressedTo) -> Option<i16> {
    match addressed_to {
        AddressedTo::Conversation => None,
        AddressedTo::Clients(_) => Some(1),
        AddressedTo::App => Some(2),
        AddressedTo::Subscribers => Some(3),
        AddressedTo::Everybody { .. } => Some(4),
    }
}

/// What became of one message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// Stored, at this time.
    New(Timestamp),
    /// The sender stored it before under the same dedupe token, with this key.
    Duplicate(MessageKey),
    /// Its conversation is gone.
    ConversationGone,
}

/// Makes other writers of these conversations wait until this transaction ends.
///
/// Message times increase strictly within a conversation only because each writer sees the
/// newest message of the one before it. The locks are taken in one order, so that two batches
/// never wait for each other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_conversations(
    connection: &mut Connection,
    conversation_ids: &[String],
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        SELECT pg_advisory_xact_lock(hashtextextended(conversation_id, 1))
        FROM (
            SELECT DISTINCT conversation_id COLLATE "C" AS conversation_id
            FROM UNNEST($1::text[]) AS batch (conversation_id)
            ORDER BY 1
        ) AS ordered
        "#,
        conversation_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Inserts a batch in its order and tells what became of each message, in the same order.
///
/// A message's time is `now`, or one millisecond after the conversation's newest message when
/// that is later. Callers hold [`lock_conversations`] in the same transaction, taken by an
/// earlier statement so that this one sees what the previous holder committed.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is inserted then.
pub async fn insert_batch(
    connection: &mut Connection,
    batch: &[NewMessage],
    now: Timestamp,
) -> Result<Vec<Inserted>, StoreError> {
    let columns = Columns::of(batch);
    let stored = sqlx::query!(
        r#"
        WITH batch AS (
            SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY n) AS ordinal
            FROM UNNEST(
                $1::text[], $2::text[], $3::text[], $4::bytea[], $5::boolean[], $6::integer[],
                $7::boolean[], $8::text[], $9::boolean[], $10::text[], $11::text[],
                $13::smallint[], $14::bigint[], $15::text[]
            ) WITH ORDINALITY AS batch (
                conversation_id, message_id, sender_id, content, is_binary, typed,
                mention_all, mention_ids, receipt, push_data, dedupe_token,
                addressed_to, valid_till_ms, sender_address, n
            )
        ),
        newest AS (
            SELECT c.conversation_id,
                   GREATEST($12, 1 + (
                       SELECT max(sent_at_ms)
                       FROM messages AS m
                       WHERE m.conversation_id = c.conversation_id
                   )) AS first_ms
            FROM conversations AS c
            WHERE c.conversation_id = ANY ($1::text[])
        )
        INSERT INTO messages (
            conversation_id, sent_at_ms, message_id, sender_id, content, is_binary, typed,
            mention_all, mention_ids, receipt, push_data, dedupe_token,
            addressed_to, valid_till_ms, sender_address
        )
        SELECT conversation_id, first_ms + ordinal - 1, message_id, sender_id, content, is_binary,
               typed, mention_all,
               CASE mention_ids
                   WHEN '' THEN '{}'
                   ELSE ARRAY(SELECT jsonb_array_elements_text(mention_ids::jsonb))
               END,
               receipt, push_data, dedupe_token, addressed_to, valid_till_ms, sender_address
        FROM batch
        JOIN newest USING (conversation_id)
        ORDER BY n
        ON CONFLICT (conversation_id, sender_id, dedupe_token) WHERE dedupe_token IS NOT NULL
            DO NOTHING
        RETURNING message_id, sent_at_ms
        "#,
        &columns.conversation_ids,
        &columns.message_ids,
        &columns.senders,
        &columns.contents as &[&[u8]],
        &columns.are_binary,
        &columns.typed as &[Option<i32>],
        &columns.mention_all,
        &columns.mention_ids,
        &columns.receipts,
        &columns.push_data as &[Option<&str>],
        &columns.dedupe_tokens as &[Option<&str>],
        now.as_millis(),
        &columns.addressed_to as &[Option<i16>],
        &columns.valid_till as &[Option<i64>],
        &columns.sender_addresses as &[Option<String>],
    )
    .fetch_all(&mut *connection)
    .await?;

    let mut stored = stored.into_iter().peekable();
    let mut outcome = Vec::with_capacity(batch.len());
    for message in batch {
        // RETURNING keeps the order of insertion, so the two lists are walked side by side.
        match stored.next_if(|row| row.message_id == message.id.as_str()) {
            Some(row) => outcome.push(Inserted::New(Timestamp::from_millis(row.sent_at_ms))),
            None => outcome.push(refused(connection, message).await?),
        }
    }
    insert_into_streams(connection, batch, &outcome).await?;
    Ok(outcome)
}

/// Adds messages to single clients to their streams, which begin with the first one.
async fn insert_into_streams(
    connection: &mut Connection,
    batch: &[NewMessage],
    outcome: &[Inserted],
) -> Result<(), StoreError> {
    let mut conversation_ids = Vec::new();
    let mut client_ids = Vec::new();
    let mut sent_at_ms = Vec::new();
    let mut message_ids = Vec::new();
    for (message, inserted) in batch.iter().zip(outcome) {
        let (AddressedTo::Clients(clients), Inserted::New(sent_at)) =
            (&message.addressed_to, inserted)
        else {
            continue;
        };
        for client_id in clients {
            conversation_ids.push(message.conversation_id.to_string());
            client_ids.push(client_id.to_string());
            sent_at_ms.push(sent_at.as_millis());
            message_ids.push(message.id.to_string());
        }
    }
    if client_ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        WITH entries AS (
            SELECT *
            FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::text[])
                AS entries (conversation_id, client_id, sent_at_ms, message_id)
        ),
        begun AS (
            INSERT INTO streams (conversation_id, client_id, read_up_to_ms)
            SELECT conversation_id, client_id, min(sent_at_ms) - 1
            FROM entries
            GROUP BY conversation_id, client_id
            ON CONFLICT (conversation_id, client_id) DO NOTHING
        )
        INSERT INTO stream_messages (conversation_id, client_id, sent_at_ms, message_id)
        SELECT DISTINCT conversation_id, client_id, sent_at_ms, message_id
        FROM entries
        "#,
        &conversation_ids,
        &client_ids,
        &sent_at_ms,
        &message_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Explains why a message of a batch was not inserted. Retries are rare, so one lookup each.
async fn refused(
    connection: &mut Connection,
    message: &NewMessage,
) -> Result<Inserted, StoreError> {
    let earlier = sqlx::query!(
        r#"
        SELECT message_id, sent_at_ms
        FROM messages
        WHERE conversation_id = $1
          AND sender_id = $2
          AND dedupe_token = $3
        "#,
        message.conversation_id.as_str(),
        message.sender.as_str(),
        message.dedupe_token.as_deref(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(match earlier {
        Some(row) => Inserted::Duplicate(MessageKey {
            sent_at: Timestamp::from_millis(row.sent_at_ms),
            id: MessageId::trusted(row.message_id),
        }),
        None => Inserted::ConversationGone,
    })
}

/// A batch turned on its side: one array per column, for `UNNEST`.
#[derive(Default)]
struct Columns<'a> {
    conversation_ids: Vec<String>,
    message_ids: Vec<String>,
    senders: Vec<String>,
    contents: Vec<&'a [u8]>,
    are_binary: Vec<bool>,
    typed: Vec<Option<i32>>,
    mention_all: Vec<bool>,
    /// A JSON array per message because PostgreSQL has no ragged arrays; empty for none.
    mention_ids: Vec<String>,
    receipts: Vec<bool>,
    push_data: Vec<Option<&'a str>>,
    dedupe_tokens: Vec<Option<&'a str>>,
    addressed_to: Vec<Option<i16>>,
    valid_till: Vec<Option<i64>>,
    sender_addresses: Vec<Option<String>>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a [NewMessage]) -> Self {
        let mut columns = Self::default();
        for message in batch {
            columns
                .conversation_ids
                .push(message.conversation_id.to_string());
            columns.message_ids.push(message.id.to_string());
            columns.senders.push(message.sender.to_string());
            let (content, is_binary) = match &message.content {
                Content::Text(text) => (text.as_bytes(), false),
                Content::Binary(bytes) => (bytes.as_slice(), true),
            };
            columns.contents.push(content);
            columns.are_binary.push(is_binary);
            columns.typed.push(message.typed);
            columns.mention_all.push(message.mention.all);
            columns.mention_ids.push(mentions_as_json(&message.mention));
            columns.receipts.push(message.receipt);
            columns.push_data.push(message.push_data.as_deref());
            columns.dedupe_tokens.push(message.dedupe_token.as_deref());
            columns.addressed_to.push(number_of(&message.addressed_to));
            columns.valid_till.push(match &message.addressed_to {
                AddressedTo::Everybody { valid_till } => Some(valid_till.as_millis()),
                AddressedTo::Conversation
                | AddressedTo::Clients(_)
                | AddressedTo::App
                | AddressedTo::Subscribers => None,
            });
            let address = message.sender_address.as_ref().map(ToString::to_string);
            columns.sender_addresses.push(address);
        }
        columns
    }
}

fn mentions_as_json(mention: &Mention) -> String {
    if mention.clients.is_empty() {
        return String::new();
    }
    serde_json::Value::from_iter(mention.clients.iter().map(ClientId::as_str)).to_string()
}

/// A row of `messages`, before its content is decoded.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) conversation_id: String,
    pub(crate) sent_at_ms: i64,
    pub(crate) message_id: String,
    pub(crate) sender_id: String,
    pub(crate) content: Vec<u8>,
    pub(crate) is_binary: bool,
    pub(crate) mention_all: bool,
    pub(crate) mention_ids: Vec<String>,
    pub(crate) patched_at_ms: Option<i64>,
}

impl Row {
    /// Turns the row into a message of a conversation of this kind.
    pub(crate) fn into_message(self, kind: ConversationKind) -> Result<Message, StoreError> {
        let content = if self.is_binary {
            Content::Binary(self.content)
        } else {
            Content::Text(String::from_utf8(self.content).map_err(|_| {
                StoreError::Inconsistent {
                    table: "messages",
                    column: "content",
                    id: self.message_id.clone(),
                }
            })?)
        };
        Ok(Message {
            id: MessageId::trusted(self.message_id),
            conversation_id: ConversationId::trusted(self.conversation_id),
            kind,
            sender: ClientId::trusted(self.sender_id),
            sent_at: Timestamp::from_millis(self.sent_at_ms),
            content,
            mention: Mention {
                all: self.mention_all,
                clients: self
                    .mention_ids
                    .into_iter()
                    .map(ClientId::trusted)
                    .collect(),
            },
            transient: false,
            patched_at: self.patched_at_ms.map(Timestamp::from_millis),
        })
    }
}

/// Which end of a span a page of history is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFrom {
    /// The oldest messages of the span.
    Oldest,
    /// The newest messages of the span.
    Newest,
}

/// A span of a conversation's log: keys from `low` (included) to `high` (excluded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first key.
    pub low: MessageKey,
    /// The key after the last.
    pub high: MessageKey,
}

/// Lists messages of a span, ascending by time and id, at most `limit` from the given end.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn history(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    kind: ConversationKind,
    span: &Span,
    typed: Option<i32>,
    from: PageFrom,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let rows = match from {
        PageFrom::Oldest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id, sent_at_ms, message_id, sender_id, content, is_binary,
                       mention_all, mention_ids, patched_at_ms
                FROM messages
                WHERE conversation_id = $1
                  AND (sent_at_ms, message_id) >= ($2, $3)
                  AND (sent_at_ms, message_id) < ($4, $5)
                  AND ($6::integer IS NULL OR typed = $6)
                ORDER BY sent_at_ms, message_id
                LIMIT $7
                "#,
                conversation_id.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                typed,
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?
        }
        PageFrom::Newest => {
            let mut rows = sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id, sent_at_ms, message_id, sender_id, content, is_binary,
                       mention_all, mention_ids, patched_at_ms
                FROM messages
                WHERE conversation_id = $1
                  AND (sent_at_ms, message_id) >= ($2, $3)
                  AND (sent_at_ms, message_id) < ($4, $5)
                  AND ($6::integer IS NULL OR typed = $6)
                ORDER BY sent_at_ms DESC, message_id DESC
                LIMIT $7
                "#,
                conversation_id.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                typed,
                i64::from(limit),
            )
            .fetch_all(connection)
            .await?;
            rows.reverse();
            rows
        }
    };
    rows.into_iter().map(|row| row.into_message(kind)).collect()
}

/// Looks up when a message of a conversation was sent.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup_sent_at(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    message_id: &MessageId,
) -> Result<Option<Timestamp>, StoreError> {
    let sent_at_ms = sqlx::query_scalar!(
        r#"
        SELECT sent_at_ms
        FROM messages
        WHERE message_id = $1
          AND conversation_id = $2
        "#,
        message_id.as_str(),
        conversation_id.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(sent_at_ms.map(Timestamp::from_millis))
}
