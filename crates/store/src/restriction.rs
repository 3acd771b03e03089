//! The `restrictions` table: who may not send or be in a conversation.

use parlor_model::{ClientId, ConversationId, Restriction, Timestamp};

use crate::{Connection, StoreError};

/// The number of temporary silences in `restrictions.kind`.
const SILENCED_FOR_A_WHILE: i16 = 3;

const fn number(restriction: Restriction) -> i16 {
    match restriction {
        Restriction::Silenced => 1,
        Restriction::Blocked => 2,
    }
}

/// Everything that restricts clients of a conversation at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// Who may not send.
    pub silenced: Vec<ClientId>,
    /// Who may not be there.
    pub blocked: Vec<ClientId>,
    /// Who may not send before a time.
    pub silenced_until: Vec<(ClientId, Timestamp)>,
}

/// Reads everything that restricts clients of a conversation at `now`.
///
/// # Errors
/// [`StoreError`] when the database fails, or holds a kind that is not known.
pub async fn lookup(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    now: Timestamp,
) -> Result<Restrictions, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT kind, client_id, until_at
        FROM restrictions
        WHERE conversation_id = $1
          AND (until_at IS NULL OR until_at > $2)
        "#,
        conversation_id.as_str(),
        now.to_date_time(),
    )
    .fetch_all(connection)
    .await?;
    let mut restrictions = Restrictions::default();
    for row in rows {
        let client_id = ClientId::trusted(row.client_id);
        match (row.kind, row.until_at) {
            (1, None) => restrictions.silenced.push(client_id),
            (2, None) => restrictions.blocked.push(client_id),
            (SILENCED_FOR_A_WHILE, Some(until)) => restrictions
                .silenced_until
                .push((client_id, Timestamp::from_date_time(until))),
            _ => {
                return Err(StoreError::Inconsistent {
                    table: "restrictions",
                    column: "kind",
                    id: format!("{conversation_id}, {client_id}"),
                });
            }
        }
    }
    Ok(restrictions)
}

/// Restricts clients and returns those who were not restricted so before, in the given order.
///
/// # Errors
/// [`StoreError`] when the database fails or the conversation does not exist.
pub async fn insert(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    restriction: Restriction,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        INSERT INTO restrictions (conversation_id, kind, client_id)
        SELECT $1, $2, client_id
        FROM UNNEST($3::text[]) WITH ORDINALITY AS added (client_id, n)
        ORDER BY n
        ON CONFLICT (conversation_id, kind, client_id) DO NOTHING
        RETURNING client_id
        "#,
        conversation_id.as_str(),
        number(restriction),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Lifts restrictions and returns whose there were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    restriction: Restriction,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        DELETE FROM restrictions
        WHERE conversation_id = $1
          AND kind = $2
          AND client_id = ANY ($3::text[])
        RETURNING client_id
        "#,
        conversation_id.as_str(),
        number(restriction),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Counts who is restricted so.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    restriction: Restriction,
) -> Result<usize, StoreError> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM restrictions
        WHERE conversation_id = $1
          AND kind = $2
        "#,
        conversation_id.as_str(),
        number(restriction),
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Lists who is restricted so, in the order in which it happened.
///
/// Cursors are offsets because the Java SDK computes them itself; the lists are short.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    restriction: Restriction,
    offset: u32,
    limit: u32,
) -> Result<Vec<ClientId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"
        SELECT client_id
        FROM restrictions
        WHERE conversation_id = $1
          AND kind = $2
        ORDER BY position
        LIMIT $3
        OFFSET $4
        "#,
        conversation_id.as_str(),
        number(restriction),
        i64::from(limit),
        i64::from(offset),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Returns which of these clients are restricted so.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_among(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    restriction: Restriction,
    client_ids: &[ClientId],
) -> Result<Vec<ClientId>, StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_scalar!(
        r#"
        SELECT client_id
        FROM restrictions
        WHERE conversation_id = $1
          AND kind = $2
          AND client_id = ANY ($3::text[])
        "#,
        conversation_id.as_str(),
        number(restriction),
        &client_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ClientId::trusted).collect())
}

/// Silences a client until a time, instead of until another one. What has ended before `now`, in
/// any conversation, is removed on the way.
///
/// # Errors
/// [`StoreError`] when the database fails or the conversation does not exist.
pub async fn silence_until(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM restrictions WHERE until_at <= $1",
        now.to_date_time(),
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO restrictions (conversation_id, kind, client_id, until_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (conversation_id, kind, client_id) DO UPDATE
        SET until_at = EXCLUDED.until_at
        "#,
        conversation_id.as_str(),
        SILENCED_FOR_A_WHILE,
        client_id.as_str(),
        until.to_date_time(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a temporary silence.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_silence(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        DELETE FROM restrictions
        WHERE conversation_id = $1
          AND kind = $2
          AND client_id = $3
        "#,
        conversation_id.as_str(),
        SILENCED_FOR_A_WHILE,
        client_id.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
