//! The `client_days` table: who was logged in today. Rows come with each session token.

use parlor_model::Timestamp;

use crate::{Connection, StoreError};

/// Counts the clients that were logged in on the day of `now` (UTC).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(connection: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "count!"
        FROM client_days
        WHERE day = $1
        "#,
        now.to_date_time().date(),
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// Removes the days before that of `now`; returns how many rows that were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_before(connection: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM client_days WHERE day < $1",
        now.to_date_time().date()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
