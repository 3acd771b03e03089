//! Silencing for a while: the app's server does it, and nobody is told.

use std::time::Duration;

use parlor_model::{ClientId, ConversationId, ErrorClass, limit};
use parlor_store::{StoreError, restriction};

use crate::{Chat, Draft};

/// Why nobody was silenced for a while.
#[derive(Debug, thiserror::Error)]
pub enum TemporarySilenceError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// It is to last for no time, or for too long.
    #[error("a temporary silence lasts from 1 to {limit_secs} seconds")]
    Duration {
        /// The limit.
        limit_secs: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TemporarySilenceError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Duration { .. } => ErrorClass::Invalid,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Keeps a client from sending to a conversation of any kind for some time from now on,
    /// member or not (spec 03 §2.6).
    ///
    /// # Errors
    /// [`TemporarySilenceError`]; nothing is written then.
    pub async fn silence_temporarily(
        &self,
        conversation_id: &ConversationId,
        client_id: &ClientId,
        duration: Duration,
    ) -> Result<(), TemporarySilenceError> {
        if duration.is_zero() || duration > limit::TEMPORARY_SILENCE {
            return Err(TemporarySilenceError::Duration {
                limit_secs: limit::TEMPORARY_SILENCE.as_secs(),
            });
        }
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .ok_or_else(|| TemporarySilenceError::NotFound(conversation_id.clone()))?;
        let now = self.clock.now();
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let until = now.plus_millis(millis);
        restriction::silence_until(&mut locked.tx, conversation_id, client_id, until, now).await?;
        let nobody_is_told = Draft::new(conversation_id.clone());
        drop(locked.commit(nobody_is_told, &self.conversations).await?);
        Ok(())
    }

    /// Ends a temporary silence, if there is one.
    ///
    /// # Errors
    /// [`TemporarySilenceError`]; nothing is written then.
    pub async fn end_temporary_silence(
        &self,
        conversation_id: &ConversationId,
        client_id: &ClientId,
    ) -> Result<(), TemporarySilenceError> {
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .ok_or_else(|| TemporarySilenceError::NotFound(conversation_id.clone()))?;
        restriction::end_silence(&mut locked.tx, conversation_id, client_id).await?;
        let nobody_is_told = Draft::new(conversation_id.clone());
        drop(locked.commit(nobody_is_told, &self.conversations).await?);
        Ok(())
    }
}
