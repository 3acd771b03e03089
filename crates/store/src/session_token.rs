//! The `session_tokens` table: what lets a client reopen its session.

use parlor_model::{Features, SessionEnd, Timestamp};
use uuid::Uuid;

use crate::login::{Login, Row, end_of};
use crate::{Connection, StoreError};

/// Tokens of one login that stay valid at once; older ones go when a newer one is issued, so
/// that a phone with a bad network does not grow the table.
const TOKENS_PER_SESSION: i64 = 8;

/// SHA-256 of a session token; the token itself is never stored.
pub type TokenHash = [u8; 32];

/// A login that somebody has a token of.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The login.
    pub login: Login,
    /// Set when it was ended from outside.
    pub end: Option<SessionEnd>,
}

/// What became of a wish for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    /// The token is stored.
    Stored,
    /// The login was ended from outside.
    Ended(SessionEnd),
    /// There is no such login any more.
    Gone,
}

/// Stores a token of a login in force, which then lives as long as the token.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    connection: &mut Connection,
    token_hash: &TokenHash,
    session_key: Uuid,
    features: Features,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<Issued, StoreError> {
    let login = sqlx::query!(
        r#"
        WITH login AS (
            UPDATE logins
            SET features = $3,
                expires_at = greatest(expires_at, $5)
            WHERE session_key = $2
            RETURNING session_key, client_id, ended_by, end_reason
        ), today AS (
            INSERT INTO client_days (day, client_id)
            SELECT ($4 AT TIME ZONE 'UTC')::date, client_id
            FROM login
            WHERE ended_by IS NULL
            ON CONFLICT (day, client_id) DO NOTHING
        ), surplus AS (
            DELETE FROM session_tokens
            WHERE token_hash IN (
                SELECT token_hash
                FROM session_tokens
                WHERE session_key = $2
                ORDER BY issued_at DESC
                OFFSET $6
            )
        ), token AS (
            INSERT INTO session_tokens (token_hash, session_key, issued_at, expires_at)
            SELECT $1, session_key, $4, $5
            FROM login
            WHERE ended_by IS NULL
        )
        SELECT ended_by, end_reason
        FROM login
        "#,
        token_hash.as_slice(),
        session_key,
        features.bits().cast_signed(),
        issued_at.to_date_time(),
        expires_at.to_date_time(),
        TOKENS_PER_SESSION - 1,
    )
    .fetch_optional(connection)
    .await?;
    let Some(login) = login else {
        return Ok(Issued::Gone);
    };
    let end = end_of(session_key, login.ended_by, login.end_reason)?;
    Ok(end.map_or(Issued::Stored, Issued::Ended))
}

/// Looks a token up that is valid at `now`, also when its login was ended from outside.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    token_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT session_key, client_id, tag, device_id, features, ended_by, end_reason
        FROM session_tokens
        JOIN logins USING (session_key)
        WHERE token_hash = $1
          AND session_tokens.expires_at > $2
        "#,
        token_hash.as_slice(),
        now.to_date_time(),
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Found {
            end: end_of(row.session_key, row.ended_by, row.end_reason)?,
            login: Row {
                session_key: row.session_key,
                client_id: row.client_id,
                tag: row.tag,
                device_id: row.device_id,
                features: row.features,
            }
            .into(),
        })
    })
    .transpose()
}

/// Removes what expired before `now`; returns how many tokens that were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM session_tokens WHERE expires_at <= $1",
        now.to_date_time()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
