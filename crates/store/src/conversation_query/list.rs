//! Running a conversation query.

use std::collections::HashMap;
use std::time::Duration;

use parlor_model::{
    ClientId, Conversation, ConversationId, ConversationKind, ErrorClass, Message, Timestamp,
};
use sqlx::{FromRow, Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::{Filter, ScanOrder, ScanPosition, Sort, sql};
use crate::message::Row as MessageRow;
use crate::stream::Subscription;
use crate::{Connection, StoreError, Tx, conversation, stream, stream_log};

/// Which conversations to list and what to bring along.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationQuery {
    /// The condition.
    pub filter: Filter,
    /// Which kinds are looked at at all.
    pub scope: Scope,
    /// The order.
    pub sort: Sort,
    /// The last row of the page before, for a walk in its order.
    pub after: Option<(ScanOrder, ScanPosition)>,
    /// Rows to skip.
    pub skip: u32,
    /// Most rows to return.
    pub limit: u32,
    /// Whether rows carry their members.
    pub members: MemberList,
    /// Whether rows carry their last message.
    pub last_message: LastMessage,
    /// Who looks, for what depends on it in service conversations; `None` for the app's server.
    pub viewer: Option<Viewer>,
}

/// A client that looks at rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Which one.
    pub client_id: ClientId,
    /// When it looks.
    pub now: Timestamp,
}

/// Which kinds of conversations a query looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Normal conversations, chat rooms and service conversations.
    All,
    /// Normal conversations only.
    Normal,
    /// Temporary conversations that are alive at this moment. No other scope holds them.
    TemporaryAt(Timestamp),
}

/// Whether rows carry their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberList {
    /// They do.
    Included,
    /// They do not.
    Omitted,
}

/// Whether rows carry their last message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastMessage {
    /// They do.
    Included,
    /// They carry only its time.
    Omitted,
}

/// A conversation with what is derived from its members and messages.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationRow {
    /// The stored facts.
    pub conversation: Conversation,
    /// The members in the order they came; `None` when not asked for.
    pub members: Option<Vec<ClientId>>,
    /// Those of the members who silenced push notifications for themselves.
    pub muted: Vec<ClientId>,
    /// When the last message was sent; never told of a service conversation.
    pub last_message_at: Option<Timestamp>,
    /// The last message, in a service conversation that of the viewer's stream; `None` when there
    /// is none or when not asked for.
    pub last_message: Option<Message>,
    /// The viewer's subscription to a service conversation.
    pub subscription: Option<Subscription>,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The database's pattern engine refuses a pattern of the filter.
    #[error("$regex is refused by the database: {0}")]
    Pattern(String),
    /// The database failed, or the query took too long.
    #[error(transparent)]
    Store(StoreError),
}

impl ListError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Pattern(_) => ErrorClass::Invalid,
            Self::Store(error) => error.class(),
        }
    }
}

impl From<StoreError> for ListError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for ListError {
    fn from(error: sqlx::Error) -> Self {
        // SQLSTATE 2201B: invalid regular expression. The text is about the pattern only.
        match error.as_database_error() {
            Some(refusal) if refusal.code().as_deref() == Some("2201B") => Self::Pattern(
                refusal
                    .message()
                    .trim_start_matches("invalid regular expression: ")
                    .to_owned(),
            ),
            _ => Self::Store(error.into()),
        }
    }
}

