//! The `streams` table: what one client has with one service conversation. Its messages are read
//! by [`crate::stream_log`].

use std::collections::HashMap;

use parlor_model::{ClientId, ConversationId, MessageId, Timestamp};

use crate::{Connection, StoreError};

/// A client's subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Whose.
    pub client_id: ClientId,
    /// Since when.
    pub since: Timestamp,
    /// Whether the client silenced push notifications for itself.
    pub muted: bool,
}

/// Which broadcasts belong to a client's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those to subscribers: from a moment on, and until another one when the client is no
    /// subscriber any more.
    pub subscribed: Option<(Timestamp, Option<Timestamp>)>,
    /// Those to everybody, from this moment on; `None` when the client never logged in.
    pub everybody_from: Option<Timestamp>,
}

/// Subscribes a client and returns since when it is a subscriber; one that is already stays so
/// since then.
///
/// # Errors
/// [`StoreError`] when the database fails or the conversation does not exist.
pub async fn subscribe(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let since_ms = sqlx::query_scalar!(
        r#"
        INSERT INTO streams AS s (conversation_id, client_id, subscribed_from_ms, read_up_to_ms)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (conversation_id, client_id) DO UPDATE
        SET subscribed_from_ms = CASE
                WHEN s.subscribed_until_ms IS NULL THEN COALESCE(s.subscribed_from_ms, $3)
                ELSE $3
            END,
            subscribed_until_ms = NULL
        RETURNING subscribed_from_ms AS "since_ms!"
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        now.as_millis(),
        now.as_millis() - 1,
    )
    .fetch_one(connection)
    .await?;
    Ok(Timestamp::from_millis(since_ms))
}

/// Ends a client's subscription, if there is one. What it got stays in its stream.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unsubscribe(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE streams
        SET subscribed_until_ms = GREATEST($3, subscribed_from_ms),
            muted = false
        WHERE conversation_id = $1
          AND client_id = $2
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        now.as_millis(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets whether a subscriber silenced push notifications; returns whether it is a subscriber.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_muted(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    muted: bool,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        UPDATE streams
        SET muted = $3
        WHERE conversation_id = $1
          AND client_id = $2
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        muted,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Counts the subscribers of a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_subscribers(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM streams
        WHERE conversation_id = $1
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        "#,
        conversation_id.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// Returns a client's subscriptions among these conversations.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_subscribed(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Subscription>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, client_id, subscribed_from_ms AS "subscribed_from_ms!", muted
        FROM streams
        WHERE client_id = $1
          AND conversation_id = ANY ($2::text[])
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        "#,
        client_id.as_str(),
        &conversation_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let subscription = Subscription::from(row);
            (subscription.conversation_id.clone(), subscription)
        })
        .collect())
}

/// Returns which of these clients are subscribed to a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_subscribers_among(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT client_id
        FROM streams
        WHERE conversation_id = $1
          AND client_id = ANY ($2::text[])
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        "#,
        conversation_id.as_str(),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Lists subscribers by their ids, from the first one after `after`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_subscribers(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    after: Option<&ClientId>,
    limit: u32,
) -> Result<Vec<Subscription>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, client_id, subscribed_from_ms AS "subscribed_from_ms!", muted
        FROM streams
        WHERE conversation_id = $1
          AND client_id > $2
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        ORDER BY client_id
        LIMIT $3
        "#,
        conversation_id.as_str(),
        after.map_or("", ClientId::as_str),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Subscription::from).collect())
}

/// A place in the list of a client's subscriptions, which is ordered by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionKey {
    /// Since when.
    pub since: Timestamp,
    /// Of which conversation.
    pub conversation_id: ConversationId,
}

