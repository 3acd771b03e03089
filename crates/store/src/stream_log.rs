//! What a client sees of service conversations, put together from the log.
//!
//! Each statement joins the same four parts: messages to single clients, what the client sent to
//! the app's server, broadcasts to subscribers, broadcasts to everybody. Each part is a range of
//! an index that is read in order, only as far as needed; that is why the parts are spelled out
//! in every statement instead of being a view, which would have to sort.

use parlor_model::{
    AddressedTo, ClientId, ConversationId, ConversationKind, Message, MessageId, Timestamp,
    UnreadConversation, limit,
};

use crate::message::{PageFrom, Row, Span};
use crate::stream::Share;
use crate::unread::{Row as UnreadRow, WINDOW};
use crate::{Connection, StoreError};

/// Lists messages of a span of a client's stream, ascending by time and id, at most `limit` from
/// the given end.
///
/// # Errors
/// [`StoreError`] when the database fails.
#[expect(clippy::too_many_arguments, reason = "each is a bound of the page")]
pub async fn history(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
    share: Share,
    span: &Span,
    typed: Option<i32>,
    from: PageFrom,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let subscribed_from_ms = share.subscribed.map(|(from, _)| from.as_millis());
    let subscribed_until_ms = share
        .subscribed
        .and_then(|(_, until)| until)
        .map_or(i64::MAX, Timestamp::as_millis);
    let everybody_from_ms = share.everybody_from.map(Timestamp::as_millis);
    let rows = match from {
        PageFrom::Oldest => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id AS "conversation_id!", sent_at_ms AS "sent_at_ms!",
                       message_id AS "message_id!", sender_id AS "sender_id!",
                       content AS "content!", is_binary AS "is_binary!",
                       mention_all AS "mention_all!", mention_ids AS "mention_ids!",
                       patched_at_ms
                FROM (
                    (
                        SELECT m.*
                        FROM stream_messages AS s
                        JOIN messages AS m USING (conversation_id, sent_at_ms, message_id)
                        WHERE s.conversation_id = $1
                          AND s.client_id = $2
                          AND (s.sent_at_ms, s.message_id) >= ($3, $4)
                          AND (s.sent_at_ms, s.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY s.sent_at_ms, s.message_id
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.sender_id = $2
                          AND m.addressed_to = 2
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms, m.message_id
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.addressed_to = 3
                          AND m.sent_at_ms >= $9
                          AND m.sent_at_ms < $10
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms, m.message_id
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.addressed_to = 4
                          AND m.sent_at_ms >= $11
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms, m.message_id
                        LIMIT $8
                    )
                ) AS parts
                ORDER BY sent_at_ms, message_id
                LIMIT $8
                "#,
                conversation_id.as_str(),
                client_id.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                typed,
                i64::from(limit),
                subscribed_from_ms,
                subscribed_until_ms,
                everybody_from_ms,
            )
            .fetch_all(connection)
            .await?
        }
        PageFrom::Newest => {
            let mut rows = sqlx::query_as!(
                Row,
                r#"
                SELECT conversation_id AS "conversation_id!", sent_at_ms AS "sent_at_ms!",
                       message_id AS "message_id!", sender_id AS "sender_id!",
                       content AS "content!", is_binary AS "is_binary!",
                       mention_all AS "mention_all!", mention_ids AS "mention_ids!",
                       patched_at_ms
                FROM (
                    (
                        SELECT m.*
                        FROM stream_messages AS s
                        JOIN messages AS m USING (conversation_id, sent_at_ms, message_id)
                        WHERE s.conversation_id = $1
                          AND s.client_id = $2
                          AND (s.sent_at_ms, s.message_id) >= ($3, $4)
                          AND (s.sent_at_ms, s.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY s.sent_at_ms DESC, s.message_id DESC
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.sender_id = $2
                          AND m.addressed_to = 2
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms DESC, m.message_id DESC
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.addressed_to = 3
                          AND m.sent_at_ms >= $9
                          AND m.sent_at_ms < $10
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms DESC, m.message_id DESC
                        LIMIT $8
                    )
                    UNION ALL
                    (
                        SELECT m.*
                        FROM messages AS m
                        WHERE m.conversation_id = $1
                          AND m.addressed_to = 4
                          AND m.sent_at_ms >= $11
                          AND (m.sent_at_ms, m.message_id) >= ($3, $4)
                          AND (m.sent_at_ms, m.message_id) < ($5, $6)
                          AND ($7::integer IS NULL OR m.typed = $7)
                        ORDER BY m.sent_at_ms DESC, m.message_id DESC
                        LIMIT $8
                    )
                ) AS parts
                ORDER BY sent_at_ms DESC, message_id DESC
                LIMIT $8
                "#,
                conversation_id.as_str(),
                client_id.as_str(),
                span.low.sent_at.as_millis(),
                span.low.id.as_str(),
                span.high.sent_at.as_millis(),
                span.high.id.as_str(),
                typed,
                i64::from(limit),
                subscribed_from_ms,
                subscribed_until_ms,
                everybody_from_ms,
            )
            .fetch_all(connection)
            .await?;
            rows.reverse();
            rows
        }
    };
    rows.into_iter()
        .map(|row| row.into_message(ConversationKind::Service))
        .collect()
}

