//! Editing and recalling a message.

use std::fmt;
use std::sync::Arc;

use parlor_model::{
    ClientId, Content, ConversationId, ConversationKind, ErrorClass, Mention, MessageId, Patch,
    SessionId, Timestamp,
};
use parlor_store::patch::NewPatch;
use parlor_store::{StoreError, patch};

use super::typed::{placeholder_of_recalled, type_of};
use crate::conversation::KnownConversation;
use crate::{Caller, Chat};

/// Who patches.
#[derive(Clone, Copy, Debug)]
pub enum Editor<'a> {
    /// A client: it must be in the conversation, may patch only what it sent itself, and the
    /// operator may forbid both editing and recalling.
    Client(&'a Caller),
    /// The app's server, on behalf of whoever sent the message.
    App {
        /// Who that is, as the app knows it.
        sender: &'a ClientId,
    },
}

impl Editor<'_> {
    const fn sender(&self) -> &ClientId {
        match self {
            Self::Client(caller) => &caller.client_id,
            Self::App { sender } => sender,
        }
    }

    const fn session(&self) -> Option<SessionId> {
        match self {
            Self::Client(caller) => Some(caller.session_id),
            Self::App { .. } => None,
        }
    }
}

/// What is to become of which message.
#[derive(Clone, Debug)]
pub struct PatchMessage {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The message.
    pub message_id: MessageId,
    /// When it was sent; a message of another time is another message. `None` when not known.
    pub sent_at: Option<Timestamp>,
    /// What becomes of it.
    pub change: PatchChange,
}

/// What becomes of a message.
#[derive(Clone, Debug)]
pub enum PatchChange {
    /// It reads otherwise, and mentions whom this says.
    Edit {
        /// The new content.
        content: Content,
        /// Whom it mentions now.
        mention: Mention,
    },
    /// It is withdrawn for good; what stands in its place mentions nobody.
    Recall,
}

/// Called exactly once, before anybody else hears of the patch, with its time.
pub type PatchDone = Box<dyn FnOnce(Result<Timestamp, PatchError>) + Send>;

/// Why a message was not patched.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// Too many bytes.
    #[error("message has {bytes} bytes, at most {limit} are allowed")]
    TooLong {
        /// How many.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The operator forbids clients to edit.
    #[error("clients may not edit messages of this app")]
    EditDisabled,
    /// The operator forbids clients to recall.
    #[error("clients may not recall messages of this app")]
    RecallDisabled,
    /// No such conversation, or the client is no member of it: the two are told apart to
    /// nobody.
    #[error("conversation {0} does not exist or the sender is no member of it")]
    InvalidTarget(ConversationId),
    /// The client is silenced, and may only recall.
    #[error("sender is silenced in conversation {0} and may only recall")]
    Silenced(ConversationId),
    /// A temporary conversation that has ended, or never was.
    #[error("temporary conversation {0} does not exist or has ended")]
    Ended(ConversationId),
    /// No such message, or none any more.
    #[error("message {0} does not exist or is recalled")]
    NotFound(MessageId),
    /// Somebody else sent it.
    #[error("message {0} was sent by somebody else")]
    NotSender(MessageId),
    /// The server is going down.
    #[error("server is shutting down")]
    ShuttingDown,
    /// The database failed; the cause is logged where it happened.
    #[error("database failed")]
    Store(ErrorClass),
}

impl PatchError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::TooLong { .. } => ErrorClass::Limited,
            Self::EditDisabled | Self::RecallDisabled | Self::Silenced(_) | Self::NotSender(_) => {
                ErrorClass::Forbidden
            }
            Self::InvalidTarget(_) | Self::Ended(_) | Self::NotFound(_) => ErrorClass::NotFound,
            Self::ShuttingDown => ErrorClass::Unavailable,
            Self::Store(class) => *class,
        }
    }
}

impl From<StoreError> for PatchError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "patch failed");
        Self::Store(error.class())
    }
}

