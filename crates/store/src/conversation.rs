//! The `conversations` table.

use parlor_model::{
    ClientId, Conversation, ConversationId, ConversationKind, JsonObject, Timestamp,
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Connection, StoreError};

/// A row of `conversations`, before it is checked.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) conversation_id: String,
    pub(crate) kind: i16,
    pub(crate) name: Option<String>,
    pub(crate) creator_id: Option<String>,
    pub(crate) attr: Option<Value>,
    pub(crate) extra: Value,
    pub(crate) unique_id: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Conversation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "conversations",
            column,
            id: row.conversation_id.clone(),
        };
        let kind = ConversationKind::from_number(row.kind).ok_or_else(|| inconsistent("kind"))?;
        let attr = match row.attr {
            None => None,
            Some(Value::Object(attr)) => Some(attr),
            Some(_) => return Err(inconsistent("attr")),
        };
        let Value::Object(extra) = row.extra else {
            return Err(inconsistent("extra"));
        };
        Ok(Self {
            id: ConversationId::trusted(row.conversation_id),
            kind,
            name: row.name,
            creator: row.creator_id.map(ClientId::trusted),
            attr,
            extra,
            unique_id: row.unique_id,
            created_at: Timestamp::from_date_time(row.created_at),
            updated_at: Timestamp::from_date_time(row.updated_at),
            expires_at: row.expires_at.map(Timestamp::from_date_time),
        })
    }
}

/// Inserts a new conversation.
///
/// # Errors
/// [`StoreError::Refused`] when the id is taken.
pub async fn insert(
    connection: &mut Connection,
    conversation: &Conversation,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO conversations (
            conversation_id, kind, name, creator_id, attr, extra, unique_id, created_at, updated_at,
            expires_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        conversation.id.as_str(),
        conversation.kind.number(),
        conversation.name.as_deref(),
        conversation.creator.as_ref().map(ClientId::as_str),
        conversation.attr.clone().map(Value::Object),
        Value::Object(conversation.extra.clone()),
        conversation.unique_id.as_deref(),
        conversation.created_at.to_date_time(),
        conversation.updated_at.to_date_time(),
        conversation.expires_at.map(Timestamp::to_date_time),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Looks a conversation up by its id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, kind, name, creator_id, attr, extra, unique_id, created_at, updated_at,
               expires_at
        FROM conversations
        WHERE conversation_id = $1
        "#,
        conversation_id.as_str(),
    )
    .fetch_optional(connection)
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// Looks a conversation up and locks its row until the transaction ends, so that changes of
/// its columns and members happen one after the other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, kind, name, creator_id, attr, extra, unique_id, created_at, updated_at,
               expires_at
        FROM conversations
        WHERE conversation_id = $1
        FOR NO KEY UPDATE
        "#,
        conversation_id.as_str(),
    )
    .fetch_optional(connection)
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// Makes every other caller with the same `unique_id` wait until this transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_unique_id(
    connection: &mut Connection,
    unique_id: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        unique_id
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Finds the oldest conversation of a kind, not ended by `now`, that is found by its members
/// and whose members are now exactly `members`.
///
/// The id alone does not decide: it is a digest of a concatenation without separators, and
/// members may have come and gone since.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_unique(
    connection: &mut Connection,
    kind: ConversationKind,
    unique_id: &str,
    members: &[ClientId],
    now: Timestamp,
) -> Result<Option<Conversation>, StoreError> {
    let mut members: Vec<String> = members.iter().map(|id| id.as_str().to_owned()).collect();
    members.sort_unstable();
    sqlx::query_as!(
        Row,
        r#"
        SELECT conversation_id, kind, name, creator_id, attr, extra, unique_id, created_at, updated_at,
               expires_at
        FROM conversations AS c
        WHERE unique_id = $1
          AND kind = $3
          AND (expires_at IS NULL OR expires_at > $4)
          AND ARRAY(
              SELECT client_id
              FROM members AS m
              WHERE m.conversation_id = c.conversation_id
              ORDER BY client_id
          ) = $2::text[]
        ORDER BY created_at, conversation_id
        LIMIT 1
        "#,
        unique_id,
        &members,
        kind.number(),
        now.to_date_time(),
    )
    .fetch_optional(connection)
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// Moves `updated_at` strictly forward, to `now` when that is later, and returns it.
///
/// # Errors
/// [`StoreError::Refused`] when the conversation is gone; callers hold its lock.
pub async fn touch(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let updated_at = sqlx::query_scalar!(
        r#"
        UPDATE conversations
        SET updated_at = GREATEST($2, updated_at + interval '1 millisecond')
        WHERE conversation_id = $1
        RETURNING updated_at
        "#,
        conversation_id.as_str(),
        now.to_date_time(),
    )
    .fetch_one(connection)
    .await?;
    Ok(Timestamp::from_date_time(updated_at))
}

/// Says who created a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_creator(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    creator: Option<&ClientId>,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE conversations
        SET creator_id = $2
        WHERE conversation_id = $1
        "#,
        conversation_id.as_str(),
        creator.map(ClientId::as_str),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes a conversation with its members and messages.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM conversations WHERE conversation_id = $1",
        conversation_id.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns of a conversation that clients may change.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Display name.
    pub name: Option<String>,
    /// The developer's `attr` object.
    pub attr: Option<JsonObject>,
    /// Every other column.
    pub extra: JsonObject,
}

/// Replaces the changeable columns, moves `updated_at` strictly forward and returns it.
///
/// # Errors
/// [`StoreError::Refused`] when the conversation is gone; callers hold its lock.
pub async fn update(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    columns: &Columns,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let updated_at = sqlx::query_scalar!(
        r#"
        UPDATE conversations
        SET name = $2,
            attr = $3,
            extra = $4,
            updated_at = GREATEST($5, updated_at + interval '1 millisecond')
        WHERE conversation_id = $1
        RETURNING updated_at
        "#,
        conversation_id.as_str(),
        columns.name.as_deref(),
        columns.attr.clone().map(Value::Object),
        Value::Object(columns.extra.clone()),
        now.to_date_time(),
    )
    .fetch_one(connection)
    .await?;
    Ok(Timestamp::from_date_time(updated_at))
}

/// Removes conversations that have ended by `now`, with members and messages, at most `limit`;
/// returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(
    connection: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"
        DELETE FROM conversations
        WHERE conversation_id IN (
            SELECT conversation_id
            FROM conversations
            WHERE expires_at <= $1
            ORDER BY expires_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        now.to_date_time(),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
