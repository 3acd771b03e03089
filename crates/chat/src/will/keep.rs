//! Leaving a will, and keeping all that were left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parlor_model::{ClientId, Message, Priority, SessionId};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::Caller;

/// A message to be told when its sender's session dies.
#[derive(Clone, Debug)]
pub(crate) struct Will {
    /// The message; its time is decided when it is told.
    pub(crate) message: Message,
    /// How important it is in a chat room.
    pub(crate) priority: Priority,
}

/// A will and whose death it waits for.
#[derive(Debug)]
struct Kept {
    will: Will,
    login: Uuid,
    session_id: SessionId,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<ClientId, Kept>,
    /// Wills whose session is dead.
    due: Vec<Will>,
}

/// The wills of this node; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wills {
    /// A std mutex, because it is held for a moment and never across an await.
    state: Arc<Mutex<State>>,
    died: Arc<Notify>,
}

impl Wills {
    /// Keeps the caller's will, in the place of any other that this client has left anywhere.
    pub(crate) fn keep(&self, caller: &Caller, will: Will) {
        let kept = Kept {
            will,
            login: caller.session_key,
            session_id: caller.session_id,
        };
        self.state().kept.insert(caller.client_id.clone(), kept);
    }

    /// Binds the will of an earlier session of the same login to this one, if there is one.
    pub(super) fn take_over(&self, caller: &Caller) {
        if let Some(kept) = self.state().kept.get_mut(&caller.client_id)
            && kept.login == caller.session_key
        {
            kept.session_id = caller.session_id;
        }
    }

    /// Forgets the will that belongs to a session.
    pub(super) fn forget(&self, client_id: &ClientId, session_id: SessionId) {
        Self::remove(&mut self.state(), client_id, session_id);
    }

    /// Has the will told that belongs to a session.
    pub(super) fn died(&self, client_id: &ClientId, session_id: SessionId) {
        let mut state = self.state();
        if let Some(will) = Self::remove(&mut state, client_id, session_id) {
            state.due.push(will);
            self.died.notify_one();
        }
    }

    /// Waits for deaths and returns the wills to tell.
    pub(super) async fn due(&self) -> Vec<Will> {
        loop {
            let due = std::mem::take(&mut self.state().due);
            if !due.is_empty() {
                return due;
            }
            self.died.notified().await;
        }
    }

    fn remove(state: &mut State, client_id: &ClientId, session_id: SessionId) -> Option<Will> {
        let kept = state.kept.get(client_id)?;
        if kept.session_id != session_id {
            return None;
        }
        state.kept.remove(client_id).map(|kept| kept.will)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use parlor_model::{
        Content, ConversationId, ConversationKind, Features, Mention, MessageId, Timestamp,
    };

    use super::*;

    fn caller(client_id: &str, session: u64, login: u128) -> Caller {
        Caller {
            client_id: ClientId::trusted(client_id),
            session_id: SessionId(session),
            session_key: Uuid::from_u128(login),
            features: Features::default(),
            address: Ipv4Addr::LOCALHOST.into(),
        }
    }

    fn will(id: &str) -> Will {
        Will {
            message: Message {
                id: MessageId::trusted(id),
                conversation_id: ConversationId::trusted("c"),
                kind: ConversationKind::Normal,
                sender: ClientId::trusted("alice"),
                sent_at: Timestamp::from_millis(0),
                content: Content::Text("bye".to_owned()),
                mention: Mention::default(),
                transient: false,
                patched_at: None,
            },
            priority: Priority::Normal,
        }
    }

    fn due(wills: &Wills) -> Vec<String> {
        std::mem::take(&mut wills.state().due)
            .into_iter()
            .map(|will| will.message.id.to_string())
            .collect()
    }

    #[test]
    fn c63_the_last_will_of_a_client_counts_and_once() {
        let wills = Wills::default();
        let (phone, desk) = (caller("alice", 1, 1), caller("alice", 2, 2));
        wills.keep(&phone, will("one"));
        wills.keep(&desk, will("two"));
        wills.died(&phone.client_id, phone.session_id);
        assert_eq!(due(&wills), [""; 0]);
        wills.died(&desk.client_id, desk.session_id);
        wills.died(&desk.client_id, desk.session_id);
        assert_eq!(due(&wills), ["two"]);
        assert!(wills.state().kept.is_empty());
    }

    #[test]
    fn a_resumed_login_takes_its_will_over_and_another_login_does_not() {
        let wills = Wills::default();
        let first = caller("alice", 1, 1);
        wills.keep(&first, will("one"));
        wills.take_over(&caller("alice", 2, 9));
        let resumed = caller("alice", 3, 1);
        wills.take_over(&resumed);
        wills.died(&first.client_id, first.session_id);
        assert_eq!(due(&wills), [""; 0]);
        wills.died(&resumed.client_id, resumed.session_id);
        assert_eq!(due(&wills), ["one"]);
    }

    #[test]
    fn a_forgotten_will_is_not_told() {
        let wills = Wills::default();
        let alice = caller("alice", 1, 1);
        wills.keep(&alice, will("one"));
        wills.forget(&alice.client_id, alice.session_id);
        wills.died(&alice.client_id, alice.session_id);
        assert_eq!(due(&wills), [""; 0]);
    }
}
