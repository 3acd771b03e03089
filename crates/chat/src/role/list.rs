//! Who was given which role.

use parlor_model::{
    AssignedRole, ClientId, ConversationId, ConversationKind, MemberRole, MemberRoleId,
};
use parlor_store::{conversation, member, member_role};

use super::RoleError;
use crate::Chat;

/// Which roles to list: those that match everything that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRoles {
    /// In this conversation.
    pub conversation_id: Option<ConversationId>,
    /// Of this client.
    pub client_id: Option<ClientId>,
    /// This role.
    pub role: Option<MemberRole>,
    /// Roles to skip.
    pub skip: u32,
    /// Most roles to return.
    pub limit: u32,
}

impl Chat {
    /// Lists roles for the app's server, the oldest first.
    ///
    /// # Errors
    /// [`RoleError`] when the database fails.
    pub async fn list_roles(&self, request: ListRoles) -> Result<Vec<AssignedRole>, RoleError> {
        let ListRoles {
            conversation_id,
            client_id,
            role,
            skip,
            limit,
        } = request;
        let filter = member_role::RoleFilter {
            conversation_id,
            client_id,
            role,
        };
        let mut connection = self.store.acquire().await?;
        Ok(member_role::list(&mut connection, &filter, skip, limit).await?)
    }

    /// Lists the roles of one conversation for a client: for a member, and in a room for
    /// everybody.
    ///
    /// # Errors
    /// [`RoleError`] when there is no such conversation, or it is none of the client's.
    pub async fn list_roles_for(
        &self,
        client_id: &ClientId,
        conversation_id: ConversationId,
        request: ListRoles,
    ) -> Result<Vec<AssignedRole>, RoleError> {
        if !self.config.roles {
            return Err(RoleError::Disabled);
        }
        let mut connection = self.store.acquire().await?;
        let now = self.clock.now();
        let found = conversation::lookup(&mut connection, &conversation_id)
            .await?
            .filter(|found| found.is_alive_at(now))
            .ok_or_else(|| RoleError::NotFound(conversation_id.clone()))?;
        let asked = std::slice::from_ref(&conversation_id);
        let joined = member::list_joined(&mut connection, client_id, asked, now).await?;
        // The list takes one of its own: holding two could exhaust the pool.
        drop(connection);
        if joined.is_empty() && found.kind != ConversationKind::ChatRoom {
            return Err(RoleError::CallerNotMember(conversation_id));
        }
        let request = ListRoles {
            conversation_id: Some(conversation_id),
            ..request
        };
        self.list_roles(request).await
    }

    /// Looks up a role that was given in a conversation.
    ///
    /// # Errors
    /// [`RoleError::NotGiven`] when it was not.
    pub async fn find_role(
        &self,
        conversation_id: &ConversationId,
        role_id: &MemberRoleId,
    ) -> Result<AssignedRole, RoleError> {
        let mut connection = self.store.acquire().await?;
        member_role::lookup_by_id(&mut connection, conversation_id, role_id)
            .await?
            .ok_or_else(|| RoleError::NotGiven(role_id.clone()))
    }
}
