//! Giving a member a role.

use parlor_model::{
    AssignedRole, ClientId, ConversationId, ConversationKind, ErrorClass, EventKind, MemberRole,
    MemberRoleId,
};
use parlor_store::{StoreError, member_role};

use super::Ranks;
use crate::conversation::Locked;
use crate::{Actor, Chat, Draft, Outbox};

/// Why a role was not given.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The operator switched roles off.
    #[error("roles are switched off")]
    Disabled,
    /// Its kind has no roles.
    #[error("conversations of kind {0:?} have no roles")]
    Unsupported(ConversationKind),
    /// The caller is no member.
    #[error("only the owner as a member of conversation {0} may change roles")]
    CallerNotMember(ConversationId),
    /// The caller is not the owner, or the owner's own role would change.
    #[error("only the owner may change roles, and nobody else can become it")]
    Unauthorized,
    /// There is no such role.
    #[error("there is no such role")]
    UnknownRole,
    /// No such role was given.
    #[error("role {0} was given to nobody in this conversation")]
    NotGiven(MemberRoleId),
    /// Roles are for members.
    #[error("client {0} is no member")]
    NotMember(ClientId),
    /// There are as many managers as there may be.
    #[error("at most {limit} managers are allowed")]
    Full {
        /// The limit in force.
        limit: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RoleError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) | Self::NotGiven(_) => ErrorClass::NotFound,
            Self::Unsupported(_) | Self::UnknownRole => ErrorClass::Invalid,
            Self::Disabled | Self::CallerNotMember(_) | Self::Unauthorized | Self::NotMember(_) => {
                ErrorClass::Forbidden
            }
            Self::Full { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Makes a member a manager, or a mere member again; `None` is a role that does not exist.
    /// All members are told when the role is another one than before.
    ///
    /// # Errors
    /// [`RoleError`]; nothing is written then. Rights are checked before the role.
    pub async fn change_role(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        client_id: &ClientId,
        role: Option<MemberRole>,
    ) -> Result<(AssignedRole, Outbox), RoleError> {
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .ok_or_else(|| RoleError::NotFound(conversation_id.clone()))?;
        if !self.config.roles {
            return Err(RoleError::Disabled);
        }
        let ranks = self.ranks(&mut locked.tx, &locked.conversation).await?;
        let role = may_give(actor, &locked, &ranks, client_id, role)?;
        let before = ranks.of(client_id);
        let limit = self.config.max_managers;
        if role == MemberRole::Manager && before != role && ranks.managers() >= limit {
            return Err(RoleError::Full { limit });
        }
        let now = self.clock.now();
        let wanted = AssignedRole {
            id: self.ids.member_role_id(now),
            conversation_id: conversation_id.clone(),
            client_id: client_id.clone(),
            role,
            created_at: now,
            updated_at: now,
        };
        let assigned = member_role::assign(&mut locked.tx, &wanted).await?;
        let everybody = locked.everybody();
        let conversation_kind = locked.conversation.kind;
        let mut draft = Draft::new(conversation_id.clone());
        if role != before {
            draft.push(
                everybody,
                now,
                EventKind::RoleChanged {
                    conversation_kind,
                    assigned: assigned.clone(),
                    by: actor.client_id().cloned(),
                },
            );
        }
        Ok((assigned, locked.commit(draft, &self.conversations).await?))
    }
}

/// Checks whether the actor may give this role to this client, and returns the role.
fn may_give(
    actor: Actor<'_>,
    locked: &Locked,
    ranks: &Ranks,
    client_id: &ClientId,
    role: Option<MemberRole>,
) -> Result<MemberRole, RoleError> {
    let has_members = match (locked.conversation.kind, actor) {
        (ConversationKind::Normal, _) => true,
        // Nobody is a member of a room; the app's server names its managers.
        (ConversationKind::ChatRoom, Actor::App) => false,
        (
            kind @ (ConversationKind::ChatRoom
            | ConversationKind::Service
            | ConversationKind::Temporary),
            _,
        ) => return Err(RoleError::Unsupported(kind)),
    };
    if let Some(caller) = actor.client_id() {
        if !locked.members.contains(caller) {
            return Err(RoleError::CallerNotMember(locked.conversation.id.clone()));
        }
        if ranks.of(caller) != MemberRole::Owner {
            return Err(RoleError::Unauthorized);
        }
    }
    let role = role.ok_or(RoleError::UnknownRole)?;
    if role == MemberRole::Owner || ranks.of(client_id) == MemberRole::Owner {
        return Err(RoleError::Unauthorized);
    }
    if has_members && !locked.members.contains(client_id) {
        return Err(RoleError::NotMember(client_id.clone()));
    }
    Ok(role)
}
