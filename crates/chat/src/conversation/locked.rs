//! A conversation held still while something about its people changes.

use parlor_cluster::Audience;
use parlor_model::{ClientId, Conversation, ConversationId, ConversationKind};
use parlor_store::{StoreError, Tx, conversation, member};
use tokio::sync::OwnedSemaphorePermit;

use super::Conversations;
use crate::{Chat, Draft, Outbox};

/// A conversation whose turn and whose row are taken. Dropping it changes nothing.
pub(crate) struct Locked {
    pub(crate) turn: OwnedSemaphorePermit,
    pub(crate) tx: Tx,
    pub(crate) conversation: Conversation,
    /// In the order they came; empty for kinds without stored members.
    pub(crate) members: Vec<ClientId>,
}

impl Chat {
    /// Waits for a conversation and locks it; `None` when there is none, or none any more.
    pub(crate) async fn lock_conversation(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<Option<Locked>, StoreError> {
        // The turn comes before the connection: whoever holds a connection never waits for a
        // turn.
        let turn = self.turns.take(conversation_id).await;
        let mut tx = self.store.begin().await?;
        let Some(conversation) = conversation::lock(&mut tx, conversation_id)
            .await?
            .filter(|conversation| conversation.is_alive_at(self.clock.now()))
        else {
            return Ok(None);
        };
        let members = member::list(&mut tx, conversation_id)
            .await?
            .into_iter()
            .map(|member| member.client_id)
            .collect();
        Ok(Some(Locked {
            turn,
            tx,
            conversation,
            members,
        }))
    }
}

impl Locked {
    /// Returns everybody who is told of changes: the members, or who is in the room.
    pub(crate) fn everybody(&self) -> Audience {
        match self.conversation.kind {
            ConversationKind::ChatRoom => Audience::room(self.conversation.id.clone()),
            ConversationKind::Normal | ConversationKind::Service | ConversationKind::Temporary => {
                Audience::clients(self.members.clone())
            }
        }
    }

    /// Commits the change and returns its events, which keep the conversation's turn.
    pub(crate) async fn commit(
        self,
        draft: Draft,
        conversations: &Conversations,
    ) -> Result<Outbox, StoreError> {
        let committed = draft.commit(self.tx, self.turn).await;
        // Forgotten also when the commit seems to have failed: its answer may only be lost.
        conversations.forget(&self.conversation.id);
        committed
    }
}