/// Lists conversations, all parts of a row from one moment.
///
/// The transaction must be new. Each statement in it may run for `timeout`; past that the
/// result is [`StoreError::TimedOut`].
///
/// # Errors
/// [`ListError`] when a pattern is refused, the query takes too long or the database fails.
pub async fn list(
    tx: &mut Tx,
    query: &ConversationQuery,
    timeout: Duration,
) -> Result<Vec<ConversationRow>, ListError> {
    prepare(tx, timeout).await?;
    let conversations = page(tx, query).await?;
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let conversation_ids: Vec<String> = conversations
        .iter()
        .filter(|conversation| conversation.kind != ConversationKind::Service)
        .map(|conversation| conversation.id.as_str().to_owned())
        .collect();
    let mut members = members(tx, &conversation_ids, query.members).await?;
    let mut newest = newest_messages(tx, &conversation_ids, query.last_message).await?;
    let mut viewed = viewed(tx, &conversations, query).await?;
    conversations
        .into_iter()
        .map(|conversation| {
            let (members, muted) = members.remove(&conversation.id).unwrap_or_default();
            let (subscription, last_in_stream) =
                viewed.remove(&conversation.id).unwrap_or_default();
            let newest = newest.remove(&conversation.id);
            let last_message_at = newest
                .as_ref()
                .map(|newest| Timestamp::from_millis(newest.sent_at_ms));
            let last_message = newest
                .and_then(NewestRow::into_row)
                .map(|row| row.into_message(conversation.kind))
                .transpose()?
                .or(last_in_stream);
            Ok(ConversationRow {
                members: match query.members {
                    MemberList::Included if conversation.kind != ConversationKind::Service => {
                        Some(members)
                    }
                    MemberList::Included | MemberList::Omitted => None,
                },
                muted,
                last_message_at,
                last_message,
                subscription,
                conversation,
            })
        })
        .collect()
}

/// Counts the conversations that pass a filter.
///
/// The transaction must be new; see [`list`].
///
/// # Errors
/// [`ListError`] when a pattern is refused, the query takes too long or the database fails.
pub async fn count(
    tx: &mut Tx,
    filter: &Filter,
    scope: Scope,
    timeout: Duration,
) -> Result<u64, ListError> {
    prepare(tx, timeout).await?;
    let mut statement = QueryBuilder::new("SELECT count(*)");
    push_from(
        &mut statement,
        filter,
        scope,
        filter.needs_last_message_time(),
    );
    let count: i64 = statement
        .build_query_scalar()
        .persistent(false)
        .fetch_one(&mut **tx)
        .await?;
    Ok(count.unsigned_abs())
}

/// Tells whether a conversation passes a filter, in whatever transaction the caller changes it.
///
/// # Errors
/// [`ListError`] when a pattern is refused or the database fails.
pub async fn passes(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    filter: &Filter,
) -> Result<bool, ListError> {
    let mut statement = QueryBuilder::new("SELECT EXISTS (SELECT");
    push_from(
        &mut statement,
        filter,
        Scope::All,
        filter.needs_last_message_time(),
    );
    statement
        .push(" AND c.conversation_id = ")
        .push_bind(conversation_id.as_str())
        .push(")");
    Ok(statement
        .build_query_scalar()
        .persistent(false)
        .fetch_one(connection)
        .await?)
}

