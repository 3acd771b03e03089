//! What a session hears first, in an order that tells everything once.
//!
//! A session is registered before it is read what the session missed, or it would not hear of
//! what is committed in between. Its events are held back until that is there; then the client
//! gets its `opened` reply, its unread report or the messages it missed, the patches it missed,
//! and the events held back, except what was told already: SDKs add every message they receive
//! to the count.
//!
//! **Invariant:** nothing of a session goes out before its `opened` reply. What was told is
//! known by [`Told`], for as long as the session lives.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parlor_cluster::{MissedBatch, Opened, Outgoing, Published, SessionAddress};
use parlor_model::SessionId;
use parlor_wire::close_code::CloseCode;

use super::told::{Fate, Told};

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

impl Frame {
    const TOO_SLOW: Self = Self::Close {
        code: CloseCode::TooSlow.number(),
        reason: CloseCode::TooSlow.reason(),
    };
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
                Some(told) => pass_event(&session, told, event, frames),
                None if self.held.len() < MAX_HELD => self.held.push((session, event)),
                None => frames.push(Frame::TOO_SLOW),
            },
            Outgoing::Opened(opened) => self.open(*opened, frames),
            Outgoing::Missed { session, batches } => {
                if let Some(told) = self.told.get_mut(&session.id) {
                    push(&session, told, batches, frames);
                }
            }
            Outgoing::Ended(session_id) => {
                self.told.remove(&session_id);
                self.held.retain(|(session, _)| session.id != session_id);
            }
            Outgoing::Close { code, reason } => frames.push(Frame::Close { code, reason }),
        }
    }

    /// Sends what a session missed and what was held back for it.
    fn open(&mut self, opened: Opened, frames: &mut Vec<Frame>) {
        let Opened {
            session,
            reply,
            unread,
            withheld,
            batches,
            patches,
        } = opened;
        let mut held = Vec::new();
        self.held.retain(|(holder, event)| {
            let is_for_another = holder.id != session.id;
            if !is_for_another {
                held.push(Arc::clone(event));
            }
            is_for_another
        });
        let mut told = Told::new(&session.client_id, unread.as_deref(), withheld);
        frames.push(Frame::Encoded(reply));
        send(&session, unread, frames);
        push(&session, &mut told, batches, frames);
        send(&session, told.replay(patches, &held), frames);
        for event in held {
            pass_event(&session, &mut told, event, frames);
        }
        self.told.insert(session.id, told);
    }
}

fn push(
    session: &Arc<SessionAddress>,
    told: &mut Told,
    batches: Vec<MissedBatch>,
    frames: &mut Vec<Frame>,
) {
    for batch in batches {
        send(session, told.push(batch), frames);
    }
}

fn pass_event(
    session: &Arc<SessionAddress>,
    told: &mut Told,
    event: Arc<Published>,
    frames: &mut Vec<Frame>,
) {
    match told.judge(event) {
        Fate::Sent(event) => frames.push(Frame::Event(Arc::clone(session), event)),
        Fate::Kept => {}
        Fate::TooMuch => frames.push(Frame::TOO_SLOW),
    }
}

fn send(
    session: &Arc<SessionAddress>,
    events: impl IntoIterator<Item = Arc<Published>>,
    frames: &mut Vec<Frame>,
) {
    frames.extend(
        events
            .into_iter()
            .map(|event| Frame::Event(Arc::clone(session), event)),
    );
}

#[cfg(test)]
mod tests {
    use parlor_cluster::Encoding;
    use parlor_model::{
        ClientId, Content, ConversationId, ConversationKind, Event, EventKind, Features, Mention,
        Message, MessageId, MessageKey, Patch, Timestamp, UnreadConversation, UnreadMode,
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
        patches: Vec<Arc<Published>>,
    ) -> Outgoing {
        Outgoing::Opened(Box::new(Opened {
            patches,
            withheld: Vec::new(),
            batches: Vec::new(),
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
        }))
    }

    /// `opened` of a session that missed messages in the one conversation there is.
    fn opened_missing(session: &Arc<SessionAddress>, first: MissedBatch) -> Outgoing {
        Outgoing::Opened(Box::new(Opened {
            session: Arc::clone(session),
            reply: Bytes::from_static(b"opened"),
            unread: None,
            withheld: vec![ConversationId::trusted("c")],
            batches: vec![first],
            patches: Vec::new(),
        }))
    }

    fn missed(session: &Arc<SessionAddress>, batch: MissedBatch) -> Outgoing {
        Outgoing::Missed {
            session: Arc::clone(session),
            batches: vec![batch],
        }
    }