/// Returns whom a message of a service conversation is for; `None` when it does not exist.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn addressees(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    message_id: &MessageId,
) -> Result<Option<AddressedTo>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT m.addressed_to,
               m.valid_till_ms,
               ARRAY(
                   SELECT s.client_id
                   FROM stream_messages AS s
                   WHERE s.conversation_id = m.conversation_id
                     AND s.sent_at_ms = m.sent_at_ms
                     AND s.message_id = m.message_id
               ) AS "client_ids!"
        FROM messages AS m
        WHERE m.message_id = $1
          AND m.conversation_id = $2
        "#,
        message_id.as_str(),
        conversation_id.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| match (row.addressed_to, row.valid_till_ms) {
        (Some(1), _) => {
            AddressedTo::Clients(row.client_ids.into_iter().map(ClientId::trusted).collect())
        }
        (Some(2), _) => AddressedTo::App,
        (Some(3), _) => AddressedTo::Subscribers,
        (_, Some(valid_till)) => AddressedTo::Everybody {
            valid_till: Timestamp::from_millis(valid_till),
        },
        (_, None) => AddressedTo::Conversation,
    }))
}

/// Lists the service conversations to report to a client at login, newest first: as
/// [`crate::unread::list_changed`] does for the conversations it is a member of.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_changed(
    connection: &mut Connection,
    client_id: &ClientId,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<UnreadConversation>, StoreError> {
    let rows = list(connection, client_id, None, since, now).await?;
    rows.into_iter().map(UnreadConversation::try_from).collect()
}

/// Looks up the unread state and the newest message of these service conversations for a
/// client, read or not; those it has nothing to do with are left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_ids: &[ConversationId],
    now: Timestamp,
) -> Result<Vec<UnreadConversation>, StoreError> {
    let conversation_ids: Vec<String> = conversation_ids.iter().map(ToString::to_string).collect();
    let rows = list(connection, client_id, Some(&conversation_ids), None, now).await?;
    rows.into_iter().map(UnreadConversation::try_from).collect()
}

