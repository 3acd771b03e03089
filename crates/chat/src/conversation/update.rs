//! Changing a conversation's columns.

use parlor_cluster::Audience;
use parlor_model::{
    AttributeChange, ClientId, ConversationId, ConversationKind, ErrorClass, EventKind, JsonObject,
    Timestamp,
};
use parlor_store::{StoreError, conversation, member};

use super::attributes::{self, ColumnError};
use crate::{Caller, Chat, Draft, Outbox};

/// The outcome of an update.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The conversation's time of change now.
    pub updated_at: Timestamp,
    /// What changed.
    pub change: AttributeChange,
}

/// Why a conversation was not updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The request names no attributes.
    #[error("attr is missing: send a JSON object of columns")]
    NoAttributes,
    /// Only the app's server changes service conversations.
    #[error("service conversations are changed by the app's server only")]
    ReadOnly,
    /// Temporary conversations stay as they were created.
    #[error("temporary conversations cannot be updated")]
    Temporary,
    /// The caller is no member.
    #[error("only members of conversation {0} may update it")]
    NotMember(ConversationId),
    /// An attribute cannot be stored.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UpdateError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::NoAttributes | Self::Temporary | Self::Column(_) => ErrorClass::Invalid,
            Self::ReadOnly | Self::NotMember(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Updates columns; every member may, and everybody who is in the room. All members are told, the caller's sessions included
    /// (spec 02 §3.6).
    ///
    /// # Errors
    /// [`UpdateError`]; nothing is written then. Existence is checked before the payload.
    pub async fn update_conversation(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        attributes: Option<JsonObject>,
    ) -> Result<(Updated, Outbox), UpdateError> {
        let turn = self.turns.take(conversation_id).await;
        let mut tx = self.store.begin().await?;
        let found = conversation::lock(&mut tx, conversation_id)
            .await?
            .filter(|found| found.is_alive_at(self.clock.now()))
            .ok_or_else(|| UpdateError::NotFound(conversation_id.clone()))?;
        let requested = attributes.ok_or(UpdateError::NoAttributes)?;
        let audience = match found.kind {
            ConversationKind::Normal => {
                let members = member::list(&mut tx, conversation_id).await?;
                let clients: Vec<ClientId> =
                    members.into_iter().map(|member| member.client_id).collect();
                clients
                    .contains(&caller.client_id)
                    .then(|| Audience::clients(clients))
            }
            ConversationKind::ChatRoom => self
                .rooms
                .contains(conversation_id, &caller.client_id)
                .then(|| Audience::room(conversation_id.clone())),
            ConversationKind::Service => return Err(UpdateError::ReadOnly),
            ConversationKind::Temporary => return Err(UpdateError::Temporary),
        };
        let Some(audience) = audience else {
            return Err(UpdateError::NotMember(conversation_id.clone()));
        };
        let before = conversation::Columns {
            name: found.name,
            attr: found.attr,
            extra: found.extra,
        };
        let (after, change) = attributes::apply(&before, requested)?;
        let now = self.clock.now();
        let updated_at = conversation::update(&mut tx, conversation_id, &after, now).await?;
        let mut draft = Draft::new(conversation_id.clone());
        draft.push(
            audience,
            now,
            EventKind::Updated {
                conversation_id: conversation_id.clone(),
                by: Some(caller.client_id.clone()),
                updated_at,
                change: change.clone(),
            },
        );
        let outbox = draft.commit(tx, turn).await?;
        Ok((Updated { updated_at, change }, outbox))
    }
}