/// Lists a client's subscriptions, oldest first, from the first one after `after`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_subscriptions_after(
    connection: &mut Connection,
    client_id: &ClientId,
    after: Option<&SubscriptionKey>,
    limit: u32,
) -> Result<Vec<Subscription>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, client_id, subscribed_from_ms AS "subscribed_from_ms!", muted
        FROM streams
        WHERE client_id = $1
          AND (subscribed_from_ms, conversation_id) > ($2, $3)
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        ORDER BY subscribed_from_ms, conversation_id
        LIMIT $4
        "#,
        client_id.as_str(),
        after.map_or(i64::MIN, |key| key.since.as_millis()),
        after.map_or("", |key| key.conversation_id.as_str()),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Subscription::from).collect())
}

/// Lists a client's subscriptions, newest first, from the first one before `before`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_subscriptions_before(
    connection: &mut Connection,
    client_id: &ClientId,
    before: Option<&SubscriptionKey>,
    limit: u32,
) -> Result<Vec<Subscription>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, client_id, subscribed_from_ms AS "subscribed_from_ms!", muted
        FROM streams
        WHERE client_id = $1
          AND (subscribed_from_ms, conversation_id) < ($2, $3)
          AND subscribed_from_ms IS NOT NULL
          AND subscribed_until_ms IS NULL
        ORDER BY subscribed_from_ms DESC, conversation_id DESC
        LIMIT $4
        "#,
        client_id.as_str(),
        before.map_or(i64::MAX, |key| key.since.as_millis()),
        before.map_or("", |key| key.conversation_id.as_str()),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Subscription::from).collect())
}

/// Returns which broadcasts of a conversation belong to a client.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn share_of(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
) -> Result<Share, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT s.subscribed_from_ms AS "subscribed_from_ms?",
               s.subscribed_until_ms AS "subscribed_until_ms?",
               c.broadcasts_from_ms AS "broadcasts_from_ms?"
        FROM (SELECT $1 AS conversation_id, $2 AS client_id) AS asked
        LEFT JOIN streams AS s USING (conversation_id, client_id)
        LEFT JOIN clients AS c USING (client_id)
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
    )
    .fetch_one(connection)
    .await?;
    let until = row.subscribed_until_ms.map(Timestamp::from_millis);
    Ok(Share {
        subscribed: row
            .subscribed_from_ms
            .map(|from| (Timestamp::from_millis(from), until)),
        everybody_from: row.broadcasts_from_ms.map(Timestamp::from_millis),
    })
}

/// Moves a client's read position forward, never back. The position is the message
/// `message_id` when it exists, else the newest message not later than `sent_at`, else the
/// newest message.
///
/// # Errors
/// [`StoreError`] when the database fails or the conversation does not exist.
pub async fn mark_read(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    message_id: Option<&MessageId>,
    sent_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO streams AS s (conversation_id, client_id, read_up_to_ms, read_at_ms)
        SELECT $1, $2, position.up_to_ms, $5
        FROM (
            SELECT COALESCE(
                (
                    SELECT sent_at_ms
                    FROM messages
                    WHERE message_id = $3
                      AND conversation_id = $1
                ),
                (
                    SELECT LEAST(max(sent_at_ms), $4)
                    FROM messages
                    WHERE conversation_id = $1
                )
            ) AS up_to_ms
        ) AS position
        WHERE position.up_to_ms IS NOT NULL
        ON CONFLICT (conversation_id, client_id) DO UPDATE
        SET read_up_to_ms = GREATEST(s.read_up_to_ms, EXCLUDED.read_up_to_ms),
            read_at_ms = EXCLUDED.read_at_ms
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        message_id.map(MessageId::as_str),
        sent_at.map(Timestamp::as_millis),
        now.as_millis(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    conversation_id: String,
    client_id: String,
    subscribed_from_ms: i64,
    muted: bool,
}

impl From<Row> for Subscription {
    fn from(row: Row) -> Self {
        Self {
            conversation_id: ConversationId::trusted(row.conversation_id),
            client_id: ClientId::trusted(row.client_id),
            since: Timestamp::from_millis(row.subscribed_from_ms),
            muted: row.muted,
        }
    }
}
