//! Who stands above whom in a conversation.

use std::collections::HashSet;

use parlor_model::{ClientId, Conversation, MemberRole};
use parlor_store::{Connection, StoreError, member_role};

use crate::{Actor, Chat};

/// The ranks of one conversation. Ranks do not depend on membership: a creator who left is
/// still above the managers who stayed.
#[derive(Debug)]
pub(crate) struct Ranks {
    owner: Option<ClientId>,
    managers: HashSet<ClientId>,
}

impl Chat {
    /// Reads the ranks of a conversation. With roles switched off nobody is a manager.
    pub(crate) async fn ranks(
        &self,
        connection: &mut Connection,
        conversation: &Conversation,
    ) -> Result<Ranks, StoreError> {
        let managers = if self.config.roles {
            member_role::list_managers(connection, &conversation.id).await?
        } else {
            Vec::new()
        };
        Ok(Ranks::new(conversation.creator.clone(), managers))
    }
}

impl Ranks {
    pub(crate) fn new(
        owner: Option<ClientId>,
        managers: impl IntoIterator<Item = ClientId>,
    ) -> Self {
        Self {
            owner,
            managers: managers.into_iter().collect(),
        }
    }

    pub(crate) fn of(&self, client_id: &ClientId) -> MemberRole {
        if self.owner.as_ref() == Some(client_id) {
            MemberRole::Owner
        } else if self.managers.contains(client_id) {
            MemberRole::Manager
        } else {
            MemberRole::Member
        }
    }

    pub(crate) fn managers(&self) -> usize {
        self.managers.len()
    }

    /// Tells whether the actor stands above somebody. Nobody stands above itself.
    pub(crate) fn is_above(&self, actor: Actor<'_>, client_id: &ClientId) -> bool {
        actor
            .client_id()
            .is_none_or(|above| self.of(above) > self.of(client_id))
    }
}
