//! How far the others have received and read.

use parlor_model::{ClientId, ConversationId, ConversationKind, ErrorClass, Timestamp};
use parlor_store::StoreError;
use parlor_store::receipt::{self, Marks};

use crate::{Caller, Chat};

/// How far somebody has come; `None` for not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The newest message received.
    pub acked_up_to: Option<Timestamp>,
    /// The newest message read.
    pub read_up_to: Option<Timestamp>,
}

/// The progress of everybody but the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgressOf {
    /// How far every other member has come: the minimum.
    pub slowest: Progress,
    /// How far each other member has come.
    pub members: Vec<(ClientId, Progress)>,
}

/// Why progress is not told.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The caller is no member.
    #[error("only members of conversation {0} may see who has read it")]
    NotMember(ConversationId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProgressError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::NotMember(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Returns how far the other members have received and read a conversation (spec 02 §3.8).
    ///
    /// # Errors
    /// [`ProgressError`].
    pub async fn progress(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
    ) -> Result<ProgressOf, ProgressError> {
        let known = self
            .conversations
            .lookup(conversation_id)
            .await?
            .ok_or_else(|| ProgressError::NotFound(conversation_id.clone()))?;
        match known.kind {
            ConversationKind::Normal | ConversationKind::Temporary => {}
            // Nobody reports there how far it has come.
            ConversationKind::ChatRoom | ConversationKind::Service => {
                return Ok(ProgressOf::default());
            }
        }
        if !known.has_member(&caller.client_id) {
            return Err(ProgressError::NotMember(conversation_id.clone()));
        }
        let mut connection = self.store.acquire().await?;
        let members: Vec<(ClientId, Progress)> =
            receipt::list_marks(&mut connection, conversation_id)
                .await?
                .into_iter()
                .filter(|marks| marks.client_id != caller.client_id)
                .map(|marks| {
                    let progress = progress_of(&marks);
                    (marks.client_id, progress)
                })
                .collect();
        let slowest = members
            .iter()
            .map(|(_, progress)| *progress)
            .reduce(|a, b| Progress {
                acked_up_to: a.acked_up_to.min(b.acked_up_to),
                read_up_to: a.read_up_to.min(b.read_up_to),
            })
            .unwrap_or_default();
        Ok(ProgressOf { slowest, members })
    }
}

/// Reading is receiving: who reads without acknowledging has received.
fn progress_of(marks: &Marks) -> Progress {
    Progress {
        acked_up_to: marks.acked_up_to.max(marks.read_up_to),
        read_up_to: marks.read_up_to,
    }
}
