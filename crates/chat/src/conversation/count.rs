//! Questions about membership: how many, who, am I.

use parlor_model::{ClientId, ConversationId, ConversationKind, ErrorClass, limit};
use parlor_store::{StoreError, member, stream};

use crate::{Caller, Chat};

/// Why a question about a conversation's members has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CountError {
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
    /// Counts the members of a conversation; of a room, the clients that are online in it; of a
    /// service conversation, its subscribers.
    ///
    /// # Errors
    /// [`CountError`].
    pub async fn count_members(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<usize, CountError> {
        let known = self.conversations.lookup(conversation_id).await?;
        match known {
            None => Err(CountError::NotFound(conversation_id.clone())),
            Some(known) => match known.kind {
                ConversationKind::Normal | ConversationKind::Temporary => Ok(known.members.len()),
                ConversationKind::ChatRoom => Ok(self.rooms.count(conversation_id)),
                ConversationKind::Service => {
                    let mut connection = self.store.acquire().await?;
                    let count = stream::count_subscribers(&mut connection, conversation_id).await?;
                    Ok(usize::try_from(count).unwrap_or(usize::MAX))
                }
            },
        }
    }

    /// Returns some members of a conversation, at most `limit` and
    /// [`limit::MEMBER_SAMPLE`]. Who subscribes to a service conversation is told to nobody.
    ///
    /// # Errors
    /// [`CountError`].
    pub async fn sample_members(
        &self,
        conversation_id: &ConversationId,
        limit: Option<u32>,
    ) -> Result<Vec<ClientId>, CountError> {
        let known = self
            .conversations
            .lookup(conversation_id)
            .await?
            .ok_or_else(|| CountError::NotFound(conversation_id.clone()))?;
        let limit = limit
            .map_or(limit::MEMBER_SAMPLE, |limit| limit as usize)
            .min(limit::MEMBER_SAMPLE);
        if known.kind == ConversationKind::ChatRoom {
            return Ok(self.rooms.sample(conversation_id, limit));
        }
        Ok(known.members.iter().take(limit).cloned().collect())
    }

    /// Tells for each conversation whether the caller is a member or subscriber of it; of unknown
    /// ones it is not.
    ///
    /// # Errors
    /// [`CountError::Store`] when the database fails.
    pub async fn are_member(
        &self,
        caller: &Caller,
        conversation_ids: Vec<ConversationId>,
    ) -> Result<Vec<(ConversationId, bool)>, CountError> {
        let now = self.clock.now();
        let mut connection = self.store.acquire().await?;
        let joined =
            member::list_joined(&mut connection, &caller.client_id, &conversation_ids, now).await?;
        let subscribed =
            stream::list_subscribed(&mut connection, &caller.client_id, &conversation_ids).await?;
        Ok(conversation_ids
            .into_iter()
            .map(|conversation_id| {
                let is_member = joined.contains(&conversation_id)
                    || subscribed.contains_key(&conversation_id)
                    || self.rooms.contains(&conversation_id, &caller.client_id);
                (conversation_id, is_member)
            })
            .collect())
    }
}
