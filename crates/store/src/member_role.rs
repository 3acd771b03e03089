//! The `member_roles` table: who was given which role in a conversation.

use parlor_model::{AssignedRole, ClientId, ConversationId, MemberRole, MemberRoleId, Timestamp};
use time::OffsetDateTime;

use crate::{Connection, StoreError};

/// Returns the number of a role in `member_roles.role`; the table refuses the owner's.
const fn number(role: MemberRole) -> i16 {
    match role {
        MemberRole::Manager => 1,
        MemberRole::Member => 2,
        MemberRole::Owner => 3,
    }
}

struct Row {
    member_role_id: String,
    conversation_id: String,
    client_id: String,
    role: i16,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl TryFrom<Row> for AssignedRole {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = match row.role {
            1 => MemberRole::Manager,
            2 => MemberRole::Member,
            _ => {
                return Err(StoreError::Inconsistent {
                    table: "member_roles",
                    column: "role",
                    id: row.member_role_id,
                });
            }
        };
        Ok(Self {
            id: MemberRoleId::trusted(row.member_role_id),
            conversation_id: ConversationId::trusted(row.conversation_id),
            client_id: ClientId::trusted(row.client_id),
            role,
            created_at: Timestamp::from_date_time(row.created_at),
            updated_at: Timestamp::from_date_time(row.updated_at),
        })
    }
}

/// Lists the managers of a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_managers(
    connection: &mut Connection,
    conversation_id: &ConversationId,
) -> Result<Vec<ClientId>, StoreError> {
    let managers = sqlx::query_scalar!(
        r#"
        SELECT client_id
        FROM member_roles
        WHERE conversation_id = $1
          AND role = 1
        ORDER BY created_at, client_id
        "#,
        conversation_id.as_str(),
    )
    .fetch_all(connection)
    .await?;
    Ok(managers.into_iter().map(ClientId::trusted).collect())
}

/// Looks up the role that a client was given in a conversation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_id: &ClientId,
) -> Result<Option<AssignedRole>, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT member_role_id, conversation_id, client_id, role, created_at, updated_at
        FROM member_roles
        WHERE conversation_id = $1
          AND client_id = $2
        "#,
        conversation_id.as_str(),
        client_id.as_str(),
    )
    .fetch_optional(connection)
    .await?
    .map(AssignedRole::try_from)
    .transpose()
}

/// Looks up a role that was given in a conversation by its id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lookup_by_id(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    id: &MemberRoleId,
) -> Result<Option<AssignedRole>, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT member_role_id, conversation_id, client_id, role, created_at, updated_at
        FROM member_roles
        WHERE conversation_id = $1
          AND member_role_id = $2
        "#,
        conversation_id.as_str(),
        id.as_str(),
    )
    .fetch_optional(connection)
    .await?
    .map(AssignedRole::try_from)
    .transpose()
}

/// Which roles to list: those that match everything that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFilter {
    /// In this conversation.
    pub conversation_id: Option<ConversationId>,
    /// Of this client.
    pub client_id: Option<ClientId>,
    /// This role.
    pub role: Option<MemberRole>,
}

/// Lists roles that were given, the oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    connection: &mut Connection,
    filter: &RoleFilter,
    skip: u32,
    limit: u32,
) -> Result<Vec<AssignedRole>, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT member_role_id, conversation_id, client_id, role, created_at, updated_at
        FROM member_roles
        WHERE ($1::text IS NULL OR conversation_id = $1)
          AND ($2::text IS NULL OR client_id = $2)
          AND ($3::smallint IS NULL OR role = $3)
        ORDER BY created_at, member_role_id
        LIMIT $4
        OFFSET $5
        "#,
        filter.conversation_id.as_ref().map(ConversationId::as_str),
        filter.client_id.as_ref().map(ClientId::as_str),
        filter.role.map(number),
        i64::from(limit),
        i64::from(skip),
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .map(AssignedRole::try_from)
    .collect()
}

/// Gives a client a role and returns the row. One that had a role before keeps its id and time
/// of creation.
///
/// # Errors
/// [`StoreError::Refused`] when the conversation does not exist, or for the role of an owner.
pub async fn assign(
    connection: &mut Connection,
    assigned: &AssignedRole,
) -> Result<AssignedRole, StoreError> {
    sqlx::query_as!(
        Row,
        r#"
        INSERT INTO member_roles (
            conversation_id, client_id, member_role_id, role, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (conversation_id, client_id) DO UPDATE
        SET role = EXCLUDED.role,
            updated_at = EXCLUDED.updated_at
        RETURNING member_role_id, conversation_id, client_id, role, created_at, updated_at
        "#,
        assigned.conversation_id.as_str(),
        assigned.client_id.as_str(),
        assigned.id.as_str(),
        number(assigned.role),
        assigned.created_at.to_date_time(),
        assigned.updated_at.to_date_time(),
    )
    .fetch_one(connection)
    .await?
    .try_into()
}

/// Takes the roles of clients in a conversation away.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    client_ids: &[ClientId],
) -> Result<(), StoreError> {
    let client_ids: Vec<String> = client_ids.iter().map(ToString::to_string).collect();
    sqlx::query!(
        r#"
        DELETE FROM member_roles
        WHERE conversation_id = $1
          AND client_id = ANY ($2::text[])
        "#,
        conversation_id.as_str(),
        &client_ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}
