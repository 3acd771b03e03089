//! The `clients` table: clients that have logged in.

use parlor_model::{ClientId, Timestamp};

use crate::{Connection, StoreError};

/// Notes that a client logs in. At its first time decides which broadcasts to everybody are its:
/// the newest one that still holds, and all that come.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn note_login(
    connection: &mut Connection,
    client_id: &ClientId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO clients (client_id, broadcasts_from_ms)
        SELECT $1, COALESCE(
            (
                SELECT max(sent_at_ms)
                FROM messages
                WHERE addressed_to = 4
                  AND valid_till_ms > $2
            ),
            $2
        )
        WHERE NOT EXISTS (SELECT FROM clients WHERE client_id = $1)
        ON CONFLICT (client_id) DO NOTHING
        "#,
        client_id.as_str(),
        now.as_millis(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
