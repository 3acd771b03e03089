//! The bounded queue in front of each socket.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parlor_model::{ConversationId, MessageKey, SessionEnd, SessionId};
use tokio::sync::{Notify, mpsc};

use crate::Published;
use crate::registry::SessionAddress;

/// One thing for the socket's writer to send.
#[derive(Debug)]
pub enum Outgoing {
    /// A reply or a frame for one session, already encoded.
    Frame(Bytes),
    /// An event, encoded when it is its turn.
    Event {
        /// The session it is addressed to.
        session: Arc<SessionAddress>,
        /// The event.
        event: Arc<Published>,
    },
    /// A session is open. Boxed, because it is large and a mailbox has room for many.
    Opened(Box<Opened>),
    /// More of what a session missed.
    Missed {
        /// The session.
        session: Arc<SessionAddress>,
        /// The next messages of some conversations.
        batches: Vec<MissedBatch>,
    },
    /// A session has ended while its connection goes on.
    Ended(SessionId),
    /// The last frame: ends the connection with this code.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// The reason sent with it.
        reason: &'static str,
    },
}

/// What a session hears first: its reply, then what it missed, then the events that came
/// meanwhile.
#[derive(Debug)]
pub struct Opened {
    /// The session, whose events are held back until now.
    pub session: Arc<SessionAddress>,
    /// The reply to `session/open`, already encoded.
    pub reply: Bytes,
    /// Its unread report.
    pub unread: Option<Arc<Published>>,
    /// The conversations in which it missed messages: new ones wait until the last batch.
    pub withheld: Vec<ConversationId>,
    /// The first messages it missed.
    pub batches: Vec<MissedBatch>,
    /// The patches it missed.
    pub patches: Vec<Arc<Published>>,
}

/// Messages of one conversation that a session missed.
#[derive(Debug)]
pub struct MissedBatch {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its messages, in their order.
    pub events: Vec<Arc<Published>>,
    /// The last of them; `None` when it turned out that there are none.
    pub last: Option<MessageKey>,
    /// Whether another batch follows.
    pub more: bool,
}

/// Why the writer must end the connection without draining its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The mailbox was full: the peer reads too slowly.
    Overflow,
}

#[derive(Debug)]
struct Shared {
    overflowed: AtomicBool,
    closing: Notify,
    /// Sessions ended from outside that the connection still believes in. A std mutex, because
    /// it is held for a moment and never across an await.
    ended: Mutex<Vec<(SessionId, SessionEnd)>>,
    ending: Notify,
}

/// The sending side of a connection's mailbox; cheap to clone.
#[derive(Clone, Debug)]
pub struct ConnectionHandle {
    queue: mpsc::Sender<Outgoing>,
    shared: Arc<Shared>,
}

/// Tells when a mailbox overflows. Unlike a handle it does not keep the mailbox open.
#[derive(Clone, Debug)]
pub struct OverflowSignal(Arc<Shared>);

/// The receiving side of a connection's mailbox, owned by the task that owns the sink.
#[derive(Debug)]
pub struct Mailbox {
    queue: mpsc::Receiver<Outgoing>,
    shared: Arc<Shared>,
}

/// Makes a mailbox for `capacity` frames. Its memory grows with what is in it.
#[must_use]
pub fn mailbox(capacity: usize) -> (ConnectionHandle, Mailbox) {
    let (sender, receiver) = mpsc::channel(capacity);
    let shared = Arc::new(Shared {
        overflowed: AtomicBool::new(false),
        closing: Notify::new(),
        ended: Mutex::new(Vec::new()),
        ending: Notify::new(),
    });
    let handle = ConnectionHandle {
        queue: sender,
        shared: Arc::clone(&shared),
    };
    let mailbox = Mailbox {
        queue: receiver,
        shared,
    };
    (handle, mailbox)
}

