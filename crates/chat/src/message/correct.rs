//! Taking messages out of the log, or changing them there, without a word to anybody.

use parlor_model::{ClientId, Content, ConversationId, ErrorClass, MessageId, MessageKey};
use parlor_store::{StoreError, archive};

use super::typed::type_of;
use crate::Chat;

/// Why a message was not corrected.
#[derive(Debug, thiserror::Error)]
pub enum CorrectError {
    /// No such message.
    #[error("message {0} does not exist at that time")]
    NotFound(MessageId),
    /// Somebody else sent it.
    #[error("message {0} was sent by somebody else")]
    NotSender(MessageId),
    /// Too many bytes.
    #[error("message has {bytes} bytes, at most {limit} are allowed")]
    TooLong {
        /// How many.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CorrectError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::NotSender(_) => ErrorClass::Forbidden,
            Self::TooLong { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Deletes a message from the log; what clients have of it stays with them.
    ///
    /// # Errors
    /// [`CorrectError`]; nothing is deleted then.
    pub async fn delete_message(
        &self,
        conversation_id: &ConversationId,
        key: &MessageKey,
        sender: &ClientId,
    ) -> Result<(), CorrectError> {
        let mut connection = self.store.acquire().await?;
        let found = archive::lookup_sender(&mut connection, conversation_id, key).await?;
        match found {
            None => return Err(CorrectError::NotFound(key.id.clone())),
            Some(found) if found != *sender => return Err(CorrectError::NotSender(key.id.clone())),
            Some(_) => {}
        }
        // Gone meanwhile is as good as deleted.
        archive::delete(&mut connection, conversation_id, key).await?;
        Ok(())
    }

    /// Replaces the content of a message in the log. Nobody is told, then or later, and it does
    /// not count as edited.
    ///
    /// # Errors
    /// [`CorrectError`]; nothing is written then.
    pub async fn replace_message(
        &self,
        key: &MessageKey,
        content: &Content,
    ) -> Result<(), CorrectError> {
        let limit = self.config.max_message_bytes;
        let bytes = content.len();
        if bytes > limit {
            return Err(CorrectError::TooLong { bytes, limit });
        }
        let mut connection = self.store.acquire().await?;
        let typed = type_of(content);
        let found = archive::replace(&mut connection, &key.id, key.sent_at, content, typed).await?;
        if found {
            Ok(())
        } else {
            Err(CorrectError::NotFound(key.id.clone()))
        }
    }
}