/// A patch on its way to the log.
pub(crate) struct PendingPatch {
    pub(crate) patch: NewPatch,
    pub(crate) kind: ConversationKind,
    pub(crate) editor_session: Option<SessionId>,
    pub(crate) done: PatchDone,
}

impl fmt::Debug for PendingPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingPatch")
            .field("id", &self.patch.message_id)
            .finish_non_exhaustive()
    }
}

/// What became of a patch.
pub(crate) type PatchOutcome = Result<Patch, PatchError>;

impl Chat {
    /// Edits or recalls a message: checks it, hands it to the conversation's writer, and
    /// returns without waiting for the commit.
    ///
    /// `done` is called once the patch is durable (or refused), before it is told to every
    /// other session of every member, or to everybody else in the room. Unread counts and the
    /// conversation's last message keep their time; what they show is the patched content.
    pub async fn patch_message(&self, editor: Editor<'_>, request: PatchMessage, done: PatchDone) {
        match self.check_patch(editor, &request).await {
            Ok(known) => {
                let (content, mention, recall) = match request.change {
                    PatchChange::Edit { content, mention } => (content, mention, false),
                    PatchChange::Recall => (placeholder_of_recalled(), Mention::default(), true),
                };
                let pending = PendingPatch {
                    patch: NewPatch {
                        conversation_id: request.conversation_id,
                        message_id: request.message_id,
                        typed: type_of(&content),
                        content,
                        mention,
                        recall,
                    },
                    kind: known.kind,
                    editor_session: editor.session(),
                    done,
                };
                self.writer.patch(pending).await;
            }
            Err(error) => done(Err(error)),
        }
    }

    async fn check_patch(
        &self,
        editor: Editor<'_>,
        request: &PatchMessage,
    ) -> Result<Arc<KnownConversation>, PatchError> {
        if let PatchChange::Edit { content, .. } = &request.change {
            let limit = self.config.max_message_bytes;
            let bytes = content.len();
            if bytes > limit {
                return Err(PatchError::TooLong { bytes, limit });
            }
        }
        let conversation_id = &request.conversation_id;
        let invalid_target = || PatchError::InvalidTarget(conversation_id.clone());
        let known = self
            .conversations
            .lookup(conversation_id)
            .await?
            .ok_or_else(|| {
                if conversation_id.is_temporary() {
                    PatchError::Ended(conversation_id.clone())
                } else {
                    invalid_target()
                }
            })?;
        if let Editor::Client(caller) = editor {
            match request.change {
                PatchChange::Edit { .. } if !self.config.allow_edit => {
                    return Err(PatchError::EditDisabled);
                }
                PatchChange::Recall if !self.config.allow_recall => {
                    return Err(PatchError::RecallDisabled);
                }
                PatchChange::Edit { .. } | PatchChange::Recall => {}
            }
            if !known.accepts_from(&caller.client_id) {
                return Err(invalid_target());
            }
            // An edit speaks as a message does; taking something back does not.
            let now = self.clock.now();
            let silenced = known.is_silenced(&caller.client_id)
                || known.is_silenced_for_a_while(&caller.client_id, now);
            if silenced && matches!(request.change, PatchChange::Edit { .. }) {
                return Err(PatchError::Silenced(conversation_id.clone()));
            }
        }
        let mut connection = self.store.acquire().await?;
        let found = patch::lookup(&mut connection, conversation_id, &request.message_id)
            .await?
            .filter(|found| {
                request
                    .sent_at
                    .is_none_or(|sent_at| sent_at == found.sent_at)
            })
            .ok_or_else(|| PatchError::NotFound(request.message_id.clone()))?;
        if found.sender != *editor.sender() {
            return Err(PatchError::NotSender(request.message_id.clone()));
        }
        if found.recalled {
            return Err(PatchError::NotFound(request.message_id.clone()));
        }
        Ok(known)
    }
}
