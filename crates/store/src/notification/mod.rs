//! The `notifications` and `notification_recipients` tables: what clients missed and may ask for.

mod stored;

use parlor_model::{ClientId, Event, Features, Timestamp};

use crate::{Connection, StoreError};
use stored::Stored;

/// An event and who is told of it.
#[derive(Clone, Debug)]
pub struct NewNotification<'a> {
    /// What happened. Events that are not permanent are left out.
    pub event: &'a Event,
    /// Who is told.
    pub clients: &'a [ClientId],
}

/// Which of the notifications after a moment are wanted; ascending in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// So many of the oldest, and those of the same moment as the last of them.
    Oldest(i64),
    /// So many of the newest.
    Newest(i64),
}

/// Keeps notifications for those of their recipients who have a login that can `ask` for them;
/// returns how many recipients that are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    connection: &mut Connection,
    notifications: &[NewNotification<'_>],
    ask: Features,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut happened_at_ms = Vec::new();
    let mut events = Vec::new();
    let mut numbers = Vec::new();
    let mut client_ids = Vec::new();
    for NewNotification { event, clients } in notifications {
        let Some(stored) = Stored::of(&event.kind) else {
            continue;
        };
        happened_at_ms.push(event.happened_at.as_millis());
        events.push(serde_json::to_value(stored).unwrap_or_default());
        // Numbered from 1, as WITH ORDINALITY does.
        let number = i64::try_from(events.len()).unwrap_or(i64::MAX);
        numbers.extend(std::iter::repeat_n(number, clients.len()));
        client_ids.extend(clients.iter().map(ToString::to_string));
    }
    if client_ids.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query!(
        r#"
        WITH told AS (
            SELECT n, client_id
            FROM UNNEST($3::bigint[], $4::text[]) AS told (n, client_id)
        ), asking AS (
            SELECT DISTINCT client_id
            FROM logins
            WHERE client_id = ANY ($4::text[])
              AND features & $5 = $5
              AND ended_by IS NULL
              AND expires_at > $6
        ), recipient AS (
            SELECT n, client_id
            FROM told
            JOIN asking USING (client_id)
        ), kept AS MATERIALIZED (
            SELECT
                nextval(pg_get_serial_sequence('notifications', 'notification_id')) AS notification_id,
                n,
                happened_at_ms,
                event
            FROM (
                SELECT n, happened_at_ms, event
                FROM UNNEST($1::bigint[], $2::jsonb[]) WITH ORDINALITY
                    AS happened (happened_at_ms, event, n)
                WHERE n IN (SELECT n FROM recipient)
                ORDER BY n
            ) AS in_order
        ), stored AS (
            INSERT INTO notifications (notification_id, happened_at_ms, event)
            OVERRIDING SYSTEM VALUE
            SELECT notification_id, happened_at_ms, event
            FROM kept
        )
        INSERT INTO notification_recipients (client_id, happened_at_ms, notification_id)
        SELECT client_id, happened_at_ms, notification_id
        FROM recipient
        JOIN kept USING (n)
        "#,
        &happened_at_ms,
        &events,
        &numbers,
        &client_ids,
        ask.bits().cast_signed(),
        now.to_date_time(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Returns since when everything is kept for a client: since its oldest login that can `ask`
/// began, or since something was cut off; `None` when it has no such login.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn kept_since(
    connection: &mut Connection,
    client_id: &ClientId,
    ask: Features,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let since_ms = sqlx::query_scalar!(
        r#"
        SELECT min(notifications_since_ms)
        FROM logins
        WHERE client_id = $1
          AND features & $2 = $2
          AND ended_by IS NULL
          AND expires_at > $3
        "#,
        client_id.as_str(),
        ask.bits().cast_signed(),
        now.to_date_time(),
    )
    .fetch_one(connection)
    .await?;
    Ok(since_ms.map(Timestamp::from_millis))
}

/// Lists what a client missed after a moment, ascending.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    client_id: &ClientId,
    after: Timestamp,
    page: Page,
) -> Result<Vec<Event>, StoreError> {
    let rows = match page {
        Page::Oldest(limit) => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT notification_id, happened_at_ms, event
                FROM (
                    SELECT notification_id
                    FROM notification_recipients
                    WHERE client_id = $1
                      AND happened_at_ms > $2
                    ORDER BY happened_at_ms
                    FETCH FIRST $3 ROWS WITH TIES
                ) AS page
                JOIN notifications USING (notification_id)
                ORDER BY happened_at_ms, notification_id
                "#,
                client_id.as_str(),
                after.as_millis(),
                limit,
            )
            .fetch_all(connection)
            .await?
        }
        Page::Newest(limit) => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT notification_id, happened_at_ms, event
                FROM (
                    SELECT notification_id
                    FROM notification_recipients
                    WHERE client_id = $1
                      AND happened_at_ms > $2
                    ORDER BY happened_at_ms DESC, notification_id DESC
                    LIMIT $3
                ) AS page
                JOIN notifications USING (notification_id)
                ORDER BY happened_at_ms, notification_id
                "#,
                client_id.as_str(),
                after.as_millis(),
                limit,
            )
            .fetch_all(connection)
            .await?
        }
    };
    rows.into_iter()
        .filter_map(|row| row.into_event().transpose())
        .collect()
}

