//! What a session hears first, in an order that tells everything once.
//!
//! A session is registered before it is read what the session missed, or it would not hear of
//! what is committed in between. Its events are held back until that is there; then the client
//! gets its `opened` reply, its unread report, the patches it missed, and the events held back,
//! except what was told already: SDKs add every message they receive to the count.
//!
//! **Invariant:** a message is either in the report or delivered after it, and a patch either
//! replayed or delivered, never both and never neither. Of a message that is delivered the
//! patches come after it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use parlor_cluster::{Outgoing, Published, SessionAddress};
use parlor_model::{ConversationId, EventKind, Message, MessageId, SessionId, Timestamp};
use parlor_wire::close_code::CloseCode;

/// Events held back on one connection. More come only when a login takes very long; closing
/// makes the client start over, as with any mailbox that is full.
const MAX_HELD: usize = 4096;

/// Something to send, with the order decided.
pub(super) enum Frame {
    /// Bytes as they are.
    Encoded(Bytes),
    /// An event for a session.
    Event(Arc<SessionAddress>, Arc<Published>),
    /// The last frame.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// The reason sent with it.
        reason: &'static str,
    },
}

/// The sessions of one connection, opening or open.
#[derive(Default)]
pub(super) struct Opening {
    /// Events of sessions that are not open yet, in the order they came.
    held: Vec<(Arc<SessionAddress>, Arc<Published>)>,
    /// What each open session was told when it opened.
    told: HashMap<SessionId, Told>,
}

impl Opening {
    /// Takes one thing out of the mailbox and adds what is to be sent now to `frames`.
    pub(super) fn pass(&mut self, outgoing: Outgoing, frames: &mut Vec<Frame>) {
        match outgoing {
            Outgoing::Frame(frame) => frames.push(Frame::Encoded(frame)),
            Outgoing::Event { session, event } => match self.told.get_mut(&session.id) {
                Some(told) => {
                    if !told.has(&event) {
                        frames.push(Frame::Event(session, event));
                    }
                }
                None if self.held.len() < MAX_HELD => self.held.push((session, event)),
                None => frames.push(Frame::Close {
                    code: CloseCode::TooSlow.number(),
                    reason: CloseCode::TooSlow.reason(),
                }),
            },
            Outgoing::Opened {
                session,
                reply,
                unread,
                missed,
            } => {
                frames.push(Frame::Encoded(reply));
                let told = self.open(&session, unread, missed, frames);
                self.told.insert(session.id, told);
            }
            Outgoing::Ended(session_id) => {
                self.told.remove(&session_id);
                self.held.retain(|(session, _)| session.id != session_id);
            }
            Outgoing::Close { code, reason } => frames.push(Frame::Close { code, reason }),
        }
    }

    /// Sends what a session missed and what was held back for it.
    fn open(
        &mut self,
        opened: &Arc<SessionAddress>,
        unread: Option<Arc<Published>>,
        missed: Vec<Arc<Published>>,
        frames: &mut Vec<Frame>,
    ) -> Told {
        let (held, others) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(session, _)| session.id == opened.id);
        self.held = others;
        let mut told = Told::of(unread.as_deref());
        frames.extend(unread.map(|unread| Frame::Event(Arc::clone(opened), unread)));
        let to_come = told.messages_to_come(&held);
        for event in missed {
            if let EventKind::Patched(patch) = &event.event().kind {
                // Its patches come after it, each as an event of its own.
                if to_come.contains(&patch.message.id) {
                    continue;
                }
                told.patched
                    .insert(patch.message.id.clone(), patch.patched_at);
            }
            frames.push(Frame::Event(Arc::clone(opened), event));
        }
        for (session, event) in held {
            if !told.has(&event) {
                frames.push(Frame::Event(session, event));
            }
        }
        told
    }
}

/// What a session was told when it opened, and what therefore must not come as an event again.
#[derive(Default)]
struct Told {
    /// What the unread report counts: the newest message by conversation.
    counted: HashMap<ConversationId, Timestamp>,
    /// The patches that were replayed, by message.
    patched: HashMap<MessageId, Timestamp>,
}

