//! The message writer: batched group commit, then delivery in commit order.
//!
//! A conversation always uses the same lane, its patches too: who hears of a patch has heard of
//! the message. Each lane is two tasks: the committer gathers
//! what arrived while the previous commit ran and stores it in one transaction; the deliverer
//! tells senders and members, in the committer's order, while the next commit runs. There is
//! no artificial delay: an idle lane commits a single message at once.
//!
//! **Invariant:** nobody is told of a message before it is committed, and its sender is told
//! first. Events of a conversation leave through its lane's deliverer, so that they keep their
//! order among messages.

use std::sync::Arc;
use std::time::Instant;

use metrics::{Counter, Histogram};
use parlor_cluster::{Except, Published, Registry, Rooms};
use parlor_model::{
    AddressedTo, ClientId, Clock, ConversationId, ConversationKind, Event, EventKind, Message,
    MessageKey, Patch, Priority, SessionId,
};
use parlor_store::message::{Inserted, NewMessage};
use parlor_store::patch::NewPatch;
use parlor_store::{Store, StoreError, message, patch, stream, stream_log};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::patch::{PatchOutcome, PendingPatch};
use crate::conversation::{Conversations, KnownConversation, stripe_of};
use crate::{Config, Outbox, PatchError, SendDone, SendError};

/// Messages waiting for a lane's next commit. Full means that the database is behind; senders
/// then wait in their own connection, which stops reading from the socket.
const COMMIT_QUEUE: usize = 2048;

/// Commits waiting for delivery. Small, because a deliverer that is behind should slow the
/// committer down rather than gather messages in memory.
const DELIVERY_QUEUE: usize = 8;

/// Clients of one question for subscribers: large, because the question is asked for everybody
/// who is online, and small enough to take no time.
const SUBSCRIBERS_ASKED: usize = 10_000;

/// A message on its way to the log.
pub(crate) struct Pending {
    pub(crate) message: NewMessage,
    pub(crate) kind: ConversationKind,
    pub(crate) priority: Priority,
    pub(crate) echo: Echo,
    pub(crate) done: SendDone,
}

/// Which sessions of its sender get a message that is no room's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// All but this one, which sent it.
    AllBut(SessionId),
    /// All of them.
    Everybody,
    /// None of them.
    Nobody,
}

/// What a committer does next.
#[derive(Debug)]
enum Write {
    Message(Box<Pending>),
    Patch(Box<PendingPatch>),
}

/// Who gets a message.
pub(crate) enum Recipients {
    /// These clients.
    Clients(Vec<ClientId>),
    /// Whoever is in the conversation, a room, but the sender.
    Room(Priority),
    /// Those in a service conversation whom it is for.
    Addressed(AddressedTo),
}

/// What a message is, as far as telling it goes.
struct About<'a> {
    conversation_id: &'a ConversationId,
    sender: &'a ClientId,
    echo: Echo,
}

/// What a deliverer does next.
enum Delivery {
    /// Messages of one commit, each with what became of it.
    Committed(Vec<(Pending, Result<Inserted, SendError>)>),
    /// A patch and what became of it.
    Patched(Box<PendingPatch>, PatchOutcome),
    /// A message that is not stored.
    Transient {
        message: Box<Message>,
        recipients: Recipients,
        done: SendDone,
    },
    /// A message of somebody who is gone, which is not stored either.
    Will {
        message: Box<Message>,
        recipients: Recipients,
    },
    /// The events of an operation.
    Events(Outbox),
}

#[derive(Clone, Debug)]
struct Lane {
    commits: mpsc::Sender<Write>,
    deliveries: mpsc::Sender<Delivery>,
}

/// A handle on all lanes; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MessageWriter {
    lanes: Arc<[Lane]>,
}

impl MessageWriter {
    /// Starts the lanes on `tracker`; they end after `cancel`, when all they accepted is
    /// committed and delivered.
    pub(crate) fn start(
        store: &Store,
        deliverer: &Deliverer,
        clock: &Clock,
        config: &Config,
        tracker: &TaskTracker,
        cancel: &CancellationToken,
    ) -> Self {
        let metrics = Metrics::new();
        let lanes = (0..config.writer_lanes.max(1))
            .map(|_| {
                let (commits, commit_queue) = mpsc::channel(COMMIT_QUEUE);
                let (deliveries, delivery_queue) = mpsc::channel(DELIVERY_QUEUE);
                let committer = Committer {
                    store: store.clone(),
                    clock: clock.clone(),
                    batch: config.writer_batch.max(1),
                    deliveries: deliveries.clone(),
                    metrics: metrics.clone(),
                };
                let delivering = CancellationToken::new();
                tracker.spawn(committer.run(commit_queue, cancel.clone(), delivering.clone()));
                tracker.spawn(deliverer.clone().run(delivery_queue, delivering));
                Lane {
                    commits,
                    deliveries,
                }
            })
            .collect();
        Self { lanes }
    }