/// Forgets what happened before a moment; returns how many notifications that were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_before(
    connection: &mut Connection,
    moment: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"
        WITH recipients AS (
            DELETE FROM notification_recipients
            WHERE happened_at_ms < $1
        )
        DELETE FROM notifications
        WHERE happened_at_ms < $1
        "#,
        moment.as_millis(),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Leaves every client its `most` newest notifications and remembers where they were cut;
/// returns how many were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn trim(connection: &mut Connection, most: i64) -> Result<u64, StoreError> {
    let trimmed = sqlx::query_scalar!(
        r#"
        WITH full_up AS (
            SELECT client_id
            FROM notification_recipients
            GROUP BY client_id
            HAVING count(*) > $1
        ), cut AS (
            SELECT
                client_id,
                (
                    SELECT happened_at_ms
                    FROM notification_recipients AS kept
                    WHERE kept.client_id = full_up.client_id
                    ORDER BY happened_at_ms DESC
                    OFFSET $1
                    LIMIT 1
                ) AS up_to_ms
            FROM full_up
        ), trimmed AS (
            DELETE FROM notification_recipients AS old
            USING cut
            WHERE old.client_id = cut.client_id
              AND old.happened_at_ms <= cut.up_to_ms
            RETURNING old.client_id
        ), remembered AS (
            UPDATE logins
            SET notifications_since_ms = up_to_ms
            FROM cut
            WHERE logins.client_id = cut.client_id
              AND notifications_since_ms < up_to_ms
        )
        SELECT count(*) AS "count!"
        FROM trimmed
        "#,
        most,
    )
    .fetch_one(connection)
    .await?;
    Ok(trimmed.unsigned_abs())
}

struct Row {
    notification_id: i64,
    happened_at_ms: i64,
    event: serde_json::Value,
}

impl Row {
    /// Returns the event; `None` when a newer version of this program stored it.
    fn into_event(self) -> Result<Option<Event>, StoreError> {
        let stored: Stored =
            serde_json::from_value(self.event).map_err(|_| inconsistent(self.notification_id))?;
        let kind = stored
            .into_kind()
            .map_err(|_| inconsistent(self.notification_id))?;
        Ok(kind.map(|kind| Event {
            happened_at: Timestamp::from_millis(self.happened_at_ms),
            kind,
        }))
    }
}

fn inconsistent(notification_id: i64) -> StoreError {
    StoreError::Inconsistent {
        table: "notifications",
        column: "event",
        id: notification_id.to_string(),
    }
}
