//! The conversations in use: kind, members and restrictions, kept in memory for sending and
//! delivering.
//!
//! **Invariant:** what is cached was read after the last change of the conversation on this
//! node. A reader that started before a change never leaves its stale copy behind: every
//! change moves the conversation's epoch, and a copy is kept only when the epoch stood still
//! while it was read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::sync::Cache;
use parlor_model::{ClientId, Clock, ConversationId, ConversationKind, Timestamp};
use parlor_store::{Store, StoreError, conversation, member, restriction};

use super::turn::stripe_of;

const EPOCHS: usize = 1024;

/// What sending and delivering need to know about a conversation.
#[derive(Debug)]
pub(crate) struct KnownConversation {
    pub(crate) kind: ConversationKind,
    /// In the order they came.
    pub(crate) members: Vec<ClientId>,
    /// When a temporary conversation ends.
    expires_at: Option<Timestamp>,
    index: HashSet<ClientId>,
    silenced: HashSet<ClientId>,
    silenced_until: HashMap<ClientId, Timestamp>,
    blocked: HashSet<ClientId>,
}

impl KnownConversation {
    pub(crate) fn has_member(&self, client_id: &ClientId) -> bool {
        self.index.contains(client_id)
    }

    /// Tells whether a client may speak here, unless it is silenced: members may, in a room and to
    /// a service conversation whoever is logged in, in it or not, but nobody who is blocked.
    pub(crate) fn accepts_from(&self, client_id: &ClientId) -> bool {
        match self.kind {
            ConversationKind::Normal | ConversationKind::Temporary => self.has_member(client_id),
            ConversationKind::ChatRoom | ConversationKind::Service => !self.is_blocked(client_id),
        }
    }

    /// Tells whether a client may speak here now.
    pub(crate) fn may_speak(&self, client_id: &ClientId, now: Timestamp) -> bool {
        self.accepts_from(client_id)
            && !self.is_silenced(client_id)
            && !self.is_silenced_for_a_while(client_id, now)
    }

    pub(crate) fn is_silenced(&self, client_id: &ClientId) -> bool {
        self.silenced.contains(client_id)
    }

    pub(crate) fn is_silenced_for_a_while(&self, client_id: &ClientId, now: Timestamp) -> bool {
        self.silenced_until
            .get(client_id)
            .is_some_and(|until| now < *until)
    }

    pub(crate) fn is_blocked(&self, client_id: &ClientId) -> bool {
        self.blocked.contains(client_id)
    }
}

/// The cache of conversations in use; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Conversations {
    store: Store,
    clock: Clock,
    cache: Cache<ConversationId, Arc<KnownConversation>>,
    epochs: Arc<[AtomicU64]>,
}

impl Conversations {
    pub(crate) fn new(store: Store, clock: Clock, capacity: u64) -> Self {
        Self {
            store,
            clock,
            cache: Cache::new(capacity),
            epochs: (0..EPOCHS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Looks a conversation up, in memory first. One that has ended is as good as gone.
    pub(crate) async fn lookup(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<Option<Arc<KnownConversation>>, StoreError> {
        let known = self.known(conversation_id).await?;
        Ok(known.filter(|known| {
            known
                .expires_at
                .is_none_or(|expires_at| self.clock.now() < expires_at)
        }))
    }

    async fn known(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<Option<Arc<KnownConversation>>, StoreError> {
        if let Some(known) = self.cache.get(conversation_id) {
            return Ok(Some(known));
        }
        let epoch = self.epoch(conversation_id);
        let before = epoch.load(Ordering::Acquire);
        let Some(known) = self.read(conversation_id).await? else {
            return Ok(None);
        };
        let known = Arc::new(known);
        self.cache
            .insert(conversation_id.clone(), Arc::clone(&known));
        if epoch.load(Ordering::Acquire) != before {
            self.cache.invalidate(conversation_id);
        }
        Ok(Some(known))
    }

    /// Forgets a conversation; called after each commit that changes it.
    pub(crate) fn forget(&self, conversation_id: &ConversationId) {
        self.epoch(conversation_id).fetch_add(1, Ordering::AcqRel);
        self.cache.invalidate(conversation_id);
    }

    async fn read(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<Option<KnownConversation>, StoreError> {
        let mut connection = self.store.acquire().await?;
        let Some(row) = conversation::lookup(&mut connection, conversation_id).await? else {
            return Ok(None);
        };
        let members: Vec<ClientId> = member::list(&mut connection, conversation_id)
            .await?
            .into_iter()
            .map(|member| member.client_id)
            .collect();
        let restrictions =
            restriction::lookup(&mut connection, conversation_id, self.clock.now()).await?;
        Ok(Some(KnownConversation {
            kind: row.kind,
            expires_at: row.expires_at,
            index: members.iter().cloned().collect(),
            members,
            silenced: restrictions.silenced.into_iter().collect(),
            silenced_until: restrictions.silenced_until.into_iter().collect(),
            blocked: restrictions.blocked.into_iter().collect(),
        }))
    }

    fn epoch(&self, conversation_id: &ConversationId) -> &AtomicU64 {
        &self.epochs[stripe_of(conversation_id, EPOCHS)]
    }
}
