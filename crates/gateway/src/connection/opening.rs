//! What a session hears first, in an order that counts every message once.
//!
//! A session is registered before its unread report is read, or it would miss what is committed
//! in between. Its events are held back until the report is there; then the client gets its
//! `opened` reply, the report, and the events held back, except messages that the report
//! already counts: SDKs add every message they receive to the count.
//!
//! **Invariant:** a message is either in the report or delivered after it, never both and
//! never neither.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parlor_cluster::{Outgoing, Published, SessionAddress};
use parlor_model::{ConversationId, EventKind, SessionId, Timestamp};
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
    /// What the report of each open session counts: the newest message by conversation.
    counted: HashMap<SessionId, HashMap<ConversationId, Timestamp>>,
}

impl Opening {
    /// Takes one thing out of the mailbox and adds what is to be sent now to `frames`.
    pub(super) fn pass(&mut self, outgoing: Outgoing, frames: &mut Vec<Frame>) {
        match outgoing {
            Outgoing::Frame(frame) => frames.push(Frame::Encoded(frame)),
            Outgoing::Event { session, event } => match self.counted.get(&session.id) {
                None if self.held.len() < MAX_HELD => self.held.push((session, event)),
                None => frames.push(Frame::Close {
                    code: CloseCode::TooSlow.number(),
                    reason: CloseCode::TooSlow.reason(),
                }),
                Some(counted) if counts(counted, &event) => {}
                Some(_) => frames.push(Frame::Event(session, event)),
            },
            Outgoing::Opened {
                session,
                reply,
                unread,
            } => {
                let counted = unread.as_deref().map(counted_by).unwrap_or_default();
                frames.push(Frame::Encoded(reply));
                if let Some(unread) = unread {
                    frames.push(Frame::Event(Arc::clone(&session), unread));
                }
                self.release(&session, &counted, frames);
                self.counted.insert(session.id, counted);
            }
            Outgoing::Ended(session_id) => {
                self.counted.remove(&session_id);
                self.held.retain(|(session, _)| session.id != session_id);
            }
            Outgoing::Close { code, reason } => frames.push(Frame::Close { code, reason }),
        }
    }

    fn release(
        &mut self,
        opened: &SessionAddress,
        counted: &HashMap<ConversationId, Timestamp>,
        frames: &mut Vec<Frame>,
    ) {
        let held = std::mem::take(&mut self.held);
        for (session, event) in held {
            if session.id != opened.id {
                self.held.push((session, event));
            } else if !counts(counted, &event) {
                frames.push(Frame::Event(session, event));
            }
        }
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

/// Tells whether a report that counts so far counts this event, which then must not follow it.
fn counts(counted: &HashMap<ConversationId, Timestamp>, event: &Published) -> bool {
    match &event.event().kind {
        EventKind::Message(message) if !message.transient => counted
            .get(&message.conversation_id)
            .is_some_and(|newest| message.sent_at <= *newest),
        EventKind::Message(_)
        | EventKind::Joined { .. }
        | EventKind::MembersJoined { .. }
        | EventKind::Left { .. }
        | EventKind::MembersLeft { .. }
        | EventKind::Updated { .. }
        | EventKind::RoleChanged { .. }
        | EventKind::Receipt { .. }
        | EventKind::Unread { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use parlor_cluster::Encoding;
    use parlor_model::{
        ClientId, Content, ConversationKind, Event, Features, Mention, Message, MessageId,
        UnreadConversation, UnreadMode,
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

    fn opened(session: &Arc<SessionAddress>, newest: Option<i64>) -> Outgoing {
        Outgoing::Opened {
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
        assert!(opening.held.is_empty() && opening.counted.is_empty());
    }
}