impl Told {
    fn of(unread: Option<&Published>) -> Self {
        let Some(EventKind::Unread { conversations, .. }) = unread.map(|event| &event.event().kind)
        else {
            return Self::default();
        };
        let counted = conversations
            .iter()
            .filter_map(|conversation| {
                let newest = conversation.last_message.as_ref()?;
                Some((conversation.conversation_id.clone(), newest.sent_at))
            })
            .collect();
        Self {
            counted,
            ..Self::default()
        }
    }

    /// Returns the messages among the events held back that are still to be sent.
    fn messages_to_come(
        &self,
        held: &[(Arc<SessionAddress>, Arc<Published>)],
    ) -> HashSet<MessageId> {
        let mut to_come = HashSet::new();
        for (_, event) in held {
            if let EventKind::Message(message) = &event.event().kind
                && !self.counts(message)
            {
                to_come.insert(message.id.clone());
            }
        }
        to_come
    }

    /// Tells whether the session knows of this event already.
    fn has(&mut self, event: &Published) -> bool {
        match &event.event().kind {
            EventKind::Message(message) if self.counts(message) => true,
            EventKind::Message(message) => {
                // The message undoes what its patch did: the patch must come again.
                self.patched.remove(&message.id);
                false
            }
            EventKind::Patched(patch) => self
                .patched
                .get(&patch.message.id)
                .is_some_and(|newest| patch.patched_at <= *newest),
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
            | EventKind::Unread { .. } => false,
        }
    }

    /// Tells whether the unread report counts a message, which then must not follow it.
    fn counts(&self, message: &Message) -> bool {
        !message.transient
            && self
                .counted
                .get(&message.conversation_id)
                .is_some_and(|newest| message.sent_at <= *newest)
    }
}

#[cfg(test)]
mod tests {
    use parlor_cluster::Encoding;
    use parlor_model::{
        ClientId, Content, ConversationKind, Event, Features, Mention, Patch, UnreadConversation,
        UnreadMode,
    };
    use uuid::Uuid;

    use super::*;

    fn session(id: u64) -> Arc<SessionAddress> {
        Arc::new(SessionAddress {
            id: SessionId(id),
            client_id: ClientId::trusted("bob"),
            login: Uuid::from_u128(id.into()),
            encoding: Encoding::AsRequested,
            unread_mode: UnreadMode::UnreadNotifications,
            features: Features::default(),
        })
    }

    fn message(sent_at: i64) -> Message {
        Message {
            id: MessageId::trusted(format!("m{sent_at}")),
            conversation_id: ConversationId::trusted("c"),
            kind: ConversationKind::Normal,
            sender: ClientId::trusted("alice"),
            sent_at: Timestamp::from_millis(sent_at),
            content: Content::Text("hi".to_owned()),
            mention: Mention::default(),
            transient: false,
            patched_at: None,
        }
    }

    fn published(kind: EventKind) -> Arc<Published> {
        Arc::new(Published::new(Event {
            happened_at: Timestamp::from_millis(0),
            kind,
        }))
    }

    fn delivery(session: &Arc<SessionAddress>, sent_at: i64) -> Outgoing {
        Outgoing::Event {
            session: Arc::clone(session),
            event: published(EventKind::Message(Arc::new(message(sent_at)))),
        }
    }

    fn patch(sent_at: i64, patched_at: i64) -> Arc<Published> {
        let patched_at = Timestamp::from_millis(patched_at);
        published(EventKind::Patched(Arc::new(Patch {
            message: Message {
                patched_at: Some(patched_at),
                ..message(sent_at)
            },
            patched_at,
            recalled: false,
        })))
    }

    fn patch_delivery(session: &Arc<SessionAddress>, sent_at: i64, patched_at: i64) -> Outgoing {
        Outgoing::Event {
            session: Arc::clone(session),
            event: patch(sent_at, patched_at),
        }
    }

