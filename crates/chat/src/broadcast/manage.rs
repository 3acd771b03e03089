//! Broadcasts to everybody that still reach who logs in.

use parlor_model::{ConversationId, ErrorClass, MessageId};
use parlor_store::{StoreError, broadcast};

use super::LiveBroadcast;
use crate::{Chat, SubscriptionError};

/// Why a broadcast was not withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum BroadcastError {
    /// No such broadcast.
    #[error("broadcast {0} does not exist")]
    NotFound(MessageId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BroadcastError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Lists the broadcasts to everybody in a conversation that still hold, newest first.
    ///
    /// # Errors
    /// [`SubscriptionError`] when it is no service conversation.
    pub async fn list_broadcasts(
        &self,
        conversation_id: &ConversationId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<LiveBroadcast>, SubscriptionError> {
        self.check_service(conversation_id).await?;
        let now = self.clock.now();
        let mut connection = self.store.acquire().await?;
        Ok(broadcast::list_live(&mut connection, conversation_id, now, skip, limit).await?)
    }

    /// Withdraws a broadcast to everybody: nobody gets it any more. Devices that have it keep it.
    ///
    /// # Errors
    /// [`BroadcastError`].
    pub async fn delete_broadcast(&self, message_id: &MessageId) -> Result<(), BroadcastError> {
        let mut connection = self.store.acquire().await?;
        if broadcast::delete(&mut connection, message_id).await? {
            Ok(())
        } else {
            Err(BroadcastError::NotFound(message_id.clone()))
        }
    }
}