async fn prepare(tx: &mut Tx, timeout: Duration) -> Result<(), ListError> {
    // Zero would mean no limit at all.
    let timeout_ms = timeout.as_millis().clamp(1, 86_400_000);
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut **tx)
        .await?;
    // Compiling a plan takes longer than running one that returns a page.
    sqlx::query("SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)")
        .bind(timeout_ms.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Builds the statement that finds the page's conversations.
pub(super) fn page_statement(query: &ConversationQuery) -> QueryBuilder<Postgres> {
    let mut statement = QueryBuilder::new(
        r#"
        SELECT c.conversation_id, c.kind, c.name, c.creator_id, c.attr, c.extra, c.unique_id,
               c.created_at, c.updated_at, c.expires_at"#,
    );
    push_from(
        &mut statement,
        &query.filter,
        query.scope,
        query.filter.needs_last_message_time() || query.sort.needs_last_message_time(),
    );
    if let Some((order, position)) = &query.after {
        statement.push(" AND ");
        order.push_after(&mut statement, position);
    }
    statement.push(" ORDER BY ");
    sql::push_sort(&mut statement, &query.sort);
    statement.push(" LIMIT ").push_bind(i64::from(query.limit));
    statement.push(" OFFSET ").push_bind(i64::from(query.skip));
    statement
}

fn push_from(
    statement: &mut QueryBuilder<Postgres>,
    filter: &Filter,
    scope: Scope,
    needs_newest: bool,
) {
    statement.push(" FROM conversations AS c");
    if needs_newest {
        sql::push_newest(statement);
    }
    let kinds = match scope {
        Scope::All => &[
            ConversationKind::Normal,
            ConversationKind::ChatRoom,
            ConversationKind::Service,
        ][..],
        Scope::Normal => &[ConversationKind::Normal],
        Scope::TemporaryAt(_) => &[ConversationKind::Temporary],
    };
    let kinds: Vec<i16> = kinds.iter().map(|kind| kind.number()).collect();
    statement.push(" WHERE c.kind = ANY (").push_bind(kinds);
    statement.push(") AND ");
    if let Scope::TemporaryAt(now) = scope {
        statement
            .push("c.expires_at > ")
            .push_bind(now.to_date_time());
        statement.push(" AND ");
    }
    sql::push_filter(statement, filter);
}

#[derive(FromRow)]
struct PageRow {
    conversation_id: String,
    kind: i16,
    name: Option<String>,
    creator_id: Option<String>,
    attr: Option<serde_json::Value>,
    extra: serde_json::Value,
    unique_id: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
}

async fn page(
    connection: &mut Connection,
    query: &ConversationQuery,
) -> Result<Vec<Conversation>, ListError> {
    // Not kept as a prepared statement: its text is as varied as the requests, and a plan made
    // for one client's conversations is wrong for another's.
    let rows: Vec<PageRow> = page_statement(query)
        .build_query_as()
        .persistent(false)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let row = conversation::Row {
                conversation_id: row.conversation_id,
                kind: row.kind,
                name: row.name,
                creator_id: row.creator_id,
                attr: row.attr,
                extra: row.extra,
                unique_id: row.unique_id,
                created_at: row.created_at,
                updated_at: row.updated_at,
                expires_at: row.expires_at,
            };
            Ok(Conversation::try_from(row)?)
        })
        .collect()
}

type Viewed = (Option<Subscription>, Option<Message>);

/// Looks up what the viewer has with the service conversations of a page.
async fn viewed(
    connection: &mut Connection,
    conversations: &[Conversation],
    query: &ConversationQuery,
) -> Result<HashMap<ConversationId, Viewed>, StoreError> {
    let mut viewed: HashMap<ConversationId, Viewed> = HashMap::new();
    let conversation_ids: Vec<ConversationId> = conversations
        .iter()
        .filter(|conversation| conversation.kind == ConversationKind::Service)
        .map(|conversation| conversation.id.clone())
        .collect();
    let Some(Viewer { client_id, now }) = &query.viewer else {
        return Ok(viewed);
    };
    if conversation_ids.is_empty() {
        return Ok(viewed);
    }
    let subscribed = stream::list_subscribed(connection, client_id, &conversation_ids).await?;
    for (conversation_id, subscription) in subscribed {
        viewed.entry(conversation_id).or_default().0 = Some(subscription);
    }
    if query.last_message == LastMessage::Included {
        let streams = stream_log::lookup(connection, client_id, &conversation_ids, *now).await?;
        for stream in streams {
            viewed.entry(stream.conversation_id).or_default().1 = stream.last_message;
        }
    }
    Ok(viewed)
}

type MembersAndMuted = (Vec<ClientId>, Vec<ClientId>);