    /// Accepts a message for the next commit; waits while the lane is full.
    pub(crate) async fn store(&self, pending: Pending) {
        let lane = self.lane_of(&pending.message.conversation_id);
        let write = Write::Message(Box::new(pending));
        if let Err(mpsc::error::SendError(write)) = lane.commits.send(write).await {
            write.refuse();
        }
    }

    /// Accepts a patch, to be committed after the messages accepted before it; waits while the
    /// lane is full.
    pub(crate) async fn patch(&self, pending: PendingPatch) {
        let lane = self.lane_of(&pending.patch.conversation_id);
        let write = Write::Patch(Box::new(pending));
        if let Err(mpsc::error::SendError(write)) = lane.commits.send(write).await {
            write.refuse();
        }
    }

    /// Delivers a message without storing it.
    pub(crate) async fn pass(&self, message: Message, recipients: Recipients, done: SendDone) {
        let lane = self.lane_of(&message.conversation_id);
        let delivery = Delivery::Transient {
            message: Box::new(message),
            recipients,
            done,
        };
        if let Err(mpsc::error::SendError(Delivery::Transient { done, .. })) =
            lane.deliveries.send(delivery).await
        {
            done(Err(SendError::ShuttingDown));
        }
    }

    /// Delivers a will.
    pub(crate) async fn pass_will(&self, message: Message, recipients: Recipients) {
        let lane = self.lane_of(&message.conversation_id);
        let delivery = Delivery::Will {
            message: Box::new(message),
            recipients,
        };
        // A closed lane means shutdown: the sessions to tell are gone.
        let _ = lane.deliveries.send(delivery).await;
    }

    /// Delivers the events of an operation.
    pub(crate) async fn publish(&self, outbox: Outbox) {
        let lane = self.lane_of(&outbox.conversation_id);
        // A closed lane means shutdown: the sessions to tell are gone.
        let _ = lane.deliveries.send(Delivery::Events(outbox)).await;
    }

    fn lane_of(&self, conversation_id: &ConversationId) -> &Lane {
        &self.lanes[stripe_of(conversation_id, self.lanes.len())]
    }
}

impl Write {
    /// Tells who asked for it that it comes too late.
    fn refuse(self) {
        match self {
            Self::Message(pending) => (pending.done)(Err(SendError::ShuttingDown)),
            Self::Patch(pending) => (pending.done)(Err(PatchError::ShuttingDown)),
        }
    }
}

/// Commits batches of messages, and patches one by one: they are rare.
struct Committer {
    store: Store,
    clock: Clock,
    batch: usize,
    deliveries: mpsc::Sender<Delivery>,
    metrics: Metrics,
}

