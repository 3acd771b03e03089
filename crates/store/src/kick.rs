//! The `kicks` table: when the app's server last ended all sessions of a client.

use parlor_model::{ClientId, Timestamp};

use crate::{Connection, StoreError};

/// Remembers that a client was kicked.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn upsert(
    connection: &mut Connection,
    client_id: &ClientId,
    kicked_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO kicks (client_id, kicked_at)
        VALUES ($1, $2)
        ON CONFLICT (client_id) DO UPDATE
        SET kicked_at = greatest(kicks.kicked_at, excluded.kicked_at)
        "#,
        client_id.as_str(),
        kicked_at.to_date_time(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns when a client was last kicked.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    client_id: &ClientId,
) -> Result<Option<Timestamp>, StoreError> {
    let kicked_at = sqlx::query_scalar!(
        "SELECT kicked_at FROM kicks WHERE client_id = $1",
        client_id.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(kicked_at.map(Timestamp::from_date_time))
}

/// Forgets the kicks before a moment; returns how many those were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_before(
    connection: &mut Connection,
    moment: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM kicks WHERE kicked_at < $1",
        moment.to_date_time()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
