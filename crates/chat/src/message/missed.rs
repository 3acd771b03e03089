//! Messages for sessions that are pushed what they missed, instead of being told counts
//! (spec 02 §10).
//!
//! What a client missed is what it has neither acknowledged nor read. It goes out in batches,
//! one per conversation at a time; the next one goes when the last message of the one before is
//! acknowledged.
//!
//! **Invariant:** until its last batch is told, a conversation's new messages must be withheld
//! from the session: whoever acknowledges one acknowledges what still waits before it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parlor_cluster::{MissedBatch, Published};
use parlor_model::{
    ClientId, ConversationId, ConversationKind, Event, EventKind, Features, Message, MessageKey,
    Timestamp, limit,
};
use parlor_store::{StoreError, missed};

use crate::{AckedUpTo, Chat};

/// Before every message.
const BEGINNING: Timestamp = Timestamp::from_millis(i64::MIN);

/// What a session has still to be told; a plain value of the session.
#[derive(Debug, Default)]
pub struct Missed {
    /// Conversations whose first batch is still to come.
    waiting: VecDeque<ConversationId>,
    /// The batch of each conversation that waits for its acknowledgement.
    told: HashMap<ConversationId, ToldBatch>,
}

/// What a session missed, at its beginning.
#[derive(Debug, Default)]
pub struct MissedAtLogin {
    /// The conversations in which it missed something; new messages there must wait.
    pub conversations: Vec<ConversationId>,
    /// What to tell at once.
    pub batches: Vec<MissedBatch>,
    /// What is still to be told.
    pub rest: Missed,
}

#[derive(Debug)]
struct ToldBatch {
    last: MessageKey,
    more: bool,
}

impl ToldBatch {
    fn is_acked(&self, up_to: &AckedUpTo) -> bool {
        match up_to {
            AckedUpTo::Message(id) => *id == self.last.id,
            AckedUpTo::Time(time) => *time >= self.last.sent_at,
        }
    }
}

impl Chat {
    /// Returns what a session that just opened is to be told of the messages it missed.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn missed_at_login(
        &self,
        client_id: &ClientId,
        features: Features,
    ) -> Result<MissedAtLogin, StoreError> {
        // What the client acknowledged on its last connection must not come again.
        self.acknowledger.flush().await;
        let mut connection = self.store.acquire().await?;
        let mut kinds = vec![ConversationKind::Normal, ConversationKind::Service];
        if features.has(Features::TEMPORARY_CONVERSATIONS) {
            kinds.push(ConversationKind::Temporary);
        }
        let conversations =
            missed::list_conversations(&mut connection, client_id, &kinds, self.clock.now())
                .await?;
        drop(connection);
        let mut rest = Missed {
            waiting: conversations.iter().cloned().collect(),
            told: HashMap::new(),
        };
        let batches = self.next_batches(client_id, &mut rest, Vec::new()).await?;
        Ok(MissedAtLogin {
            conversations,
            batches,
            rest,
        })
    }

    /// Returns what a session is to be told next, now that it has received a conversation's
    /// messages up to somewhere; nothing while an earlier batch is not acknowledged whole.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what the session missed is then not told
    /// completely, so it must begin anew.
    pub async fn missed_after(
        &self,
        client_id: &ClientId,
        missed: &mut Missed,
        conversation_id: &ConversationId,
        up_to: &AckedUpTo,
    ) -> Result<Vec<MissedBatch>, StoreError> {
        let acked = missed.told.get(conversation_id);
        if !acked.is_some_and(|batch| batch.is_acked(up_to)) {
            return Ok(Vec::new());
        }
        let next = missed
            .told
            .remove(conversation_id)
            .filter(|batch| batch.more)
            .map(|batch| (conversation_id.clone(), batch.last.sent_at));
        self.next_batches(client_id, missed, Vec::from_iter(next))
            .await
    }

    /// Reads the next batch of these conversations, and the first one of as many others as may
    /// be under way with them.
    async fn next_batches(
        &self,
        client_id: &ClientId,
        missed: &mut Missed,
        mut after: Vec<(ConversationId, Timestamp)>,
    ) -> Result<Vec<MissedBatch>, StoreError> {
        let mut batches = Vec::new();
        loop {
            let free = limit::MISSED_CONVERSATIONS
                .saturating_sub(missed.told.len() + after.len())
                .min(missed.waiting.len());
            after.extend(missed.waiting.drain(..free).map(|id| (id, BEGINNING)));
            if after.is_empty() {
                return Ok(batches);
            }
            let mut messages = self.read_missed(client_id, &after).await?;
            for (conversation_id, _) in after.drain(..) {
                // Empty when another device has received it all meanwhile.
                let messages = messages.remove(&conversation_id).unwrap_or_default();
                let batch = batch_of(conversation_id.clone(), messages);
                if let Some(last) = &batch.last {
                    let told = ToldBatch {
                        last: last.clone(),
                        more: batch.more,
                    };
                    missed.told.insert(conversation_id, told);
                }
                batches.push(batch);
            }
        }
    }

    async fn read_missed(
        &self,
        client_id: &ClientId,
        after: &[(ConversationId, Timestamp)],
    ) -> Result<HashMap<ConversationId, Vec<Message>>, StoreError> {
        let mut connection = self.store.acquire().await?;
        // One more than a batch tells whether there are more.
        let messages = missed::list_messages(
            &mut connection,
            client_id,
            after,
            self.clock.now(),
            limit::MISSED_QUEUE,
            limit::MISSED_BATCH as i64 + 1,
        )
        .await?;
        let mut by_conversation: HashMap<ConversationId, Vec<Message>> = HashMap::new();
        for message in messages {
            by_conversation
                .entry(message.conversation_id.clone())
                .or_default()
                .push(message);
        }
        Ok(by_conversation)
    }
}

fn batch_of(conversation_id: ConversationId, mut messages: Vec<Message>) -> MissedBatch {
    let more = messages.len() > limit::MISSED_BATCH;
    messages.truncate(limit::MISSED_BATCH);
    let last = messages.last().map(|message| MessageKey {
        sent_at: message.sent_at,
        id: message.id.clone(),
    });
    let events = messages
        .into_iter()
        .map(|message| {
            let is_last = last.as_ref().is_some_and(|last| last.id == message.id);
            Arc::new(Published::new(Event {
                happened_at: message.sent_at,
                kind: EventKind::Missed {
                    message: Arc::new(message),
                    more: more && is_last,
                },
            }))
        })
        .collect();
    MissedBatch {
        conversation_id,
        events,
        last,
        more,
    }
}
