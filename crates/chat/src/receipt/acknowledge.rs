//! Acknowledgements of received messages, written together.
//!
//! A phone acknowledges every message it gets, so marks are not written one by one: a task
//! gathers what arrived while its last write ran, as the message writer does.
//!
//! **Invariant:** a sender is told of a delivery after the mark is committed, once.

use parlor_cluster::Registry;
use parlor_model::{Clock, ConversationId};
use parlor_store::receipt::{self, Ack};
use parlor_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::owed::{self, Notice};
use crate::notification::keep_receipts;
use crate::{Caller, Chat};

pub use parlor_store::receipt::AckedUpTo;

/// Acknowledgements waiting for the next write. Full means that the database is behind;
/// clients that acknowledge then wait in their own connection.
const QUEUE: usize = 4096;

/// Most acknowledgements of one write.
const BATCH: usize = 512;

/// Something for the task to do.
#[derive(Debug)]
enum Entry {
    Write(Ack),
    /// Tell when everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// A handle on the task that writes acknowledgements; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledger {
    queue: mpsc::Sender<Entry>,
}

impl Acknowledger {
    /// Starts the task; it ends after `cancel`, when all it accepted is written.
    pub(crate) fn start(
        store: Store,
        registry: Registry,
        clock: Clock,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> Self {
        let (queue, acks) = mpsc::channel(QUEUE);
        let worker = Worker {
            store,
            registry,
            clock,
        };
        tracker.spawn(worker.run(acks, cancel));
        Self { queue }
    }

    /// Waits until every acknowledgement accepted before is written.
    pub(crate) async fn flush(&self) {
        let (written, is_written) = oneshot::channel();
        // Either end is closed at shutdown, when nothing is left to wait for.
        if self.queue.send(Entry::Flush(written)).await.is_ok() {
            let _ = is_written.await;
        }
    }
}

impl Chat {
    /// Notes that the caller has received messages. Acknowledgements of its own messages and in
    /// conversations it is no member of have no effect.
    pub async fn acknowledge(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        up_to: AckedUpTo,
    ) {
        let ack = Ack {
            conversation_id,
            client_id: caller.client_id.clone(),
            up_to,
        };
        // A closed queue means shutdown; the client acknowledges again after it reconnects.
        let _ = self.acknowledger.queue.send(Entry::Write(ack)).await;
    }
}

struct Worker {
    store: Store,
    registry: Registry,
    clock: Clock,
}

impl Worker {
    async fn run(self, mut queue: mpsc::Receiver<Entry>, cancel: CancellationToken) {
        let mut entries = Vec::new();
        loop {
            tokio::select! {
                received = queue.recv_many(&mut entries, BATCH) => if received == 0 { return },
                () = cancel.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            }
            let mut acks = Vec::with_capacity(entries.len());
            let mut flushes = Vec::new();
            for entry in entries.drain(..) {
                match entry {
                    Entry::Write(ack) => acks.push(ack),
                    Entry::Flush(written) => flushes.push(written),
                }
            }
            if !acks.is_empty() {
                match self.write(&acks).await {
                    Ok(notices) => owed::tell(&self.registry, notices),
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        acks = acks.len(),
                        "acknowledgements could not be written"
                    ),
                }
            }
            for written in flushes {
                // Who asked may be gone.
                let _ = written.send(());
            }
        }
    }

    async fn write(&self, batch: &[Ack]) -> Result<Vec<Notice>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let moved = receipt::move_acks(&mut tx, batch, now).await?;
        let notices = owed::delivered(&mut tx, &moved, now).await?;
        keep_receipts(&mut tx, &self.registry, &notices).await?;
        tx.commit().await?;
        Ok(notices)
    }
}