impl Committer {
    async fn run(
        self,
        mut queue: mpsc::Receiver<Write>,
        cancel: CancellationToken,
        delivering: CancellationToken,
    ) {
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                received = queue.recv_many(&mut batch, self.batch) => if received == 0 { break },
                () = cancel.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            }
            if self.write(batch).await.is_err() {
                break;
            }
        }
        delivering.cancel();
    }

    /// Commits a batch in its order and hands each commit to the deliverer.
    async fn write(&self, batch: Vec<Write>) -> Result<(), mpsc::error::SendError<Delivery>> {
        let mut messages = Vec::with_capacity(batch.len());
        for write in batch {
            match write {
                Write::Message(pending) => messages.push(*pending),
                Write::Patch(pending) => {
                    self.write_messages(std::mem::take(&mut messages)).await?;
                    let outcome = self.patch(&pending.patch).await;
                    let delivery = Delivery::Patched(pending, outcome);
                    self.deliveries.send(delivery).await?;
                }
            }
        }
        self.write_messages(messages).await
    }

    async fn write_messages(
        &self,
        messages: Vec<Pending>,
    ) -> Result<(), mpsc::error::SendError<Delivery>> {
        if messages.is_empty() {
            return Ok(());
        }
        let outcomes = self.commit(messages).await;
        self.deliveries.send(Delivery::Committed(outcomes)).await
    }

    async fn patch(&self, new: &NewPatch) -> PatchOutcome {
        let patched = self.apply(new).await?;
        let patched = patched.ok_or_else(|| PatchError::NotFound(new.message_id.clone()))?;
        self.metrics.patched(&patched);
        Ok(patched)
    }

    async fn apply(&self, new: &NewPatch) -> Result<Option<Patch>, StoreError> {
        let mut tx = self.store.begin().await?;
        message::lock_conversations(&mut tx, &[new.conversation_id.to_string()]).await?;
        let patched = patch::apply(&mut tx, new, self.clock.now()).await?;
        tx.commit().await?;
        Ok(patched)
    }

    /// Commits a batch. When the database refuses it, finds the message that it refuses by
    /// halving, so that one bad message fails alone.
    async fn commit(&self, batch: Vec<Pending>) -> Vec<(Pending, Result<Inserted, SendError>)> {
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let messages: Vec<NewMessage> =
                part.iter().map(|pending| pending.message.clone()).collect();
            let started = Instant::now();
            match self.insert(&messages).await {
                Ok(inserted) => {
                    self.metrics.committed(&inserted, started);
                    outcomes.extend(part.into_iter().zip(inserted.into_iter().map(Ok)));
                }
                Err(StoreError::Refused(error)) if part.len() > 1 => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        messages = part.len(),
                        "batch refused, trying its halves"
                    );
                    let second = part.split_off(part.len() / 2);
                    parts.push(second);
                    parts.push(part);
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        messages = part.len(),
                        "messages could not be stored"
                    );
                    self.metrics.failed.increment(part.len() as u64);
                    let class = error.class();
                    outcomes.extend(
                        part.into_iter()
                            .map(|one| (one, Err(SendError::Store(class)))),
                    );
                }
            }
        }
        outcomes
    }

    async fn insert(&self, messages: &[NewMessage]) -> Result<Vec<Inserted>, StoreError> {
        let conversation_ids: Vec<String> = messages
            .iter()
            .map(|message| message.conversation_id.to_string())
            .collect();
        let mut tx = self.store.begin().await?;
        message::lock_conversations(&mut tx, &conversation_ids).await?;
        let inserted = message::insert_batch(&mut tx, messages, self.clock.now()).await?;
        tx.commit().await?;
        Ok(inserted)
    }
}

/// Tells senders and members.
#[derive(Clone, Debug)]
pub(crate) struct Deliverer {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) rooms: Rooms,
    pub(crate) conversations: Conversations,
}

impl Deliverer {
    async fn run(self, mut queue: mpsc::Receiver<Delivery>, cancel: CancellationToken) {
        loop {
            let delivery = tokio::select! {
                delivery = queue.recv() => delivery,
                () = cancel.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            };
            match delivery {
                None => return,
                Some(Delivery::Committed(outcomes)) => {
                    for (pending, outcome) in outcomes {
                        self.committed(pending, outcome).await;
                    }
                }
                Some(Delivery::Patched(pending, outcome)) => {
                    self.patched(*pending, outcome).await;
                }
                Some(Delivery::Transient {
                    message,
                    recipients,
                    done,
                }) => {
                    done(Ok(MessageKey {
                        sent_at: message.sent_at,
                        id: message.id.clone(),
                    }));
                    self.pass(&recipients, *message, EventKind::Message).await;
                }
                Some(Delivery::Will {
                    message,
                    recipients,
                }) => self.pass(&recipients, *message, EventKind::Will).await,
                Some(Delivery::Events(outbox)) => {
                    for (audience, event) in outbox.events {
                        let event = Arc::new(Published::new(event));
                        if let Some(room) = &audience.room {
                            self.rooms
                                .deliver(room, Except::Nobody, Priority::High, &event);
                        }
                        self.registry
                            .deliver(&audience.clients, audience.except, &event);
                    }
                }
            }
        }
    }

