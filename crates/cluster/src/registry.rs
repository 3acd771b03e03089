//! The map from clients to their sessions on this node.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use metrics::Counter;
use parlor_model::{
    ClientId, ConversationId, ConversationKind, EventKind, Features, SessionEnd, SessionId,
    UnreadMode,
};
use uuid::Uuid;

use crate::{ConnectionHandle, Encoding, Outgoing, Published};

/// What the writer of a connection must know to address an event to a session.
#[derive(Debug)]
pub struct SessionAddress {
    /// The session.
    pub id: SessionId,
    /// The client it belongs to.
    pub client_id: ClientId,
    /// The login it is a session of.
    pub login: Uuid,
    /// Which form of events it takes.
    pub encoding: Encoding,
    /// How it learns what it missed; sessions of the offline mode get no unread reports.
    pub unread_mode: UnreadMode,
    /// What its SDK can handle.
    pub features: Features,
}

impl SessionAddress {
    /// Tells whether the session takes events of this kind.
    #[must_use]
    pub fn takes(&self, kind: &EventKind) -> bool {
        match kind {
            EventKind::Unread { .. } => {
                matches!(self.unread_mode, UnreadMode::UnreadNotifications)
            }
            EventKind::Receipt { is_group: true, .. } => {
                self.features.has(Features::GROUP_RECEIPTS)
            }
            EventKind::Message(message)
            | EventKind::Missed { message, .. }
            | EventKind::Will(message) => self.knows(message.kind),
            EventKind::Patched(patch) => {
                self.features.has(Features::PATCH) && self.knows(patch.message.kind)
            }
            EventKind::Receipt { .. }
            | EventKind::Joined { .. }
            | EventKind::MembersJoined { .. }
            | EventKind::Left { .. }
            | EventKind::MembersLeft { .. }
            | EventKind::Updated { .. }
            | EventKind::RoleChanged { .. }
            | EventKind::Restricted { .. }
            | EventKind::MembersRestricted { .. } => true,
        }
    }

    /// Tells whether the session takes messages of conversations of this kind.
    fn knows(&self, kind: ConversationKind) -> bool {
        kind != ConversationKind::Temporary || self.features.has(Features::TEMPORARY_CONVERSATIONS)
    }
}

/// The address of one session; cheap to clone.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    /// Whom events are addressed to.
    pub address: Arc<SessionAddress>,
    /// The connection it lives on.
    pub connection: ConnectionHandle,
}

impl SessionHandle {
    /// Makes the address of a session.
    #[must_use]
    pub fn new(address: SessionAddress, connection: ConnectionHandle) -> Self {
        Self {
            address: Arc::new(address),
            connection,
        }
    }

    /// Puts an event into the mailbox of the session's connection, unless it is of a kind that
    /// the session does not take. Returns whether it will be sent.
    pub fn deliver(&self, event: Arc<Published>) -> bool {
        if !self.address.takes(&event.event().kind) {
            return false;
        }
        self.connection.deliver(Outgoing::Event {
            session: Arc::clone(&self.address),
            event,
        })
    }
}

/// Whom an event is for.
#[derive(Clone, Debug)]
pub struct Audience {
    /// These clients, on all their sessions.
    pub clients: Vec<ClientId>,
    /// But not on this one.
    pub except: Option<SessionId>,
    /// And everybody who is in this room.
    pub room: Option<ConversationId>,
}

impl Audience {
    /// All sessions of these clients.
    #[must_use]
    pub const fn clients(clients: Vec<ClientId>) -> Self {
        Self {
            clients,
            except: None,
            room: None,
        }
    }

    /// All sessions in a room.
    #[must_use]
    pub const fn room(room: ConversationId) -> Self {
        Self {
            clients: Vec::new(),
            except: None,
            room: Some(room),
        }
    }
}