impl ConnectionHandle {
    /// Puts something into the mailbox without waiting; a full mailbox closes the connection.
    ///
    /// Returns whether it will be sent.
    pub fn deliver(&self, outgoing: Outgoing) -> bool {
        if self.shared.overflowed.load(Ordering::Relaxed) {
            return false;
        }
        match self.queue.try_send(outgoing) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.overflow();
                false
            }
        }
    }

    /// Tells the connection that one of its sessions was ended from outside. The siblings go on.
    pub fn end_session(&self, session_id: SessionId, end: SessionEnd) {
        self.lock_ended().push((session_id, end));
        self.shared.ending.notify_one();
    }

    /// Waits until a session is ended from outside; for the task that owns the sessions.
    pub async fn session_ended(&self) {
        self.shared.ending.notified().await;
    }

    /// Takes the sessions that were ended from outside.
    #[must_use]
    pub fn take_ended(&self) -> Vec<(SessionId, SessionEnd)> {
        std::mem::take(&mut self.lock_ended())
    }

    fn lock_ended(&self) -> MutexGuard<'_, Vec<(SessionId, SessionEnd)>> {
        // Nothing panics while holding it, and a list is never half changed.
        self.shared
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether more than this part of the mailbox is waiting to be sent.
    #[must_use]
    pub fn is_fuller_than(&self, numerator: usize, denominator: usize) -> bool {
        let capacity = self.queue.max_capacity();
        let waiting = capacity - self.queue.capacity();
        waiting * denominator > capacity * numerator
    }

    /// Returns the signal for the task that owns the mailbox.
    #[must_use]
    pub fn overflow_signal(&self) -> OverflowSignal {
        OverflowSignal(Arc::clone(&self.shared))
    }

    fn overflow(&self) {
        if !self.shared.overflowed.swap(true, Ordering::AcqRel) {
            metrics::counter!("parlor_mailbox_overflows_total").increment(1);
            tracing::debug!("mailbox is full, closing the connection");
        }
        self.shared.closing.notify_waiters();
    }
}

impl OverflowSignal {
    /// Waits until the connection overflows.
    pub async fn overflowed(&self) {
        loop {
            let notified = self.0.closing.notified();
            if self.0.overflowed.load(Ordering::Acquire) {
                return;
            }
            notified.await;
        }
    }
}

impl Mailbox {
    /// Waits for something to send and moves what is there into `batch`, at most `limit`.
    ///
    /// Returns `false` when nothing will come any more.
    pub async fn receive(&mut self, batch: &mut Vec<Outgoing>, limit: usize) -> bool {
        self.queue.recv_many(batch, limit).await > 0
    }

    /// Takes one more thing if it is there already.
    pub fn try_receive(&mut self) -> Option<Outgoing> {
        self.queue.try_recv().ok()
    }

    /// Returns how many things wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Tells whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns why the connection must end now, if it must.
    #[must_use]
    pub fn closing(&self) -> Option<Closing> {
        self.shared
            .overflowed
            .load(Ordering::Acquire)
            .then_some(Closing::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_mailbox_closes_its_connection_and_accepts_nothing_more() {
        let (handle, mut mailbox) = mailbox(2);
        assert!(handle.deliver(Outgoing::Frame(Bytes::from_static(b"1"))));
        assert!(handle.deliver(Outgoing::Frame(Bytes::from_static(b"2"))));
        assert_eq!(mailbox.closing(), None);
        assert!(!handle.deliver(Outgoing::Frame(Bytes::from_static(b"3"))));
        handle.overflow_signal().overflowed().await;
        assert_eq!(mailbox.closing(), Some(Closing::Overflow));
        let mut batch = Vec::new();
        assert!(mailbox.receive(&mut batch, 16).await);
        assert_eq!(batch.len(), 2);
        assert!(!handle.deliver(Outgoing::Frame(Bytes::from_static(b"4"))));
    }

    #[tokio::test]
    async fn a_mailbox_ends_with_its_last_handle() {
        let (handle, mut mailbox) = mailbox(2);
        let signal = handle.overflow_signal();
        assert!(handle.deliver(Outgoing::Frame(Bytes::from_static(b"1"))));
        drop(handle);
        let mut batch = Vec::new();
        assert!(mailbox.receive(&mut batch, 16).await);
        assert!(!mailbox.receive(&mut batch, 16).await);
        drop(signal);
    }
}
