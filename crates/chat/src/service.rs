//! The service itself: handles on everything the operations need.

use std::sync::Arc;

use parlor_cluster::{Registry, Rooms};
use parlor_model::{ClientId, Clock, limit};
use parlor_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::conversation::{Conversations, Turns};
use crate::ids::Ids;
use crate::message::{Deliverer, MessageWriter};
use crate::receipt::Acknowledger;
use crate::room::Absences;
use crate::will::{Teller, Wills};
use crate::{Config, Outbox, notification};

/// The conversation service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    pub(crate) config: Arc<Config>,
    pub(crate) ids: Ids,
    pub(crate) conversations: Conversations,
    pub(crate) turns: Turns,
    pub(crate) writer: MessageWriter,
    pub(crate) acknowledger: Acknowledger,
    pub(crate) rooms: Rooms,
    pub(crate) absences: Absences,
    pub(crate) wills: Wills,
}

impl Chat {
    /// Makes the service and starts its message writer on `tracker`.
    ///
    /// When `cancel` fires the writer commits and delivers what it has accepted, then stops;
    /// cancel only after the doors are closed.
    #[must_use]
    pub fn new(
        store: Store,
        registry: Registry,
        clock: Clock,
        config: Config,
        tracker: &TaskTracker,
        cancel: &CancellationToken,
    ) -> Self {
        notification::describe();
        let conversations = Conversations::new(store.clone(), clock.clone(), config.cache_capacity);
        let acknowledger = Acknowledger::start(
            store.clone(),
            registry.clone(),
            clock.clone(),
            tracker,
            cancel.clone(),
        );
        let rooms = Rooms::new();
        let deliverer = Deliverer {
            store: store.clone(),
            registry: registry.clone(),
            rooms: rooms.clone(),
            conversations: conversations.clone(),
        };
        let writer = MessageWriter::start(&store, &deliverer, &clock, &config, tracker, cancel);
        let wills = Wills::default();
        let teller = Teller {
            wills: wills.clone(),
            conversations: conversations.clone(),
            writer: writer.clone(),
            clock: clock.clone(),
        };
        teller.start(tracker, cancel.clone());
        Self {
            store,
            registry,
            absences: Absences::new(clock.clone()),
            clock,
            config: Arc::new(config),
            ids: Ids,
            conversations,
            turns: Turns::new(),
            writer,
            acknowledger,
            rooms,
            wills,
        }
    }

    /// Tells an operation's events to their audiences, in the conversation's order.
    pub async fn publish(&self, outbox: Outbox) {
        if !outbox.is_empty() {
            self.writer.publish(outbox).await;
        }
    }

    /// Returns which of these clients are online; looks at the first
    /// [`limit::ONLINE_QUERY`] only (spec 01 §5.9).
    #[must_use]
    pub fn online(&self, client_ids: &[ClientId]) -> Vec<ClientId> {
        client_ids
            .iter()
            .take(limit::ONLINE_QUERY)
            .filter(|client_id| self.registry.is_online(client_id))
            .cloned()
            .collect()
    }

    /// Returns the clock that all operations go by.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the limits in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}