    async fn committed(&self, pending: Pending, outcome: Result<Inserted, SendError>) {
        let Pending {
            message,
            kind,
            priority,
            echo,
            done,
        } = pending;
        let addressed_to = message.addressed_to;
        let sent_at = match outcome {
            Ok(Inserted::New(sent_at)) => sent_at,
            Ok(Inserted::Duplicate(key)) => return done(Ok(key)),
            Ok(Inserted::ConversationGone) => {
                self.conversations.forget(&message.conversation_id);
                return done(Err(SendError::gone(message.conversation_id)));
            }
            Err(error) => return done(Err(error)),
        };
        done(Ok(MessageKey {
            sent_at,
            id: message.id.clone(),
        }));
        let message = Message {
            id: message.id,
            conversation_id: message.conversation_id,
            kind,
            sender: message.sender,
            sent_at,
            content: message.content,
            mention: message.mention,
            transient: false,
            patched_at: None,
        };
        if kind == ConversationKind::ChatRoom {
            let recipients = Recipients::Room(priority);
            return self.pass(&recipients, message, EventKind::Message).await;
        }
        let sender = message.sender.clone();
        let conversation_id = message.conversation_id.clone();
        let event = published(message, EventKind::Message);
        let about = About {
            conversation_id: &conversation_id,
            sender: &sender,
            echo,
        };
        self.tell(&about, &addressed_to, &event).await;
    }

    /// Tells everybody of a message, except that in a room nothing comes back to its sender, on
    /// any device (spec 02 §4).
    async fn pass(
        &self,
        recipients: &Recipients,
        message: Message,
        kind: impl FnOnce(Arc<Message>) -> EventKind,
    ) {
        match recipients {
            Recipients::Clients(clients) => {
                self.registry
                    .deliver(clients, None, &published(message, kind));
            }
            Recipients::Addressed(addressed_to) => {
                let sender = message.sender.clone();
                let conversation_id = message.conversation_id.clone();
                let event = published(message, kind);
                let about = About {
                    conversation_id: &conversation_id,
                    sender: &sender,
                    echo: Echo::Everybody,
                };
                self.tell(&about, addressed_to, &event).await;
            }
            Recipients::Room(priority) => {
                let room = message.conversation_id.clone();
                let sender = message.sender.clone();
                let except = Except::Client(&sender);
                self.rooms
                    .deliver(&room, except, *priority, &published(message, kind));
            }
        }
    }

    /// Tells whom a message is for.
    async fn tell(&self, about: &About<'_>, addressed_to: &AddressedTo, event: &Arc<Published>) {
        match addressed_to {
            AddressedTo::Conversation => {
                if let Some(known) = self.known(about.conversation_id).await {
                    self.deliver(&known.members, about, event);
                }
            }
            // Its server reads it from the log; the sender's devices show what was sent.
            AddressedTo::App => {
                let sender = std::slice::from_ref(about.sender);
                self.deliver(sender, about, event);
            }
            AddressedTo::Clients(clients) => self.deliver(clients, about, event),
            AddressedTo::Subscribers => {
                if let Err(error) = self.tell_subscribers(about.conversation_id, event).await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        conversation.id = %about.conversation_id,
                        "subscribers are unknown, they will see the broadcast at login"
                    );
                }
            }
            AddressedTo::Everybody { .. } => {
                self.deliver(&self.registry.clients(), about, event);
            }
        }
    }

    fn deliver(&self, clients: &[ClientId], about: &About<'_>, event: &Arc<Published>) {
        match about.echo {
            Echo::AllBut(session) => self.registry.deliver(clients, Some(session), event),
            Echo::Everybody => self.registry.deliver(clients, None, event),
            Echo::Nobody => {
                let others = clients.iter().filter(|id| *id != about.sender);
                let others: Vec<ClientId> = others.cloned().collect();
                self.registry.deliver(&others, None, event);
            }
        }
    }

    /// Asks which of the clients here are subscribed, because there may be more subscribers than
    /// a node can remember.
    async fn tell_subscribers(
        &self,
        conversation_id: &ConversationId,
        event: &Arc<Published>,
    ) -> Result<(), StoreError> {
        let online = self.registry.clients();
        let mut connection = self.store.acquire().await?;
        for clients in online.chunks(SUBSCRIBERS_ASKED) {
            let subscribers =
                stream::list_subscribers_among(&mut connection, conversation_id, clients).await?;
            self.registry.deliver(&subscribers, None, event);
        }
        Ok(())
    }

    async fn patched(&self, pending: PendingPatch, outcome: PatchOutcome) {
        let patch = match outcome {
            Ok(patch) => patch,
            Err(error) => return (pending.done)(Err(error)),
        };
        (pending.done)(Ok(patch.patched_at));
        let conversation_id = patch.message.conversation_id.clone();
        let sender = patch.message.sender.clone();
        let addressed_to = match pending.kind {
            ConversationKind::Service => self.addressees(&patch.message).await,
            ConversationKind::Normal | ConversationKind::ChatRoom | ConversationKind::Temporary => {
                Some(AddressedTo::Conversation)
            }
        };
        let event = Arc::new(Published::new(Event {
            happened_at: patch.patched_at,
            kind: EventKind::Patched(Arc::new(patch)),
        }));
        if pending.kind == ConversationKind::ChatRoom {
            let except = pending
                .editor_session
                .map_or(Except::Nobody, Except::Session);
            self.rooms
                .deliver(&conversation_id, except, Priority::High, &event);
            return;
        }
        let about = About {
            conversation_id: &conversation_id,
            sender: &sender,
            echo: pending.editor_session.map_or(Echo::Everybody, Echo::AllBut),
        };
        match addressed_to {
            // Devices that have a broadcast to everybody keep it as it was (spec 03 §2.5).
            None | Some(AddressedTo::Everybody { .. }) => {}
            Some(addressed_to) => self.tell(&about, &addressed_to, &event).await,
        }
    }

    /// Looks up whom a message of a service conversation is for.
    async fn addressees(&self, message: &Message) -> Option<AddressedTo> {
        let found = async {
            let mut connection = self.store.acquire().await?;
            let (conversation_id, id) = (&message.conversation_id, &message.id);
            stream_log::addressees(&mut connection, conversation_id, id).await
        };
        found
            .await
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    message.id = %message.id,
                    "message is patched but its addressees are unknown, they will see it in history"
                );
            })
            .ok()
            .flatten()
    }

    /// Looks up who is to hear of a commit.
    async fn known(&self, conversation_id: &ConversationId) -> Option<Arc<KnownConversation>> {
        // When it is gone since, nobody is left to tell.
        self.conversations
            .lookup(conversation_id)
            .await
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    conversation.id = %conversation_id,
                    "a commit is told to nobody because its members are unknown, history has it"
                );
            })
            .ok()
            .flatten()
    }
}

