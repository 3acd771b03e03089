//! Who is in which chat room on this node.
//!
//! Rooms live in memory only: a restart empties them, and clients join again. `chat` decides
//! who may join; a login is the key that all tokens of one `session/open` share.
//!
//! **Invariant:** a login is in one room at most, on one session. The two maps change together:
//! whoever locks both locks the login's seat first.

use std::collections::HashMap;
use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use metrics::{Counter, Gauge};
use parlor_model::{ClientId, ConversationId, Priority, SessionId};
use uuid::Uuid;

use crate::{ConnectionHandle, Published, SessionHandle};

/// Where a login sits.
#[derive(Debug)]
struct Seat {
    room: ConversationId,
    client_id: ClientId,
    session_id: SessionId,
}

/// Who does not get an event of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Except<'a> {
    /// Everybody in the room gets it.
    Nobody,
    /// No session of this client.
    Client(&'a ClientId),
    /// Not this session.
    Session(SessionId),
}

impl Except<'_> {
    fn includes(self, session: &SessionHandle) -> bool {
        match self {
            Self::Nobody => false,
            Self::Client(client_id) => session.address.client_id == *client_id,
            Self::Session(session_id) => session.address.id == session_id,
        }
    }
}

/// One room's sessions by client, so that devices of one client count once.
type Room = HashMap<ClientId, Vec<SessionHandle>>;

/// The chat rooms of this node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rooms {
    seats: Arc<DashMap<Uuid, Seat>>,
    rooms: Arc<DashMap<ConversationId, Room>>,
    metrics: Metrics,
}

impl Default for Rooms {
    fn default() -> Self {
        Self::new()
    }
}

impl Rooms {
    /// Makes a node without rooms.
    #[must_use]
    pub fn new() -> Self {
        Self {
            seats: Arc::new(DashMap::new()),
            rooms: Arc::new(DashMap::new()),
            metrics: Metrics::new(),
        }
    }

    /// Puts a login into a room, out of the one it was in.
    pub fn join(&self, login: Uuid, session: SessionHandle, room: &ConversationId) {
        let seat = Seat {
            room: room.clone(),
            client_id: session.address.client_id.clone(),
            session_id: session.address.id,
        };
        match self.seats.entry(login) {
            Entry::Occupied(entry)
                if entry.get().room == *room && entry.get().session_id == session.address.id => {}
            Entry::Occupied(mut entry) => {
                let previous = entry.insert(seat);
                self.sit_down(session, room);
                self.stand_up(&previous);
            }
            Entry::Vacant(entry) => {
                let _seat = entry.insert(seat);
                self.sit_down(session, room);
            }
        }
    }

    /// Takes a login out of a room; nothing happens when it is not in it.
    pub fn leave(&self, login: Uuid, room: &ConversationId) {
        self.leave_if(login, |seat| seat.room == *room);
    }

    /// Takes a login out of its room when it is there on this session, and returns the room.
    pub fn leave_session(&self, login: Uuid, session_id: SessionId) -> Option<ConversationId> {
        self.leave_if(login, |seat| seat.session_id == session_id)
    }

    /// Takes a client out of a room, on all its logins.
    pub fn evict(&self, room: &ConversationId, client_id: &ClientId) {
        let is_theirs = |seat: &Seat| seat.room == *room && seat.client_id == *client_id;
        // Collected first: leaving locks what is iterated over.
        let logins: Vec<Uuid> = self
            .seats
            .iter()
            .filter(|seat| is_theirs(seat))
            .map(|seat| *seat.key())
            .collect();
        for login in logins {
            self.leave_if(login, is_theirs);
        }
    }

    /// Returns the room a login is in.
    #[must_use]
    pub fn room_of(&self, login: Uuid) -> Option<ConversationId> {
        self.seats.get(&login).map(|seat| seat.room.clone())
    }

    /// Tells whether a client is in a room, on any of its sessions.
    #[must_use]
    pub fn contains(&self, room: &ConversationId, client_id: &ClientId) -> bool {
        self.rooms
            .get(room)
            .is_some_and(|room| room.contains_key(client_id))
    }

    /// Returns how many clients are in a room.
    #[must_use]
    pub fn count(&self, room: &ConversationId) -> usize {
        self.rooms.get(room).map_or(0, |room| room.len())
    }

    /// Returns some of the clients in a room, at most `limit`.
    #[must_use]
    pub fn sample(&self, room: &ConversationId, limit: usize) -> Vec<ClientId> {
        self.rooms
            .get(room)
            .map_or_else(Vec::new, |room| room.keys().take(limit).cloned().collect())
    }