    /// A batch of messages, each of which may have been patched.
    fn batch_of(messages: &[(i64, Option<i64>)], more: bool) -> MissedBatch {
        let messages: Vec<Message> = messages
            .iter()
            .map(|(sent_at, patched_at)| Message {
                patched_at: patched_at.map(Timestamp::from_millis),
                ..message(*sent_at)
            })
            .collect();
        MissedBatch {
            conversation_id: ConversationId::trusted("c"),
            last: messages.last().map(|message| MessageKey {
                sent_at: message.sent_at,
                id: message.id.clone(),
            }),
            events: messages
                .into_iter()
                .map(|message| {
                    published(EventKind::Missed {
                        message: Arc::new(message),
                        more,
                    })
                })
                .collect(),
            more,
        }
    }

    fn batch(sent_at: &[i64], more: bool) -> MissedBatch {
        let untouched: Vec<(i64, Option<i64>)> = sent_at.iter().map(|at| (*at, None)).collect();
        batch_of(&untouched, more)
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
                    EventKind::Missed { message, .. } => format!("missed {}", message.id),
                    EventKind::Will(_) => "will".to_owned(),
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
    fn c73_new_messages_wait_until_the_missed_ones_are_told() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            // Committed before the first batch was read, and after.
            delivery(&bob, 2),
            delivery(&bob, 5),
            opened_missing(&bob, batch(&[1, 2], true)),
            delivery(&bob, 6),
            missed(&bob, batch(&[3, 4, 5], true)),
            delivery(&bob, 7),
            missed(&bob, batch(&[6], false)),
            delivery(&bob, 6),
            delivery(&bob, 8),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            [
                "opened",
                "missed m1",
                "missed m2",
                "missed m3",
                "missed m4",
                "missed m5",
                "missed m6",
                "m7",
                "m8"
            ]
        );
    }

    #[test]
    fn what_another_device_received_meanwhile_frees_what_waited() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            opened_missing(&bob, batch(&[1], true)),
            delivery(&bob, 5),
            missed(&bob, batch(&[], false)),
            delivery(&bob, 6),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "missed m1", "m5", "m6"]
        );
    }

    #[test]
    fn only_what_could_be_missed_waits() {
        let bob = session(1);
        let mut opening = Opening::default();
        let event = |kind| Outgoing::Event {
            session: Arc::clone(&bob),
            event: published(kind),
        };
        let mine = Message {
            sender: ClientId::trusted("bob"),
            ..message(2)
        };
        let transient = Message {
            transient: true,
            ..message(3)
        };
        let elsewhere = Message {
            conversation_id: ConversationId::trusted("d"),
            ..message(4)
        };
        let outgoing = vec![
            opened_missing(&bob, batch(&[9], true)),
            event(EventKind::Message(Arc::new(mine))),
            event(EventKind::Message(Arc::new(transient))),
            event(EventKind::Message(Arc::new(elsewhere))),
            event(EventKind::Will(Arc::new(message(5)))),
            // The patch of a message that is known, or that comes patched.
            patch_delivery(&bob, 1, 20),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            ["opened", "missed m9", "m2", "m3", "m4", "will", "m1@20"]
        );
    }

    #[test]
    fn a_patch_waits_with_its_message() {
        let bob = session(1);
        let mut opening = Opening::default();
        let outgoing = vec![
            opened_missing(&bob, batch(&[1], true)),
            delivery(&bob, 2),
            patch_delivery(&bob, 2, 10),
            delivery(&bob, 3),
            patch_delivery(&bob, 3, 11),
            patch_delivery(&bob, 3, 12),
            delivery(&bob, 4),
            patch_delivery(&bob, 4, 13),
            missed(&bob, batch_of(&[(2, Some(10)), (3, Some(11))], false)),
        ];
        assert_eq!(
            sent(&mut opening, outgoing),
            [
                "opened",
                "missed m1",
                "missed m2",
                "missed m3",
                "m3@12",
                "m4",
                "m4@13"
            ]
        );
    }

    #[test]
    fn who_lets_too_much_wait_starts_over() {
        let bob = session(1);
        let mut opening = Opening::default();
        let mut outgoing = vec![opened_missing(&bob, batch(&[1], true))];
        outgoing.extend((0..600).map(|n| delivery(&bob, 2 + n)));
        let sent = sent(&mut opening, outgoing);
        assert_eq!(sent[..3], ["opened", "missed m1", "1013"]);
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