fn published(message: Message, kind: impl FnOnce(Arc<Message>) -> EventKind) -> Arc<Published> {
    Arc::new(Published::new(Event {
        happened_at: message.sent_at,
        kind: kind(Arc::new(message)),
    }))
}

/// What the writer counts.
#[derive(Clone)]
struct Metrics {
    stored: Counter,
    duplicates: Counter,
    failed: Counter,
    edited: Counter,
    recalled: Counter,
    batch: Histogram,
    seconds: Histogram,
}

impl Metrics {
    fn new() -> Self {
        metrics::describe_counter!("parlor_messages_stored_total", "messages committed");
        metrics::describe_counter!(
            "parlor_messages_duplicate_total",
            "messages sent again under a dedupe token that was stored before"
        );
        metrics::describe_counter!(
            "parlor_messages_failed_total",
            "messages refused because the database failed"
        );
        metrics::describe_counter!(
            "parlor_messages_patched_total",
            "messages edited or recalled, by which of the two"
        );
        metrics::describe_histogram!("parlor_commit_messages", "messages of one commit");
        metrics::describe_histogram!(
            "parlor_commit_seconds",
            metrics::Unit::Seconds,
            "duration of one commit, waiting for a connection included"
        );
        Self {
            stored: metrics::counter!("parlor_messages_stored_total"),
            duplicates: metrics::counter!("parlor_messages_duplicate_total"),
            failed: metrics::counter!("parlor_messages_failed_total"),
            edited: metrics::counter!("parlor_messages_patched_total", "change" => "edit"),
            recalled: metrics::counter!("parlor_messages_patched_total", "change" => "recall"),
            batch: metrics::histogram!("parlor_commit_messages"),
            seconds: metrics::histogram!("parlor_commit_seconds"),
        }
    }

    fn patched(&self, patch: &Patch) {
        if patch.recalled {
            self.recalled.increment(1);
        } else {
            self.edited.increment(1);
        }
    }

    fn committed(&self, inserted: &[Inserted], started: Instant) {
        let count = |wanted: fn(&Inserted) -> bool| {
            inserted.iter().filter(|outcome| wanted(outcome)).count() as u64
        };
        self.stored
            .increment(count(|outcome| matches!(outcome, Inserted::New(_))));
        self.duplicates
            .increment(count(|outcome| matches!(outcome, Inserted::Duplicate(_))));
        #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
        self.batch.record(inserted.len() as f64);
        self.seconds.record(started.elapsed().as_secs_f64());
    }
}
