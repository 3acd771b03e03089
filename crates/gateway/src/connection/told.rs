//! What a session was told of what it missed, and what therefore must not come as an event, or
//! not yet.
//!
//! **Invariant:** a message or patch comes once: in the unread report, in a batch of missed
//! messages, in the replay of patches, or as an event. Of a message the patches come after it.
//! While a conversation has more missed messages than were told, its new ones wait.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parlor_cluster::{MissedBatch, Published};
use parlor_model::{ClientId, ConversationId, EventKind, Message, MessageId, Patch, Timestamp};

/// Events withheld from one session. A client that lets more pile up while it owes an
/// acknowledgement starts over, as with any mailbox that is full.
const MAX_WITHHELD: usize = 512;

/// The session's account of what it was told.
pub(super) struct Told {
    me: ClientId,
    /// What the unread report counts: the newest message by conversation.
    counted: HashMap<ConversationId, Timestamp>,
    /// How far missed messages were pushed.
    pushed: HashMap<ConversationId, Timestamp>,
    /// The patches that were replayed, by message.
    patched: HashMap<MessageId, Timestamp>,
    /// Events of conversations whose missed messages are not all told, in the order they came.
    withheld: HashMap<ConversationId, Vec<Arc<Published>>>,
}

/// What becomes of an event.
pub(super) enum Fate {
    /// It goes out now.
    Sent(Arc<Published>),
    /// The session knows it, or hears of it later.
    Kept,
    /// Too much is kept.
    TooMuch,
}

impl Told {
    /// Begins with the unread report of a client, if there is one, and with the conversations
    /// in which it missed messages.
    pub(super) fn new(
        me: &ClientId,
        unread: Option<&Published>,
        withheld: Vec<ConversationId>,
    ) -> Self {
        Self {
            me: me.clone(),
            counted: unread.map(counted_by).unwrap_or_default(),
            pushed: HashMap::new(),
            patched: HashMap::new(),
            withheld: withheld.into_iter().map(|id| (id, Vec::new())).collect(),
        }
    }

    /// Decides over an event.
    pub(super) fn judge(&mut self, event: Arc<Published>) -> Fate {
        if let Some(queue) = self.queue_for(&event) {
            queue.push(event);
            let withheld: usize = self.withheld.values().map(Vec::len).sum();
            return if withheld > MAX_WITHHELD {
                Fate::TooMuch
            } else {
                Fate::Kept
            };
        }
        if self.knows(&event) {
            Fate::Kept
        } else {
            Fate::Sent(event)
        }
    }

    /// Takes the next missed messages of a conversation and returns what goes out now: they,
    /// the patches of theirs that were withheld, and after the last batch everything that was.
    pub(super) fn push(&mut self, batch: MissedBatch) -> Vec<Arc<Published>> {
        let MissedBatch {
            conversation_id,
            events,
            last,
            more,
        } = batch;
        let up_to = last.map(|last| last.sent_at);
        if let Some(up_to) = up_to {
            self.pushed.insert(conversation_id.clone(), up_to);
        }
        let patched_when_read: HashMap<MessageId, Option<Timestamp>> = events
            .iter()
            .filter_map(|event| message_of(event))
            .map(|message| (message.id.clone(), message.patched_at))
            .collect();
        let mut now = events;
        let mut later = Vec::new();
        for event in self.withheld.remove(&conversation_id).unwrap_or_default() {
            match about(&event) {
                About::Message(message) if Some(message.sent_at) <= up_to => {}
                About::Patch(patch) if Some(patch.message.sent_at) <= up_to => {
                    let known = patched_when_read.get(&patch.message.id).copied().flatten();
                    if known < Some(patch.patched_at) {
                        now.push(event);
                    }
                }
                About::Message(_) | About::Patch(_) | About::AnythingElse => later.push(event),
            }
        }
        if more {
            self.withheld.insert(conversation_id, later);
        } else {
            now.extend(later);
        }
        now
    }

