//! Deleting a conversation for the app's server.

use parlor_model::{ConversationId, ConversationKind, JsonObject};
use parlor_store::conversation;
use parlor_store::conversation_query::Filter;

use super::edit::{EditError, check_kind};
use crate::{Chat, Draft};

impl Chat {
    /// Deletes a conversation, of a kind when that matters, with its members and messages. One that is not there is as good as
    /// deleted, unless there is a condition. Nobody is told (spec 03 §2.13).
    ///
    /// # Errors
    /// [`EditError`]; nothing is deleted then.
    pub async fn delete_conversation(
        &self,
        conversation_id: &ConversationId,
        kind: Option<ConversationKind>,
        condition: &JsonObject,
    ) -> Result<(), EditError> {
        let filter = Filter::from_object(condition)?;
        let locked = self
            .lock_conversation(conversation_id)
            .await?
            .filter(|locked| locked.conversation.kind != ConversationKind::Temporary);
        let Some(mut locked) = locked else {
            return if condition.is_empty() {
                Ok(())
            } else {
                Err(EditError::Unmatched(conversation_id.clone()))
            };
        };
        check_kind(&locked, kind)?;
        if !condition.is_empty() {
            self.check_condition(&mut locked, &filter).await?;
        }
        conversation::delete(&mut locked.tx, conversation_id).await?;
        let nobody_is_told = Draft::new(conversation_id.clone());
        drop(locked.commit(nobody_is_told, &self.conversations).await?);
        tracing::debug!(conversation.id = %conversation_id, "conversation deleted");
        Ok(())
    }
}