    fn opened(session: &Arc<SessionAddress>, newest: Option<i64>) -> Outgoing {
        opened_with(session, newest, Vec::new())
    }

    fn opened_with(
        session: &Arc<SessionAddress>,
        newest: Option<i64>,
        missed: Vec<Arc<Published>>,
    ) -> Outgoing {
        Outgoing::Opened {
            missed,
            session: Arc::clone(session),
            reply: Bytes::from_static(b"opened"),
            unread: newest.map(|newest| {
                published(EventKind::Unread {
                    conversations: vec![UnreadConversation {
                        conversation_id: ConversationId::trusted("c"),
                        conversation_kind: ConversationKind::Normal,
                        count: 1,
                        mentioned: false,
                        last_message: Some(message(newest)),
                    }],
                    notified_at: Timestamp::from_millis(0),
                })
            }),
        }
    }

    fn sent(opening: &mut Opening, outgoing: Vec<Outgoing>) -> Vec<String> {
        let mut frames = Vec::new();
        for outgoing in outgoing {
            opening.pass(outgoing, &mut frames);
        }
        frames
            .into_iter()
            .map(|frame| match frame {
                Frame::Encoded(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Frame::Event(_, event) => match &event.event().kind {
                    EventKind::Message(message) => message.id.to_string(),
                    EventKind::Patched(patch) => {
                        format!("{}@{}", patch.message.id, patch.patched_at.as_millis())
                    }
                    _ => "unread".to_owned(),
                },
                Frame::Close { code, .. } => code.to_string(),
            })
            .collect()
    }

    #[test]
    fn w61_a_message_is_counted_or_delivered_but_never_both() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            delivery(&bob, 1),
            delivery(&bob, 3),
            opened(&bob, Some(2)),
            delivery(&bob, 2),
            delivery(&bob, 4),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "unread", "m3", "m4"]
        );
    }

    #[test]
    fn w61_a_patch_is_replayed_or_delivered_but_never_both() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            patch_delivery(&bob, 1, 10),
            patch_delivery(&bob, 1, 12),
            opened_with(&bob, None, vec![patch(2, 9), patch(1, 11)]),
            patch_delivery(&bob, 2, 9),
            patch_delivery(&bob, 2, 13),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "m2@9", "m1@11", "m1@12", "m2@13"]
        );
    }

    #[test]
    fn a_message_that_was_held_back_comes_before_its_patches() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            delivery(&bob, 1),
            delivery(&bob, 3),
            patch_delivery(&bob, 1, 10),
            // The report counts the first message, so its patch is replayed.
            opened_with(&bob, Some(2), vec![patch(1, 10), patch(3, 11)]),
            patch_delivery(&bob, 3, 11),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "unread", "m1@10", "m3", "m3@11"]
        );
    }

    #[test]
    fn a_message_that_comes_after_its_replayed_patch_is_patched_again() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            opened_with(&bob, None, vec![patch(1, 10)]),
            delivery(&bob, 1),
            patch_delivery(&bob, 1, 10),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "m1@10", "m1", "m1@10"]
        );
    }

    #[test]
    fn without_a_report_everything_held_back_follows() {
        let (bob, sibling) = (session(1), session(2));
        let mut opening = Opening::default();
        let outgoing = vec![
            delivery(&bob, 1),
            delivery(&sibling, 5),
            opened(&bob, None),
            delivery(&bob, 2),
        ];
        assert_eq!(sent(&mut opening, outgoing), ["opened", "m1", "m2"]);
        assert_eq!(
            sent(&mut opening, vec![opened(&sibling, None)]),
            ["opened", "m5"]
        );
    }

    #[test]
    fn a_session_that_ends_leaves_nothing_behind() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![opened(&bob, Some(1)), Outgoing::Ended(bob.id)];
        assert_eq!(sent(&mut opening, outgoing), ["opened", "unread"]);
        assert!(opening.held.is_empty() && opening.told.is_empty());
    }
}
