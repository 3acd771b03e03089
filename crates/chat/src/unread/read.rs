//! Marking conversations as read.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use parlor_cluster::Published;
use parlor_model::{ConversationId, ConversationKind, Event, EventKind, MessageId, Timestamp};
use parlor_store::{StoreError, member, stream, stream_log, unread};

use crate::{Caller, Chat, notification, receipt};

/// Conversations of one report; each costs a row update. SDKs send one.
const MAX_POSITIONS: usize = 100;

/// How far a client has read one conversation.
#[derive(Clone, Debug)]
pub struct ReadPosition {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Up to this message, when known.
    pub message_id: Option<MessageId>,
    /// Up to this time; `None` means everything.
    pub sent_at: Option<Timestamp>,
}

impl Chat {
    /// Moves the caller's read positions forward and tells all its sessions, this one too, the
    /// unread counts that result; always, because SDKs count on their own and rely on being
    /// corrected (spec 02 §8.2). Senders who asked for receipts get one per conversation.
    /// Conversations the caller is no member of are ignored; of the others it returns how far
    /// they are read now.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn mark_read(
        &self,
        caller: &Caller,
        mut positions: Vec<ReadPosition>,
    ) -> Result<Vec<(ConversationId, Timestamp)>, StoreError> {
        // In one order for all, so that two devices that report together do not wait for each
        // other's rows.
        positions.sort_by(|a, b| a.conversation_id.cmp(&b.conversation_id));
        positions.truncate(MAX_POSITIONS);
        // Before a connection is taken, because looking up may take one too.
        let mut streams = HashSet::new();
        for position in &positions {
            let conversation_id = &position.conversation_id;
            let known = self.conversations.lookup(conversation_id).await?;
            if known.is_some_and(|known| known.kind == ConversationKind::Service) {
                streams.insert(conversation_id.clone());
            }
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let mut read = BTreeMap::new();
        let mut moved = Vec::new();
        for position in positions {
            if streams.contains(&position.conversation_id) {
                stream::mark_read(
                    &mut tx,
                    &position.conversation_id,
                    &caller.client_id,
                    position.message_id.as_ref(),
                    position.sent_at,
                    now,
                )
                .await?;
                continue;
            }
            let marked = member::mark_read(
                &mut tx,
                &position.conversation_id,
                &caller.client_id,
                position.message_id.as_ref(),
                position.sent_at,
                now,
            )
            .await?;
            let Some(marked) = marked else { continue };
            read.insert(position.conversation_id, marked.to);
            if marked.to > marked.from {
                moved.push(marked);
            }
        }
        let read: Vec<(ConversationId, Timestamp)> = read.into_iter().collect();
        let read_ids: Vec<ConversationId> = read.iter().map(|(id, _)| id.clone()).collect();
        let receipts = receipt::read(&mut tx, &moved, now).await?;
        notification::keep_receipts(&mut tx, &self.registry, &receipts).await?;
        let mut conversations = unread::lookup(&mut tx, &caller.client_id, &read_ids, now).await?;
        if !streams.is_empty() {
            let streams: Vec<ConversationId> = streams.into_iter().collect();
            let streams = stream_log::lookup(&mut tx, &caller.client_id, &streams, now).await?;
            conversations.extend(streams);
        }
        tx.commit().await.map_err(StoreError::from)?;
        if conversations.is_empty() {
            return Ok(read);
        }
        let event = Event {
            happened_at: now,
            kind: EventKind::Unread {
                conversations,
                notified_at: now,
            },
        };
        self.registry.deliver(
            std::slice::from_ref(&caller.client_id),
            None,
            &Arc::new(Published::new(event)),
        );
        receipt::tell(&self.registry, receipts);
        Ok(read)
    }
}