/// The sessions of this node by client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry {
    sessions: Arc<DashMap<ClientId, Vec<SessionHandle>>>,
    next_id: Arc<AtomicU64>,
    delivered: Counter,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// Makes an empty registry.
    #[must_use]
    pub fn new() -> Self {
        metrics::describe_counter!(
            "parlor_events_delivered_total",
            "events put into the mailbox of a session"
        );
        metrics::describe_counter!(
            "parlor_mailbox_overflows_total",
            "connections closed because they read too slowly"
        );
        Self {
            sessions: Arc::new(DashMap::new()),
            next_id: Arc::new(AtomicU64::new(1)),
            // Looked up once: the delivery loop is the hottest of the process.
            delivered: metrics::counter!("parlor_events_delivered_total"),
        }
    }

    /// Returns an id no other session of this process has.
    #[must_use]
    pub fn new_session_id(&self) -> SessionId {
        SessionId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes a session reachable until the returned guard is dropped.
    #[must_use]
    pub fn register(&self, session: SessionHandle) -> Registration {
        let registration = Registration {
            registry: self.clone(),
            client_id: session.address.client_id.clone(),
            session_id: session.address.id,
        };
        self.sessions
            .entry(session.address.client_id.clone())
            .or_default()
            .push(session);
        registration
    }

    /// Finds a session of a client.
    #[must_use]
    pub fn session(&self, client_id: &ClientId, session_id: SessionId) -> Option<SessionHandle> {
        self.sessions
            .get(client_id)?
            .iter()
            .find(|session| session.address.id == session_id)
            .cloned()
    }

    /// Tells whether a client has a session here.
    #[must_use]
    pub fn is_online(&self, client_id: &ClientId) -> bool {
        self.sessions.contains_key(client_id)
    }

    /// Returns every client that has a session here.
    #[must_use]
    pub fn clients(&self) -> Vec<ClientId> {
        self.sessions
            .iter()
            .map(|entry| entry.key().clone())
            .collect()
    }

    /// Returns how many clients have a session here.
    #[must_use]
    pub fn online_clients(&self) -> usize {
        self.sessions.len()
    }

    /// Tells whether a login of a client has a session here.
    #[must_use]
    pub fn is_live(&self, client_id: &ClientId, login: Uuid) -> bool {
        self.sessions.get(client_id).is_some_and(|sessions| {
            sessions
                .iter()
                .any(|session| session.address.login == login)
        })
    }

    /// Returns the logins that have a session here.
    #[must_use]
    pub fn logins(&self) -> Vec<Uuid> {
        self.sessions
            .iter()
            .flat_map(|sessions| {
                let logins = sessions.iter().map(|session| session.address.login);
                logins.collect::<Vec<_>>()
            })
            .collect()
    }

    /// Ends the sessions that a login of a client has here: no event reaches them any more, and
    /// their connections tell them.
    pub fn end_login(&self, client_id: &ClientId, login: Uuid, end: &SessionEnd) {
        self.end_if(client_id, end, |session| session.address.login == login);
    }

    /// Ends every session that a client has here.
    pub fn end_client(&self, client_id: &ClientId, end: &SessionEnd) {
        self.end_if(client_id, end, |_| true);
    }

    /// Delivers an event to everybody in the audience who has a session here.
    pub fn deliver(&self, clients: &[ClientId], except: Option<SessionId>, event: &Arc<Published>) {
        let mut delivered = 0;
        for client_id in clients {
            let Some(sessions) = self.sessions.get(client_id) else {
                continue;
            };
            for session in sessions.iter() {
                if Some(session.address.id) != except && session.deliver(Arc::clone(event)) {
                    delivered += 1;
                }
            }
        }
        self.delivered.increment(delivered);
    }

    fn end_if(
        &self,
        client_id: &ClientId,
        end: &SessionEnd,
        wanted: impl Fn(&SessionHandle) -> bool,
    ) {
        self.remove_if(client_id, |session| {
            let ends = wanted(session);
            if ends {
                session
                    .connection
                    .end_session(session.address.id, end.clone());
            }
            ends
        });
    }

    fn unregister(&self, client_id: &ClientId, session_id: SessionId) {
        self.remove_if(client_id, |session| session.address.id == session_id);
    }

    fn remove_if(&self, client_id: &ClientId, mut unwanted: impl FnMut(&SessionHandle) -> bool) {
        if let Entry::Occupied(mut entry) = self.sessions.entry(client_id.clone()) {
            entry.get_mut().retain(|session| !unwanted(session));
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

/// Keeps a session reachable; dropping it unregisters the session.
#[derive(Debug)]
pub struct Registration {
    registry: Registry,
    client_id: ClientId,
    session_id: SessionId,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.unregister(&self.client_id, self.session_id);
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::{Event, EventKind, Timestamp};

    use super::*;
    use crate::{Mailbox, mailbox};

    fn join(registry: &Registry, client_id: &ClientId) -> (Registration, SessionId, Mailbox) {
        let (connection, mailbox) = mailbox(8);
        let id = registry.new_session_id();
        let session = session(id, client_id, connection);
        (registry.register(session), id, mailbox)
    }

    /// A session whose login has the same number.
    fn session(id: SessionId, client_id: &ClientId, connection: ConnectionHandle) -> SessionHandle {
        let address = SessionAddress {
            id,
            client_id: client_id.clone(),
            login: Uuid::from_u128(id.0.into()),
            encoding: Encoding::AsRequested,
            unread_mode: UnreadMode::UnreadNotifications,
            features: Features::default(),
        };
        SessionHandle::new(address, connection)
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

    #[test]
    fn every_session_of_a_client_gets_an_event_but_the_excepted_one() {
        let registry = Registry::new();
        let alice = ClientId::trusted("alice");
        let (_first, first_id, mut first_mailbox) = join(&registry, &alice);
        let (_second, _, mut second_mailbox) = join(&registry, &alice);
        registry.deliver(std::slice::from_ref(&alice), Some(first_id), &event());
        assert!(first_mailbox.try_receive().is_none());
        assert!(second_mailbox.try_receive().is_some());
        assert!(second_mailbox.try_receive().is_none());
    }

    #[test]
    fn dropping_the_last_registration_takes_the_client_offline() {
        let registry = Registry::new();
        let alice = ClientId::trusted("alice");
        let (first, ..) = join(&registry, &alice);
        let (second, ..) = join(&registry, &alice);
        drop(first);
        assert!(registry.is_online(&alice));
        drop(second);
        assert!(!registry.is_online(&alice));
        assert_eq!(registry.online_clients(), 0);
    }
    #[test]
    fn an_ended_session_gets_no_more_events_and_its_connection_hears_of_it_once() {
        let registry = Registry::new();
        let alice = ClientId::trusted("alice");
        let (ended, mut ended_mailbox) = mailbox(8);
        let (other, mut other_mailbox) = mailbox(8);
        let (first, second) = (registry.new_session_id(), registry.new_session_id());
        let login = |id: SessionId| Uuid::from_u128(id.0.into());
        let registration = registry.register(session(first, &alice, ended.clone()));
        let _other = registry.register(session(second, &alice, other.clone()));
        assert!(registry.is_live(&alice, login(first)));

        registry.end_login(&alice, login(first), &SessionEnd::Conflict);
        registry.end_login(&alice, login(first), &SessionEnd::Conflict);
        assert!(!registry.is_live(&alice, login(first)));
        assert_eq!(registry.logins(), [login(second)]);
        assert_eq!(ended.take_ended(), [(first, SessionEnd::Conflict)]);
        assert_eq!(ended.take_ended(), []);
        assert_eq!(other.take_ended(), []);
        registry.deliver(std::slice::from_ref(&alice), None, &event());
        assert!(ended_mailbox.try_receive().is_none());
        assert!(other_mailbox.try_receive().is_some());
        drop(registration);
        assert!(registry.is_online(&alice));

        registry.end_client(&alice, &SessionEnd::Kicked { reason: None });
        assert!(!registry.is_online(&alice));
        assert_eq!(other.take_ended().len(), 1);
    }
}