    /// Delivers an event to every session in a room but `except`. A session that is behind does
    /// without it when its priority is too low.
    pub fn deliver(
        &self,
        room: &ConversationId,
        except: Except<'_>,
        priority: Priority,
        event: &Arc<Published>,
    ) {
        let Some(room) = self.rooms.get(room) else {
            return;
        };
        let mut delivered = 0;
        let mut dropped = 0;
        let sessions = room.values().flatten();
        for session in sessions.filter(|session| !except.includes(session)) {
            if is_shed(priority, &session.connection) {
                dropped += 1;
            } else if session.deliver(Arc::clone(event)) {
                delivered += 1;
            }
        }
        self.metrics.delivered.increment(delivered);
        self.metrics.dropped(priority, dropped);
    }

    fn leave_if(&self, login: Uuid, wanted: impl Fn(&Seat) -> bool) -> Option<ConversationId> {
        let Entry::Occupied(entry) = self.seats.entry(login) else {
            return None;
        };
        if !wanted(entry.get()) {
            return None;
        }
        self.stand_up(entry.get());
        Some(entry.remove().room)
    }

    fn sit_down(&self, session: SessionHandle, room: &ConversationId) {
        self.rooms
            .entry(room.clone())
            .or_default()
            .entry(session.address.client_id.clone())
            .or_default()
            .push(session);
        self.metrics.sessions.increment(1);
    }

    fn stand_up(&self, seat: &Seat) {
        let Entry::Occupied(mut room) = self.rooms.entry(seat.room.clone()) else {
            return;
        };
        if let Some(sessions) = room.get_mut().get_mut(&seat.client_id) {
            sessions.retain(|session| session.address.id != seat.session_id);
            if sessions.is_empty() {
                room.get_mut().remove(&seat.client_id);
            }
        }
        if room.get().is_empty() {
            room.remove();
        }
        self.metrics.sessions.decrement(1);
    }
}

/// Tells whether a message of this priority is kept from a connection that is behind: low ones
/// from half a mailbox on, normal ones from three quarters on.
fn is_shed(priority: Priority, connection: &ConnectionHandle) -> bool {
    match priority {
        Priority::High => false,
        Priority::Normal => connection.is_fuller_than(3, 4),
        Priority::Low => connection.is_fuller_than(1, 2),
    }
}

/// What rooms count; looked up once, because delivering is hot.
#[derive(Clone, Debug)]
struct Metrics {
    sessions: Gauge,
    delivered: Counter,
    dropped_normal: Counter,
    dropped_low: Counter,
}

impl Metrics {
    fn new() -> Self {
        metrics::describe_gauge!("parlor_room_sessions", "sessions in chat rooms");
        metrics::describe_counter!(
            "parlor_room_messages_dropped_total",
            "chat room messages kept from a session that reads too slowly, by priority"
        );
        let dropped = |priority: Priority| {
            metrics::counter!(
                "parlor_room_messages_dropped_total",
                "priority" => priority.as_label()
            )
        };
        Self {
            sessions: metrics::gauge!("parlor_room_sessions"),
            delivered: metrics::counter!("parlor_events_delivered_total"),
            dropped_normal: dropped(Priority::Normal),
            dropped_low: dropped(Priority::Low),
        }
    }