/// Lists what changed `since`, or all of `only`.
async fn list(
    connection: &mut Connection,
    client_id: &ClientId,
    only: Option<&[String]>,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<UnreadRow>, StoreError> {
    let limit = only.map_or(limit::UNREAD_CONVERSATIONS, |only| {
        i64::try_from(only.len()).unwrap_or(i64::MAX)
    });
    let rows = sqlx::query_as!(
        UnreadRow,
        r#"
        WITH me AS (
            SELECT broadcasts_from_ms AS everybody_from_ms
            FROM (SELECT $1 AS client_id) AS asked
            LEFT JOIN clients USING (client_id)
        ),
        touched AS (
            SELECT conversation_id
            FROM streams
            WHERE client_id = $1
              AND ($2::text[] IS NULL OR conversation_id = ANY ($2))
            UNION
            SELECT m.conversation_id
            FROM me
            JOIN messages AS m ON m.sent_at_ms >= me.everybody_from_ms
            WHERE m.addressed_to = 4
              AND m.valid_till_ms > $4
              AND ($2::text[] IS NULL OR m.conversation_id = ANY ($2))
        )
        SELECT t.conversation_id AS "conversation_id!",
               3::smallint AS "kind!",
               unread.count AS "count!",
               unread.mentioned AS "mentioned!",
               newest.sent_at_ms AS "sent_at_ms?",
               newest.message_id AS "message_id?",
               newest.sender_id AS "sender_id?",
               newest.content AS "content?",
               newest.is_binary AS "is_binary?",
               newest.mention_all AS "mention_all?",
               newest.mention_ids AS "mention_ids?",
               newest.patched_at_ms AS "patched_at_ms?"
        FROM touched AS t
        CROSS JOIN me
        LEFT JOIN streams AS s ON s.conversation_id = t.conversation_id AND s.client_id = $1
        CROSS JOIN LATERAL (
            SELECT COALESCE(s.read_up_to_ms, me.everybody_from_ms - 1) AS read_up_to_ms,
                   COALESCE(s.subscribed_until_ms, 9223372036854775807) AS subscribed_until_ms
        ) AS mine
        LEFT JOIN LATERAL (
            SELECT *
            FROM (
                (
                    SELECT m.*
                    FROM stream_messages AS x
                    JOIN messages AS m USING (conversation_id, sent_at_ms, message_id)
                    WHERE x.conversation_id = t.conversation_id
                      AND x.client_id = $1
                    ORDER BY x.sent_at_ms DESC, x.message_id DESC
                    LIMIT 1
                )
                UNION ALL
                (
                    SELECT m.*
                    FROM messages AS m
                    WHERE m.conversation_id = t.conversation_id
                      AND m.sender_id = $1
                      AND m.addressed_to = 2
                    ORDER BY m.sent_at_ms DESC, m.message_id DESC
                    LIMIT 1
                )
                UNION ALL
                (
                    SELECT m.*
                    FROM messages AS m
                    WHERE m.conversation_id = t.conversation_id
                      AND m.addressed_to = 3
                      AND m.sent_at_ms >= s.subscribed_from_ms
                      AND m.sent_at_ms < mine.subscribed_until_ms
                    ORDER BY m.sent_at_ms DESC, m.message_id DESC
                    LIMIT 1
                )
                UNION ALL
                (
                    SELECT m.*
                    FROM messages AS m
                    WHERE m.conversation_id = t.conversation_id
                      AND m.addressed_to = 4
                      AND m.sent_at_ms >= me.everybody_from_ms
                    ORDER BY m.sent_at_ms DESC, m.message_id DESC
                    LIMIT 1
                )
            ) AS parts
            ORDER BY sent_at_ms DESC, message_id DESC
            LIMIT 1
        ) AS newest ON true
        CROSS JOIN LATERAL (
            SELECT count(*) AS count,
                   COALESCE(bool_or(mention_all OR $1 = ANY (mention_ids)), false) AS mentioned
            FROM (
                (
                    SELECT m.mention_all, m.mention_ids, m.sender_id
                    FROM stream_messages AS x
                    JOIN messages AS m USING (conversation_id, sent_at_ms, message_id)
                    WHERE x.conversation_id = t.conversation_id
                      AND x.client_id = $1
                      AND x.sent_at_ms > mine.read_up_to_ms
                    ORDER BY x.sent_at_ms DESC, x.message_id DESC
                    LIMIT $5
                )
                UNION ALL
                (
                    SELECT m.mention_all, m.mention_ids, m.sender_id
                    FROM messages AS m
                    WHERE m.conversation_id = t.conversation_id
                      AND m.addressed_to = 3
                      AND m.sent_at_ms > mine.read_up_to_ms
                      AND m.sent_at_ms >= s.subscribed_from_ms
                      AND m.sent_at_ms < mine.subscribed_until_ms
                    ORDER BY m.sent_at_ms DESC, m.message_id DESC
                    LIMIT $5
                )
                UNION ALL
                (
                    SELECT m.mention_all, m.mention_ids, m.sender_id
                    FROM messages AS m
                    WHERE m.conversation_id = t.conversation_id
                      AND m.addressed_to = 4
                      AND m.valid_till_ms > $4
                      AND m.sent_at_ms > mine.read_up_to_ms
                      AND m.sent_at_ms >= me.everybody_from_ms
                    ORDER BY m.sent_at_ms DESC, m.message_id DESC
                    LIMIT $5
                )
            ) AS parts
            WHERE sender_id <> $1
        ) AS unread
        WHERE $2::text[] IS NOT NULL
           OR (
               (unread.count > 0 OR s.read_at_ms > $3)
               AND ($3::bigint IS NULL OR newest.sent_at_ms > $3 OR s.read_at_ms > $3)
           )
        ORDER BY newest.sent_at_ms DESC
        LIMIT $6
        "#,
        client_id.as_str(),
        only,
        since.map(Timestamp::as_millis),
        now.as_millis(),
        WINDOW,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
