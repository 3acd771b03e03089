//! Silencing push notifications of a conversation for oneself.

use parlor_model::{ClientId, ConversationId, ConversationKind, ErrorClass, Timestamp};
use parlor_store::{StoreError, conversation, member, stream};

use crate::{Caller, Chat};

/// Why a conversation was not muted or unmuted.
#[derive(Debug, thiserror::Error)]
pub enum MuteError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// Its kind cannot be muted.
    #[error("conversations of kind {0:?} cannot be muted")]
    Unsupported(ConversationKind),
    /// The caller is no member.
    #[error("only members of conversation {0} may mute it")]
    NotMember(ConversationId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MuteError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Unsupported(_) => ErrorClass::Invalid,
            Self::NotMember(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Mutes or unmutes a conversation for the caller, on all its devices. Nobody is told and
    /// unread counts go on (spec 02 §3.7). Returns the time of change and everybody who muted
    /// the conversation now. A room is left as it is: it has no push notifications.
    ///
    /// # Errors
    /// [`MuteError`]; nothing is written then.
    pub async fn mute_conversation(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        muted: bool,
    ) -> Result<(Timestamp, Vec<ClientId>), MuteError> {
        let mut tx = self.store.begin().await?;
        let found = conversation::lock(&mut tx, conversation_id)
            .await?
            .filter(|found| found.is_alive_at(self.clock.now()))
            .ok_or_else(|| MuteError::NotFound(conversation_id.clone()))?;
        match found.kind {
            ConversationKind::Normal => {}
            // Rooms push nothing that could be silenced.
            ConversationKind::ChatRoom => return Ok((found.updated_at, Vec::new())),
            ConversationKind::Service => {
                let client_id = &caller.client_id;
                if !stream::set_muted(&mut tx, conversation_id, client_id, muted).await? {
                    return Err(MuteError::NotMember(conversation_id.clone()));
                }
                tx.commit().await.map_err(StoreError::from)?;
                // Each subscriber's own affair: the row does not change for the others.
                let changed_at = self.clock.now().max(found.updated_at.plus_millis(1));
                return Ok((
                    changed_at,
                    muted.then(|| client_id.clone()).into_iter().collect(),
                ));
            }
            ConversationKind::Temporary => return Err(MuteError::Unsupported(found.kind)),
        }
        if !member::set_muted(&mut tx, conversation_id, &caller.client_id, muted).await? {
            return Err(MuteError::NotMember(conversation_id.clone()));
        }
        let updated_at = conversation::touch(&mut tx, conversation_id, self.clock.now()).await?;
        let members = member::list(&mut tx, conversation_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let muted = members
            .into_iter()
            .filter(|member| member.muted)
            .map(|member| member.client_id)
            .collect();
        Ok((updated_at, muted))
    }
}