async fn members(
    connection: &mut Connection,
    conversation_ids: &[String],
    wanted: MemberList,
) -> Result<HashMap<ConversationId, MembersAndMuted>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT conversation_id, client_id, muted
        FROM members
        WHERE conversation_id = ANY ($1::text[])
          AND (muted OR $2)
        ORDER BY conversation_id, position
        "#,
        conversation_ids,
        wanted == MemberList::Included,
    )
    .fetch_all(connection)
    .await?;
    let mut members: HashMap<ConversationId, MembersAndMuted> = HashMap::new();
    for row in rows {
        let (all, muted) = members
            .entry(ConversationId::trusted(row.conversation_id))
            .or_default();
        let client_id = ClientId::trusted(row.client_id);
        if row.muted {
            muted.push(client_id.clone());
        }
        all.push(client_id);
    }
    Ok(members)
}

#[derive(Debug)]
struct NewestRow {
    conversation_id: String,
    sent_at_ms: i64,
    message_id: Option<String>,
    sender_id: Option<String>,
    content: Option<Vec<u8>>,
    is_binary: Option<bool>,
    mention_all: Option<bool>,
    mention_ids: Option<Vec<String>>,
    patched_at_ms: Option<i64>,
}

impl NewestRow {
    fn into_row(self) -> Option<MessageRow> {
        Some(MessageRow {
            conversation_id: self.conversation_id,
            sent_at_ms: self.sent_at_ms,
            message_id: self.message_id?,
            sender_id: self.sender_id?,
            content: self.content?,
            is_binary: self.is_binary?,
            mention_all: self.mention_all?,
            mention_ids: self.mention_ids?,
            patched_at_ms: self.patched_at_ms,
        })
    }
}

async fn newest_messages(
    connection: &mut Connection,
    conversation_ids: &[String],
    wanted: LastMessage,
) -> Result<HashMap<ConversationId, NewestRow>, StoreError> {
    let rows = match wanted {
        LastMessage::Included => {
            sqlx::query_as!(
                NewestRow,
                r#"
                SELECT newest.conversation_id AS "conversation_id!",
                       newest.sent_at_ms AS "sent_at_ms!",
                       newest.message_id AS "message_id?",
                       newest.sender_id AS "sender_id?",
                       newest.content AS "content?",
                       newest.is_binary AS "is_binary?",
                       newest.mention_all AS "mention_all?",
                       newest.mention_ids AS "mention_ids?",
                       newest.patched_at_ms AS "patched_at_ms?"
                FROM UNNEST($1::text[]) AS wanted (conversation_id)
                CROSS JOIN LATERAL (
                    SELECT x.conversation_id, x.sent_at_ms, x.message_id, x.sender_id, x.content,
                           x.is_binary, x.mention_all, x.mention_ids, x.patched_at_ms
                    FROM messages AS x
                    WHERE x.conversation_id = wanted.conversation_id
                    ORDER BY x.sent_at_ms DESC, x.message_id DESC
                    LIMIT 1
                ) AS newest
                "#,
                conversation_ids,
            )
            .fetch_all(connection)
            .await?
        }
        LastMessage::Omitted => {
            sqlx::query_as!(
                NewestRow,
                r#"
                SELECT newest.conversation_id AS "conversation_id!",
                       newest.sent_at_ms AS "sent_at_ms!",
                       NULL::text AS "message_id?",
                       NULL::text AS "sender_id?",
                       NULL::bytea AS "content?",
                       NULL::boolean AS "is_binary?",
                       NULL::boolean AS "mention_all?",
                       NULL::text[] AS "mention_ids?",
                       NULL::bigint AS "patched_at_ms?"
                FROM UNNEST($1::text[]) AS wanted (conversation_id)
                CROSS JOIN LATERAL (
                    SELECT x.conversation_id, x.sent_at_ms
                    FROM messages AS x
                    WHERE x.conversation_id = wanted.conversation_id
                    ORDER BY x.sent_at_ms DESC, x.message_id DESC
                    LIMIT 1
                ) AS newest
                "#,
                conversation_ids,
            )
            .fetch_all(connection)
            .await?
        }
    };
    Ok(rows
        .into_iter()
        .map(|row| (ConversationId::trusted(row.conversation_id.clone()), row))
        .collect())
}
