//! Conversations that a client blocks: nobody else may add it to them.

use parlor_model::{ClientId, ConversationId, ErrorClass, RestrictionChange};
use parlor_store::{StoreError, client_block};

use super::Page;
use crate::{Actor, Chat, PresentedSignature, SignatureRefused};

/// Why a client blocked no conversation.
#[derive(Debug, thiserror::Error)]
pub enum ClientBlockError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The operator switched blocking off.
    #[error("blocking is switched off")]
    Disabled,
    /// It is somebody else's list.
    #[error("a client blocks conversations for itself only")]
    NotYourself,
    /// The app asks for signed blocking.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// No more can be blocked.
    #[error("at most {limit} conversations can be blocked")]
    Full {
        /// The limit in force.
        limit: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ClientBlockError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Disabled | Self::NotYourself | Self::Signature(_) => ErrorClass::Forbidden,
            Self::Full { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

/// A part of a list of conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationPage {
    /// In the order in which they were blocked.
    pub conversation_ids: Vec<ConversationId>,
    /// The offset of the next page; `None` on the last one.
    pub next: Option<u32>,
}

impl Chat {
    /// Blocks conversations for a client, or ends it. A member stays one, and the client may
    /// still join by itself.
    ///
    /// # Errors
    /// [`ClientBlockError`]; nothing is written then.
    pub async fn change_client_block(
        &self,
        actor: Actor<'_>,
        client_id: &ClientId,
        change: RestrictionChange,
        conversation_ids: &[ConversationId],
        signature: Option<&PresentedSignature>,
    ) -> Result<(), ClientBlockError> {
        self.check_own_list(actor, client_id)?;
        for conversation_id in conversation_ids {
            self.check_client_block_signature(actor, conversation_id, change, signature)?;
        }
        let mut tx = self.store.begin().await?;
        match change {
            RestrictionChange::Imposed => {
                let noted = client_block::insert(&mut tx, client_id, conversation_ids).await?;
                let unknown = conversation_ids.iter().find(|id| !noted.contains(id));
                if let Some(unknown) = unknown {
                    return Err(ClientBlockError::NotFound(unknown.clone()));
                }
                let limit = self.config.max_restricted;
                if client_block::count(&mut tx, client_id).await? > limit {
                    return Err(ClientBlockError::Full { limit });
                }
            }
            RestrictionChange::Lifted => {
                client_block::delete(&mut tx, client_id, conversation_ids).await?;
            }
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Lists the conversations that a client blocks.
    ///
    /// # Errors
    /// [`ClientBlockError`] when it is not for the caller.
    pub async fn list_client_blocks(
        &self,
        actor: Actor<'_>,
        client_id: &ClientId,
        page: Page,
    ) -> Result<ConversationPage, ClientBlockError> {
        self.check_own_list(actor, client_id)?;
        let mut connection = self.store.acquire().await?;
        let mut conversation_ids =
            client_block::list(&mut connection, client_id, page.offset, page.size_and_one())
                .await?;
        let next = page.cut(&mut conversation_ids);
        Ok(ConversationPage {
            conversation_ids,
            next,
        })
    }

    /// Returns which of these conversations a client blocks.
    ///
    /// # Errors
    /// [`ClientBlockError`] when it is not for the caller.
    pub async fn are_blocked_by_client(
        &self,
        actor: Actor<'_>,
        client_id: &ClientId,
        conversation_ids: &[ConversationId],
    ) -> Result<Vec<ConversationId>, ClientBlockError> {
        self.check_own_list(actor, client_id)?;
        let mut connection = self.store.acquire().await?;
        let mut blocked =
            client_block::list_among(&mut connection, client_id, conversation_ids).await?;
        blocked.sort_unstable();
        Ok(blocked)
    }

    fn check_own_list(
        &self,
        actor: Actor<'_>,
        client_id: &ClientId,
    ) -> Result<(), ClientBlockError> {
        if !self.config.blacklist {
            return Err(ClientBlockError::Disabled);
        }
        match actor.client_id() {
            Some(caller) if caller != client_id => Err(ClientBlockError::NotYourself),
            Some(_) | None => Ok(()),
        }
    }
}
