//! The `session_tokens` table: what lets a client reopen its session.

use std::sync::Arc;

use parlor_model::{ClientId, DeviceId, Features, Tag, Timestamp};
use uuid::Uuid;

use crate::{Connection, StoreError};

/// Tokens of one login that stay valid at once; older ones go when a newer one is issued, so
/// that a phone with a bad network does not grow the table.
const TOKENS_PER_SESSION: i64 = 8;

/// SHA-256 of a session token; the token itself is never stored.
pub type TokenHash = [u8; 32];

/// What a token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenSession {
    /// Shared by all tokens of one login.
    pub session_key: Uuid,
    /// Who logged in.
    pub client_id: ClientId,
    /// The single-sign-on group.
    pub tag: Option<Tag>,
    /// The device it was issued to.
    pub device_id: Option<DeviceId>,
    /// The session's feature bits.
    pub features: Features,
}

/// Stores a token.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    connection: &mut Connection,
    token_hash: &TokenHash,
    session: &TokenSession,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH surplus AS (
            DELETE FROM session_tokens
            WHERE token_hash IN (
                SELECT token_hash
                FROM session_tokens
                WHERE session_key = $2
                ORDER BY issued_at DESC
                OFFSET $9
            )
        )
        INSERT INTO session_tokens (
            token_hash, session_key, client_id, tag, device_id, features, issued_at, expires_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        token_hash.as_slice(),
        session.session_key,
        session.client_id.as_str(),
        session.tag.as_ref().map(Tag::as_str),
        session.device_id.as_ref().map(|id| &*id.0),
        session.features.bits().cast_signed(),
        issued_at.to_date_time(),
        expires_at.to_date_time(),
        TOKENS_PER_SESSION - 1,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Looks a token up that is valid at `now`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    token_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<TokenSession>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT session_key, client_id, tag, device_id, features
        FROM session_tokens
        WHERE token_hash = $1
          AND expires_at > $2
        "#,
        token_hash.as_slice(),
        now.to_date_time(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| TokenSession {
        session_key: row.session_key,
        client_id: ClientId::trusted(row.client_id),
        tag: row.tag.as_deref().and_then(Tag::from_wire),
        device_id: row.device_id.map(|id| DeviceId(Arc::from(id))),
        features: Features::from_bits(row.features.cast_unsigned()),
    }))
}

/// Revokes every token of one login.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_session(
    connection: &mut Connection,
    session_key: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM session_tokens WHERE session_key = $1",
        session_key
    )
    .execute(connection)
    .await?;
    Ok(())
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
