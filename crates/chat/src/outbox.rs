//! Events of an operation: gathered before it is committed, told after its caller is answered.
//!
//! **Invariant:** only a commit makes an [`Outbox`] with something in it, so nothing is told to
//! anybody that may still be undone.

use parlor_cluster::Audience;
use parlor_model::{ConversationId, Event, EventKind, Timestamp};
use parlor_store::{StoreError, Tx};
use tokio::sync::OwnedSemaphorePermit;

use crate::notification;

/// Events of an operation that is not committed yet.
#[derive(Debug)]
pub(crate) struct Draft {
    conversation_id: ConversationId,
    events: Vec<(Audience, Event)>,
}

impl Draft {
    /// Makes a draft with nothing in it.
    pub(crate) const fn new(conversation_id: ConversationId) -> Self {
        Self {
            conversation_id,
            events: Vec::new(),
        }
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, audience: Audience, happened_at: Timestamp, kind: EventKind) {
        self.events.push((audience, Event { happened_at, kind }));
    }

    /// Commits the operation, and with it what clients may ask for who are not there to be told.
    /// Its events wait in the outbox, which keeps the conversation's turn.
    pub(crate) async fn commit(
        self,
        mut tx: Tx,
        turn: OwnedSemaphorePermit,
    ) -> Result<Outbox, StoreError> {
        notification::keep(&mut tx, &self.events).await?;
        tx.commit().await?;
        Ok(Outbox {
            conversation_id: self.conversation_id,
            events: self.events,
            _turn: Some(turn),
        })
    }
}

/// Events to publish once the caller has its answer.
///
/// Until then the outbox holds the conversation's turn, so that the events of two operations
/// on one conversation leave in the order of their commits.
#[must_use = "publish it after answering the caller, or members are never told"]
#[derive(Debug)]
pub struct Outbox {
    pub(crate) conversation_id: ConversationId,
    pub(crate) events: Vec<(Audience, Event)>,
    pub(crate) _turn: Option<OwnedSemaphorePermit>,
}

impl Outbox {
    /// Makes an outbox with nothing in it.
    pub(crate) const fn empty(conversation_id: ConversationId) -> Self {
        Self {
            conversation_id,
            events: Vec::new(),
            _turn: None,
        }
    }

    /// Returns how many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Tells whether no event waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}
