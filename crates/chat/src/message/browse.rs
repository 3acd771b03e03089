//! Reading the log for the app's server: of any conversation, of a client, or all of it.

use parlor_model::{
    ClientId, ConversationId, ConversationKind, ErrorClass, Message, MessageKey, Timestamp,
};
use parlor_store::message::PageFrom;
use parlor_store::receipt::{self, Marks};
use parlor_store::{StoreError, archive, message, stream, stream_log};

use super::Direction;
use super::history::{Place, reached, span_between};
use crate::{Chat, PresentedSignature, SignatureRefused};

/// Whose messages are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowseScope {
    /// Those of a conversation.
    Conversation {
        /// Which one.
        id: ConversationId,
        /// What kind it must be, when that matters.
        kind: Option<ConversationKind>,
    },
    /// What a client sees of a service conversation.
    Stream {
        /// Which one.
        id: ConversationId,
        /// Whose stream.
        client_id: ClientId,
    },
    /// Those that a client sent to normal conversations and chat rooms.
    Sender(ClientId),
    /// All of normal conversations and chat rooms.
    Everything,
}

/// One end of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowseBound {
    /// No end.
    Open,
    /// Every message of this millisecond.
    Time(Timestamp),
    /// This message, in the log or not.
    Message(MessageKey),
}

/// What the app's server wants to read.
#[derive(Clone, Debug)]
pub struct BrowseMessages {
    /// Of whom.
    pub scope: BrowseScope,
    /// Where to start.
    pub start: BrowseBound,
    /// Whether the start itself is wanted.
    pub include_start: bool,
    /// Where to stop.
    pub end: BrowseBound,
    /// Whether the end itself is wanted.
    pub include_end: bool,
    /// Which way.
    pub direction: Direction,
    /// How many.
    pub limit: u32,
}

/// A message of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct BrowsedMessage {
    /// The message.
    pub message: Message,
    /// When it was first received, where that is known: in conversations of two.
    pub acked_at: Option<Timestamp>,
}

/// Why the log was not read.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The conversation is of another kind.
    #[error("conversation {id} is of kind {found:?}")]
    WrongKind {
        /// The conversation.
        id: ConversationId,
        /// What it is.
        found: ConversationKind,
        /// What it should be.
        wanted: ConversationKind,
    },
    /// The app asks for signed history.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BrowseError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::WrongKind { .. } => ErrorClass::Invalid,
            Self::Signature(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

/// Who asks for history, where the app demands that it is signed.
#[derive(Clone, Debug)]
pub struct HistorySignature {
    /// For whom it is signed.
    pub client_id: ClientId,
    /// The signature.
    pub presented: PresentedSignature,
}

impl Chat {
    /// Reads a page of the log in the order of the walk. Every page is a range of an index, so
    /// each costs the same however far the walk has come (spec 03 §2.4).
    ///
    /// # Errors
    /// [`BrowseError`].
    pub async fn browse_messages(
        &self,
        request: BrowseMessages,
        signature: Option<&HistorySignature>,
    ) -> Result<Vec<BrowsedMessage>, BrowseError> {
        self.check_history_signature(&request.scope, signature)?;
        let start = (request.start.place(), request.include_start);
        let end = (request.end.place(), request.include_end);
        let span = span_between(request.direction, start, end);
        let from = match request.direction {
            Direction::Older => PageFrom::Newest,
            Direction::Newer => PageFrom::Oldest,
        };
        // Before a connection is taken, because looking up may take one too.
        let kind = self.kind_for(&request.scope).await?;
        let mut connection = self.store.acquire().await?;
        let limit = request.limit;
        let (messages, marks) = match &request.scope {
            BrowseScope::Conversation { id, .. } => {
                let messages =
                    message::history(&mut connection, id, kind, &span, None, from, limit).await?;
                let marks = receipt::list_marks(&mut connection, id).await?;
                (messages, marks)
            }
            BrowseScope::Stream { id, client_id } => {
                let share = stream::share_of(&mut connection, id, client_id).await?;
                let messages = stream_log::history(
                    &mut connection,
                    id,
                    client_id,
                    share,
                    &span,
                    None,
                    from,
                    limit,
                );
                (messages.await?, Vec::new())
            }
            BrowseScope::Sender(sender) => {
                let list = archive::list(&mut connection, Some(sender), &span, from, limit);
                (list.await?, Vec::new())
            }
            BrowseScope::Everything => {
                let list = archive::list(&mut connection, None, &span, from, limit);
                (list.await?, Vec::new())
            }
        };
        let mut browsed: Vec<_> = messages
            .into_iter()
            .map(|message| BrowsedMessage {
                acked_at: acked_at(&message, &marks),
                message,
            })
            .collect();
        if from == PageFrom::Newest {
            browsed.reverse();
        }
        Ok(browsed)
    }

    /// Returns the kind of the conversation in a scope, which must be what the scope says. Scopes
    /// without one are of normal conversations.
    async fn kind_for(&self, scope: &BrowseScope) -> Result<ConversationKind, BrowseError> {
        let (id, wanted) = match scope {
            BrowseScope::Conversation { id, kind } => (id, *kind),
            BrowseScope::Stream { id, .. } => (id, Some(ConversationKind::Service)),
            BrowseScope::Sender(_) | BrowseScope::Everything => {
                return Ok(ConversationKind::Normal);
            }
        };
        let found = self.kind_of(id).await?;
        let found = found.ok_or_else(|| BrowseError::NotFound(id.clone()))?;
        match wanted {
            Some(wanted) if wanted != found => Err(BrowseError::WrongKind {
                id: id.clone(),
                found,
                wanted,
            }),
            _ => Ok(found),
        }
    }

    /// Returns the kind of a conversation, `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn kind_of(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<Option<ConversationKind>, StoreError> {
        let known = self.conversations.lookup(conversation_id).await?;
        Ok(known.map(|known| known.kind))
    }
}

impl BrowseBound {
    fn place(self) -> Option<Place> {
        match self {
            Self::Open => None,
            Self::Time(sent_at) => Some(Place::Time(sent_at)),
            Self::Message(key) => Some(Place::Message(key)),
        }
    }
}

/// Returns when the other one of two members received a message.
fn acked_at(message: &Message, marks: &[Marks]) -> Option<Timestamp> {
    let [a, b] = marks else {
        return None;
    };
    let other = if a.client_id == message.sender { b } else { a };
    let acked = reached(message, other.acked_up_to, other.acked_at);
    acked.or_else(|| reached(message, other.read_up_to, other.read_at))
}
