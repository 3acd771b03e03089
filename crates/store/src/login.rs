//! The `logins` table: who is logged in from which device, and who holds a tag.
//!
//! Tokens belong to a login (see [`crate::session_token`]). A login that was ended from outside
//! stays until its tokens expire, so that who presents one can be told why.

use std::sync::Arc;

use parlor_model::{ClientId, DeviceId, Features, SessionEnd, Tag, Timestamp};
use uuid::Uuid;

use crate::{Connection, StoreError};

const SUPERSEDED: i16 = 1;
const CONFLICT: i16 = 2;
const KICKED: i16 = 3;

/// What all tokens of one login stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// Names the login.
    pub session_key: Uuid,
    /// Who logged in.
    pub client_id: ClientId,
    /// The single-sign-on group.
    pub tag: Option<Tag>,
    /// The device it runs on.
    pub device_id: Option<DeviceId>,
    /// The session's feature bits.
    pub features: Features,
}

/// The login that holds a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// Which one.
    pub login: Login,
    /// When its newest token expires.
    pub expires_at: Timestamp,
}

/// A row of `logins` as every query here reads it.
pub(crate) struct Row {
    pub(crate) session_key: Uuid,
    pub(crate) client_id: String,
    pub(crate) tag: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) features: i64,
}

impl From<Row> for Login {
    fn from(row: Row) -> Self {
        Self {
            session_key: row.session_key,
            client_id: ClientId::trusted(row.client_id),
            tag: row.tag.as_deref().and_then(Tag::from_wire),
            device_id: row.device_id.map(|id| DeviceId(Arc::from(id))),
            features: Features::from_bits(row.features.cast_unsigned()),
        }
    }
}

/// Makes everybody who logs this client in, or kicks it, wait until the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_client(
    connection: &mut Connection,
    client_id: &ClientId,
) -> Result<(), StoreError> {
    // The seed keeps client ids apart from what else is locked by a hash of its text.
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))",
        client_id.as_str()
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Returns the login that holds a client's tag.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup_holder(
    connection: &mut Connection,
    client_id: &ClientId,
    tag: &Tag,
) -> Result<Option<Holder>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT session_key, client_id, tag, device_id, features, expires_at
        FROM logins
        WHERE client_id = $1
          AND tag = $2
          AND ended_by IS NULL
        "#,
        client_id.as_str(),
        tag.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Holder {
        expires_at: Timestamp::from_date_time(row.expires_at),
        login: Row {
            session_key: row.session_key,
            client_id: row.client_id,
            tag: row.tag,
            device_id: row.device_id,
            features: row.features,
        }
        .into(),
    }))
}

/// Returns what the newest login of a client on a device could handle.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup_features(
    connection: &mut Connection,
    client_id: &ClientId,
    device_id: Option<&DeviceId>,
) -> Result<Option<Features>, StoreError> {
    let features = sqlx::query_scalar!(
        r#"
        SELECT features
        FROM logins
        WHERE client_id = $1
          AND device_id IS NOT DISTINCT FROM $2
        ORDER BY opened_at DESC
        LIMIT 1
        "#,
        client_id.as_str(),
        device_id.map(|id| &*id.0),
    )
    .fetch_optional(connection)
    .await?;
    Ok(features.map(|bits| Features::from_bits(bits.cast_unsigned())))
}

/// Stores a login. Its tag must have no holder.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    connection: &mut Connection,
    login: &Login,
    opened_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO logins (
            session_key, client_id, tag, device_id, features, opened_at, expires_at,
            notifications_since_ms
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        login.session_key,
        login.client_id.as_str(),
        login.tag.as_ref().map(Tag::as_str),
        login.device_id.as_ref().map(|id| &*id.0),
        login.features.bits().cast_signed(),
        opened_at.to_date_time(),
        expires_at.to_date_time(),
        opened_at.as_millis(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Changes the device of a login; returns whether it is still in force.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn update_device(
    connection: &mut Connection,
    session_key: Uuid,
    device_id: &DeviceId,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        UPDATE logins
        SET device_id = $2
        WHERE session_key = $1
          AND ended_by IS NULL
        "#,
        session_key,
        &*device_id.0,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lets those of the logins that would expire before `due` expire at `expires_at`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn extend(
    connection: &mut Connection,
    session_keys: &[Uuid],
    due: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE logins
        SET expires_at = $3
        WHERE session_key = ANY ($1)
          AND expires_at < $2
          AND ended_by IS NULL
        "#,
        session_keys,
        due.to_date_time(),
        expires_at.to_date_time(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a login from outside: its tokens are worth nothing but the reason.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end(
    connection: &mut Connection,
    session_key: Uuid,
    end: &SessionEnd,
) -> Result<(), StoreError> {
    let (ended_by, end_reason) = columns_of(end);
    sqlx::query!(
        r#"
        UPDATE logins
        SET ended_by = $2, end_reason = $3
        WHERE session_key = $1
          AND ended_by IS NULL
        "#,
        session_key,
        ended_by,
        end_reason,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every login of a client from outside.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_all(
    connection: &mut Connection,
    client_id: &ClientId,
    end: &SessionEnd,
) -> Result<(), StoreError> {
    let (ended_by, end_reason) = columns_of(end);
    sqlx::query!(
        r#"
        UPDATE logins
        SET ended_by = $2, end_reason = $3
        WHERE client_id = $1
          AND ended_by IS NULL
        "#,
        client_id.as_str(),
        ended_by,
        end_reason,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets a login and its tokens.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(connection: &mut Connection, session_key: Uuid) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM logins WHERE session_key = $1", session_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the logins that expired before `now`; returns how many that were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM logins WHERE expires_at <= $1",
        now.to_date_time()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

fn columns_of(end: &SessionEnd) -> (i16, Option<&str>) {
    match end {
        SessionEnd::Superseded => (SUPERSEDED, None),
        SessionEnd::Conflict => (CONFLICT, None),
        SessionEnd::Kicked { reason } => (KICKED, reason.as_deref()),
    }
}

pub(crate) fn end_of(
    session_key: Uuid,
    ended_by: Option<i16>,
    end_reason: Option<String>,
) -> Result<Option<SessionEnd>, StoreError> {
    Ok(match ended_by {
        None => None,
        Some(SUPERSEDED) => Some(SessionEnd::Superseded),
        Some(CONFLICT) => Some(SessionEnd::Conflict),
        Some(KICKED) => Some(SessionEnd::Kicked {
            reason: end_reason.map(Arc::from),
        }),
        Some(_) => {
            return Err(StoreError::Inconsistent {
                table: "logins",
                column: "ended_by",
                id: session_key.to_string(),
            });
        }
    })
}