    /// Takes the patches to replay and returns those that go out: the patches of a message
    /// among `held`, which is still to come, come after it as events of their own.
    pub(super) fn replay(
        &mut self,
        patches: Vec<Arc<Published>>,
        held: &[Arc<Published>],
    ) -> Vec<Arc<Published>> {
        let to_come: HashSet<&MessageId> = held
            .iter()
            .filter_map(|event| message_of(event))
            .filter(|message| !self.has(message))
            .map(|message| &message.id)
            .collect();
        patches
            .into_iter()
            .filter(|event| {
                let About::Patch(patch) = about(event) else {
                    return true;
                };
                let comes_later = to_come.contains(&patch.message.id);
                if !comes_later {
                    let id = patch.message.id.clone();
                    self.patched.insert(id, patch.patched_at);
                }
                !comes_later
            })
            .collect()
    }

    /// Returns the queue of an event that must wait: a message of a conversation with more
    /// missed ones, or the patch of such a message.
    fn queue_for(&mut self, event: &Published) -> Option<&mut Vec<Arc<Published>>> {
        match about(event) {
            About::Message(message) if self.may_be_missed(message) => {
                self.withheld.get_mut(&message.conversation_id)
            }
            About::Patch(patch) => self
                .withheld
                .get_mut(&patch.message.conversation_id)
                .filter(|queue| queue.iter().any(|event| is_of(event, patch))),
            About::Message(_) | About::AnythingElse => None,
        }
    }

    /// Tells whether the session knows of this event already.
    fn knows(&mut self, event: &Published) -> bool {
        match about(event) {
            About::Message(message) if self.has(message) => true,
            About::Message(message) => {
                // The message undoes what its patch did: the patch must come again.
                self.patched.remove(&message.id);
                false
            }
            About::Patch(patch) => self
                .patched
                .get(&patch.message.id)
                .is_some_and(|newest| patch.patched_at <= *newest),
            About::AnythingElse => false,
        }
    }

    /// Tells whether a message was counted by the unread report or pushed as missed.
    fn has(&self, message: &Message) -> bool {
        let reached = |by: &HashMap<ConversationId, Timestamp>| {
            by.get(&message.conversation_id)
                .is_some_and(|newest| message.sent_at <= *newest)
        };
        !message.transient
            && (reached(&self.counted) || self.may_be_missed(message) && reached(&self.pushed))
    }

    /// Tells whether a message is of those that are pushed when missed: what the client said
    /// itself, on another device, never is.
    fn may_be_missed(&self, message: &Message) -> bool {
        !message.transient && message.sender != self.me
    }
}

fn counted_by(unread: &Published) -> HashMap<ConversationId, Timestamp> {
    let EventKind::Unread { conversations, .. } = &unread.event().kind else {
        return HashMap::new();
    };
    conversations
        .iter()
        .filter_map(|conversation| {
            let newest = conversation.last_message.as_ref()?;
            Some((conversation.conversation_id.clone(), newest.sent_at))
        })
        .collect()
}

/// What of an event matters here.
enum About<'a> {
    /// It brings a stored message, or one that is transient.
    Message(&'a Message),
    /// It changes a stored message.
    Patch(&'a Patch),
    /// It is the only way to hear of whatever it is.
    AnythingElse,
}

fn about(event: &Published) -> About<'_> {
    match &event.event().kind {
        EventKind::Message(message) | EventKind::Missed { message, .. } => About::Message(message),
        EventKind::Patched(patch) => About::Patch(patch),
        EventKind::Joined { .. }
        | EventKind::MembersJoined { .. }
        | EventKind::Left { .. }
        | EventKind::MembersLeft { .. }
        | EventKind::Updated { .. }
        | EventKind::RoleChanged { .. }
        | EventKind::Restricted { .. }
        | EventKind::MembersRestricted { .. }
        | EventKind::Will(_)
        | EventKind::Receipt { .. }
        | EventKind::Unread { .. } => About::AnythingElse,
    }
}

fn message_of(event: &Published) -> Option<&Message> {
    match about(event) {
        About::Message(message) => Some(message),
        About::Patch(_) | About::AnythingElse => None,
    }
}

fn is_of(event: &Published, patch: &Patch) -> bool {
    message_of(event).is_some_and(|message| message.id == patch.message.id)
}