    fn dropped(&self, priority: Priority, count: u64) {
        match priority {
            Priority::High => {}
            Priority::Normal => self.dropped_normal.increment(count),
            Priority::Low => self.dropped_low.increment(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::{Event, EventKind, Features, Timestamp, UnreadMode};

    use super::*;
    use crate::{Encoding, Mailbox, SessionAddress, mailbox};

    fn session(id: u64, name: &str, capacity: usize) -> (SessionHandle, Mailbox) {
        let (connection, mailbox) = mailbox(capacity);
        let address = SessionAddress {
            id: SessionId(id),
            client_id: ClientId::trusted(name),
            login: login(id.into()),
            encoding: Encoding::AsRequested,
            unread_mode: UnreadMode::UnreadNotifications,
            features: Features::default(),
        };
        (SessionHandle::new(address, connection), mailbox)
    }

    fn login(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn room(name: &str) -> ConversationId {
        ConversationId::trusted(name)
    }

    fn event() -> Arc<Published> {
        Arc::new(Published::new(Event {
            happened_at: Timestamp::from_millis(1),
            kind: EventKind::Unread {
                conversations: Vec::new(),
                notified_at: Timestamp::from_millis(1),
            },
        }))
    }

    fn waiting(mailbox: &mut Mailbox) -> usize {
        std::iter::from_fn(|| mailbox.try_receive()).count()
    }

    #[test]
    fn a_login_is_in_one_room_at_most() {
        let rooms = Rooms::new();
        let (alice, _mailbox) = session(1, "alice", 8);
        rooms.join(login(1), alice.clone(), &room("r1"));
        rooms.join(login(1), alice.clone(), &room("r1"));
        assert_eq!(rooms.count(&room("r1")), 1);
        rooms.join(login(1), alice, &room("r2"));
        assert_eq!(rooms.count(&room("r1")), 0);
        assert_eq!(rooms.sample(&room("r2"), 50), [ClientId::trusted("alice")]);
        rooms.leave(login(1), &room("r1"));
        assert_eq!(rooms.room_of(login(1)), Some(room("r2")));
        rooms.leave(login(1), &room("r2"));
        assert_eq!(rooms.room_of(login(1)), None);
        assert!(rooms.rooms.is_empty());
    }

    #[test]
    fn a_client_on_two_devices_counts_once_and_is_there_until_both_left() {
        let rooms = Rooms::new();
        let (phone, _phone_mailbox) = session(1, "alice", 8);
        let (tablet, _tablet_mailbox) = session(2, "alice", 8);
        rooms.join(login(1), phone, &room("r"));
        rooms.join(login(2), tablet, &room("r"));
        assert_eq!(rooms.count(&room("r")), 1);
        rooms.leave(login(1), &room("r"));
        assert!(rooms.contains(&room("r"), &ClientId::trusted("alice")));
        rooms.leave(login(2), &room("r"));
        assert!(!rooms.contains(&room("r"), &ClientId::trusted("alice")));
    }

    #[test]
    fn an_evicted_client_is_out_on_every_login_and_nobody_else_is() {
        let rooms = Rooms::new();
        for (number, name, place) in [
            (1, "alice", "r"),
            (2, "alice", "r"),
            (3, "alice", "other"),
            (4, "bob", "r"),
        ] {
            let (session, _mailbox) = session(number, name, 8);
            rooms.join(login(number.into()), session, &room(place));
        }
        rooms.evict(&room("r"), &ClientId::trusted("alice"));
        assert_eq!(rooms.room_of(login(1)), None);
        assert_eq!(rooms.room_of(login(2)), None);
        assert_eq!(rooms.room_of(login(3)), Some(room("other")));
        assert_eq!(rooms.sample(&room("r"), 50), [ClientId::trusted("bob")]);
    }

    #[test]
    fn an_old_socket_that_dies_late_does_not_take_its_login_out() {
        let rooms = Rooms::new();
        let (old, _old_mailbox) = session(1, "alice", 8);
        let (new, mut new_mailbox) = session(2, "alice", 8);
        rooms.join(login(1), old, &room("r"));
        rooms.join(login(1), new, &room("r"));
        assert_eq!(rooms.leave_session(login(1), SessionId(1)), None);
        rooms.deliver(&room("r"), Except::Nobody, Priority::Normal, &event());
        assert_eq!(waiting(&mut new_mailbox), 1);
        assert_eq!(rooms.leave_session(login(1), SessionId(2)), Some(room("r")));
        assert_eq!(rooms.count(&room("r")), 0);
    }

    #[test]
    fn a_slow_session_loses_low_priority_first_then_normal_and_never_high() {
        let rooms = Rooms::new();
        let (slow, mut slow_mailbox) = session(1, "slow", 8);
        let (fast, mut fast_mailbox) = session(2, "fast", 64);
        rooms.join(login(1), slow, &room("r"));
        rooms.join(login(2), fast, &room("r"));
        let mut sent = 0;
        let mut send = |priority, times: usize| {
            for _ in 0..times {
                rooms.deliver(&room("r"), Except::Nobody, priority, &event());
            }
            sent += times;
        };
        // More than half of 8 is 5, more than three quarters of 8 is 7.
        send(Priority::Low, 7);
        assert_eq!(slow_mailbox.len(), 5);
        send(Priority::Normal, 4);
        assert_eq!(slow_mailbox.len(), 7);
        send(Priority::Low, 1);
        assert_eq!(slow_mailbox.len(), 7);
        send(Priority::High, 1);
        assert_eq!(slow_mailbox.len(), 8);
        assert_eq!(slow_mailbox.closing(), None);
        assert_eq!(waiting(&mut slow_mailbox), 8);
        assert_eq!(waiting(&mut fast_mailbox), sent);
    }
}
