//! One change of a conversation at a time on this node.
//!
//! The database already serialises changes by row lock; holding a turn until the events are
//! published keeps the events of two changes in the order of their commits.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use parlor_model::ConversationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Two conversations share a turn now and then; that only makes one wait for the other.
const STRIPES: usize = 1024;

/// The turns of all conversations.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<[Arc<Semaphore>]>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..STRIPES).map(|_| Arc::new(Semaphore::new(1))).collect())
    }

    /// Waits for the conversation's turn.
    pub(crate) async fn take(&self, conversation_id: &ConversationId) -> OwnedSemaphorePermit {
        let stripe = stripe_of(conversation_id, self.0.len());
        Arc::clone(&self.0[stripe])
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }
}

/// Maps a conversation to one of `count` stripes.
pub(crate) fn stripe_of(conversation_id: &ConversationId, count: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    conversation_id.hash(&mut hasher);
    usize::try_from(hasher.finish() % count as u64).expect("a remainder of a usize fits a usize")
}
