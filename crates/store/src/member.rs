//! The `members` table: who belongs to a conversation, and how far each has read.

use std::collections::HashSet;

use parlor_model::{ClientId, ConversationId, MessageId, Timestamp};

use crate::receipt::Moved;
use crate::{Connection, StoreError};

/// A member of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub client_id: ClientId,
    /// Whether it silenced push notifications for itself.
    pub muted: bool,
}

/// Lists the members in the order they came.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<Vec<Member>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT client_id, muted
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
        .map(|row| Member {
            client_id: ClientId::trusted(row.client_id),
            muted: row.muted,
        })
        .collect())
}

/// Returns which of these conversations, not ended by `now`, a client is a member of.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_joined(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
    now: Timestamp,
) -> Result<HashSet<ConversationId>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT m.conversation_id
        FROM members AS m
        JOIN conversations AS c USING (conversation_id)
        WHERE m.client_id = $1
          AND m.conversation_id = ANY ($2::text[])
          AND (c.expires_at IS NULL OR c.expires_at > $3)
        "#,
        client_id.as_str(),
        &conversation_ids,
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ConversationId::trusted).collect())
}

/// Makes clients members and returns those who were not members before, in the given order.
///
/// Their read position starts just before `joined_at`: what was said earlier does not count as
/// unread, and a message of the very same millisecond does.
///
/// # Errors
/// [`StoreError`] when the database fails or the conversation does not exist.
pub async fn insert(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
    joined_at: Timestamp,
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        INSERT INTO members (conversation_id, client_id, joined_at, read_up_to_ms, acked_up_to_ms)
        SELECT $1, client_id, $3, $4, $4
        FROM UNNEST($2::text[]) WITH ORDINALITY AS added (client_id, n)
        ORDER BY n
        ON CONFLICT (conversation_id, client_id) DO NOTHING
        RETURNING client_id
        "#,
        conversation_id.as_str(),
        &client_ids,
        joined_at.to_date_time(),
        joined_at.as_millis() - 1,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Ends memberships and returns those who were members.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        DELETE FROM members
        WHERE conversation_id = $1
          AND client_id = ANY ($2::text[])
        RETURNING client_id
        "#,
        conversation_id.as_str(),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Sets whether a member silenced push notifications; returns whether it is a member.
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
        UPDATE members
        SET muted = $3
        WHERE conversation_id = $1
          AND client_id = $2
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        muted,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes exactly these members have silenced push notifications.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mute_exactly(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> Result<(), StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    sqlx::query!(
        r#"
        UPDATE members
        SET muted = NOT muted
        WHERE conversation_id = $1
          AND muted <> (client_id = ANY ($2::text[]))
        "#,
        conversation_id.as_str(),
        &client_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves a member's read position forward, never back. Returns where it was and is, `None`
/// when the client is no member.
///
/// The position is the message `message_id` when it exists, else the newest message not later
/// than `sent_at`, else the newest message (spec 02 §8.2).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_read(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    message_id: Option<&MessageId>,
    sent_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Moved>, StoreError> {
    let row = sqlx::query!(
        r#"
        WITH present AS (
            SELECT read_up_to_ms
            FROM members
            WHERE conversation_id = $1
              AND client_id = $2
            FOR NO KEY UPDATE
        )
        UPDATE members
        SET read_up_to_ms = GREATEST(
                present.read_up_to_ms,
                COALESCE(
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
                )
            ),
            read_at_ms = $5
        FROM present
        WHERE conversation_id = $1
          AND client_id = $2
        RETURNING present.read_up_to_ms AS from_ms, members.read_up_to_ms AS to_ms
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
        message_id.map(MessageId::as_str),
        sent_at.map(Timestamp::as_millis),
        now.as_millis(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Moved {
        conversation_id: conversation_id.clone(),
        client_id: client_id.clone(),
        from: Timestamp::from_millis(row.from_ms),
        to: Timestamp::from_millis(row.to_ms),
    }))
}
