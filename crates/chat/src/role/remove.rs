//! Taking a role away.

use parlor_model::{AssignedRole, ConversationId, EventKind, MemberRole, MemberRoleId};
use parlor_store::member_role;

use super::RoleError;
use crate::{Chat, Draft, Outbox};

impl Chat {
    /// Takes a role away as the app's server does: the row is gone, and whoever had it is a mere
    /// member. All members are told when that is news.
    ///
    /// # Errors
    /// [`RoleError`]; nothing is written then.
    pub async fn remove_role(
        &self,
        conversation_id: &ConversationId,
        role_id: &MemberRoleId,
    ) -> Result<Outbox, RoleError> {
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .ok_or_else(|| RoleError::NotFound(conversation_id.clone()))?;
        if !self.config.roles {
            return Err(RoleError::Disabled);
        }
        let given = member_role::lookup_by_id(&mut locked.tx, conversation_id, role_id)
            .await?
            .ok_or_else(|| RoleError::NotGiven(role_id.clone()))?;
        let client_ids = std::slice::from_ref(&given.client_id);
        member_role::delete(&mut locked.tx, conversation_id, client_ids).await?;
        let now = self.clock.now();
        let everybody = locked.everybody();
        let conversation_kind = locked.conversation.kind;
        let mut draft = Draft::new(conversation_id.clone());
        if given.role != MemberRole::Member {
            draft.push(
                everybody,
                now,
                EventKind::RoleChanged {
                    conversation_kind,
                    assigned: AssignedRole {
                        role: MemberRole::Member,
                        updated_at: now,
                        ..given
                    },
                    by: None,
                },
            );
        }
        Ok(locked.commit(draft, &self.conversations).await?)
    }
}
