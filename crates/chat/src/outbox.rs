//! Events of a committed operation, waiting for its caller to be answered.

use parlor_cluster::Audience;
use parlor_model::{ConversationId, Event, EventKind, Timestamp};
use tokio::sync::OwnedSemaphorePermit;

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

    /// Makes an outbox that keeps the conversation's turn.
    pub(crate) const fn new(conversation_id: ConversationId, turn: OwnedSemaphorePermit) -> Self {
        Self {
            conversation_id,
            events: Vec::new(),
            _turn: Some(turn),
        }
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, audience: Audience, happened_at: Timestamp, kind: EventKind) {
        self.events.push((audience, Event { happened_at, kind }));
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
