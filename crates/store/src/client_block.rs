//! The `client_blocks` table: conversations that a client does not want to be added to.

use parlor_model::{ClientId, ConversationId};

use crate::{Connection, StoreError};

/// Notes that a client does not want to be added to these conversations. Ids of conversations
/// that do not exist are left out; returns those that are noted now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> Result<Vec<ConversationId>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        WITH known AS (
            SELECT conversation_id, n
            FROM UNNEST($2::text[]) WITH ORDINALITY AS wanted (conversation_id, n)
            JOIN conversations USING (conversation_id)
        ),
        noted AS (
            INSERT INTO client_blocks (client_id, conversation_id)
            SELECT $1, conversation_id
            FROM known
            ORDER BY n
            ON CONFLICT (client_id, conversation_id) DO NOTHING
        )
        SELECT conversation_id AS "conversation_id!"
        FROM known
        ORDER BY n
        "#,
        client_id.as_str(),
        &conversation_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ConversationId::trusted).collect())
}

/// Forgets that a client does not want to be added to these conversations.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> Result<(), StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    sqlx::query!(
        r#"
        DELETE FROM client_blocks
        WHERE client_id = $1
          AND conversation_id = ANY ($2::text[])
        "#,
        client_id.as_str(),
        &conversation_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the conversations that a client does not want to be added to.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(connection: &mut Connection, client_id: &ClientId) -> Result<usize, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM client_blocks WHERE client_id = $1"#,
        client_id.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Lists the conversations that a client does not want to be added to, in the order in which it
/// said so.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    client_id: &ClientId,
    offset: u32,
    limit: u32,
) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"
        SELECT conversation_id
        FROM client_blocks
        WHERE client_id = $1
        ORDER BY position
        LIMIT $2
        OFFSET $3
        "#,
        client_id.as_str(),
        i64::from(limit),
        i64::from(offset),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ConversationId::trusted).collect())
}

/// Returns which of these conversations a client does not want to be added to.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_among(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
) -> Result<Vec<ConversationId>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT conversation_id
        FROM client_blocks
        WHERE client_id = $1
          AND conversation_id = ANY ($2::text[])
        "#,
        client_id.as_str(),
        &conversation_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ConversationId::trusted).collect())
}

/// Returns which of these clients do not want to be added to a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_unwilling(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT client_id
        FROM client_blocks
        WHERE conversation_id = $1
          AND client_id = ANY ($2::text[])
        "#,
        conversation_id.as_str(),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}
