//! Subscribing and unsubscribing.

use parlor_model::{ClientId, ConversationId, ConversationKind, ErrorClass};
use parlor_store::{StoreError, conversation, stream};

use crate::{Caller, ChangeMembersError, Chat, MembersChanged, SignatureRefused};

/// Why something about the subscriptions of a conversation was not done.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// It is no service conversation.
    #[error("conversation {id} is of kind {kind:?}, only service conversations have subscribers")]
    WrongKind {
        /// The conversation.
        id: ConversationId,
        /// What it is.
        kind: ConversationKind,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SubscriptionError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::WrongKind { .. } => ErrorClass::Invalid,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Subscribes a client for the app's server; a subscriber stays one.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn subscribe(
        &self,
        conversation_id: &ConversationId,
        client_id: &ClientId,
    ) -> Result<(), SubscriptionError> {
        self.check_service(conversation_id).await?;
        let mut connection = self.store.acquire().await?;
        let now = self.clock.now();
        stream::subscribe(&mut connection, conversation_id, client_id, now).await?;
        Ok(())
    }

    /// Unsubscribes a client for the app's server, subscriber or not.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn unsubscribe(
        &self,
        conversation_id: &ConversationId,
        client_id: &ClientId,
    ) -> Result<(), SubscriptionError> {
        self.check_service(conversation_id).await?;
        let mut connection = self.store.acquire().await?;
        let now = self.clock.now();
        stream::unsubscribe(&mut connection, conversation_id, client_id, now).await?;
        Ok(())
    }

    /// Subscribes the caller, once `signed` agrees. Returns `None` when the conversation is no
    /// service conversation.
    pub(crate) async fn subscribe_caller(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
        signed: impl FnOnce() -> Result<(), SignatureRefused>,
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let changed = self
            .check_subscription(caller, conversation_id, named)
            .await?;
        if changed.is_some() {
            signed()?;
            let mut connection = self.store.acquire().await?;
            let now = self.clock.now();
            stream::subscribe(&mut connection, conversation_id, &caller.client_id, now).await?;
        }
        Ok(changed)
    }

    /// Unsubscribes the caller. Returns `None` when the conversation is no service conversation.
    pub(crate) async fn unsubscribe_caller(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let changed = self
            .check_subscription(caller, conversation_id, named)
            .await?;
        if changed.is_some() {
            let mut connection = self.store.acquire().await?;
            let now = self.clock.now();
            stream::unsubscribe(&mut connection, conversation_id, &caller.client_id, now).await?;
        }
        Ok(changed)
    }

    /// Looks whether a conversation is a service conversation and whether only the caller is to
    /// come or go.
    async fn check_subscription(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let known = self.conversations.lookup(conversation_id).await?;
        if !known.is_some_and(|known| known.kind == ConversationKind::Service) {
            return Ok(None);
        }
        if named.iter().any(|client_id| *client_id != caller.client_id) {
            return Err(ChangeMembersError::Unsupported(ConversationKind::Service));
        }
        // SDKs want the time of change, which coming and going does not move.
        let mut connection = self.store.acquire().await?;
        let found = conversation::lookup(&mut connection, conversation_id)
            .await?
            .ok_or_else(|| ChangeMembersError::NotFound(conversation_id.clone()))?;
        Ok(Some(MembersChanged {
            updated_at: found.updated_at,
            allowed: vec![caller.client_id.clone()],
            failed: Vec::new(),
        }))
    }

    /// Checks that a conversation is a service conversation.
    pub(crate) async fn check_service(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<(), SubscriptionError> {
        match self.conversations.lookup(conversation_id).await? {
            None => Err(SubscriptionError::NotFound(conversation_id.clone())),
            Some(known) if known.kind != ConversationKind::Service => {
                Err(SubscriptionError::WrongKind {
                    id: conversation_id.clone(),
                    kind: known.kind,
                })
            }
            Some(_) => Ok(()),
        }
    }
}
