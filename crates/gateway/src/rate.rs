//! How often clients may send commands (spec 04 §5).
//!
//! **Invariant:** a client has one count per kind of command on this node, whichever of its
//! sessions it uses, and leaving does not wipe it before its minute is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parlor_model::ClientId;

/// What a client's commands are counted in.
const MINUTE: Duration = Duration::from_secs(60);

/// Counts that may be left over before the first sweep; fewer are not worth one.
const SWEEP_FROM: usize = 1024;

/// The counts of all clients; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    clients: HashMap<ClientId, Rate>,
    /// How many clients make the next sweep due.
    sweep_at: usize,
}

impl Rates {
    /// Returns the count of a client who logs in. Its commands then cost no look-up.
    pub(crate) fn of(&self, client_id: &ClientId, now: Instant) -> Rate {
        let mut counts = lock(&self.0);
        if counts.clients.len() >= counts.sweep_at {
            counts.clients.retain(|_, rate| !rate.is_forgotten(now));
            counts.sweep_at = SWEEP_FROM.max(2 * counts.clients.len());
        }
        counts
            .clients
            .entry(client_id.clone())
            .or_insert_with(|| Rate(Arc::new(Mutex::new(Window::new(now)))))
            .clone()
    }
}

/// The commands of one client in the present minute; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Rate(Arc<Mutex<Window>>);

impl Rate {
    /// Counts a command, unless there were as many of its kind already.
    pub(crate) fn admit(&self, kind: &'static str, limit: u32, now: Instant) -> bool {
        lock(&self.0).admit(kind, limit, MINUTE, now)
    }

    /// Tells whether nobody holds it and nothing is remembered by it.
    fn is_forgotten(&self, now: Instant) -> bool {
        Arc::strong_count(&self.0) == 1 && lock(&self.0).is_over(MINUTE, now)
    }
}

/// Messages of all clients in the present second.
#[derive(Debug)]
pub(crate) struct AppRate(Mutex<Window>);

impl AppRate {
    /// Begins to count.
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new(Window::new(now)))
    }

    /// Counts a message, unless there were as many already.
    pub(crate) fn admit(&self, limit: u32, now: Instant) -> bool {
        lock(&self.0).admit("", limit, Duration::from_secs(1), now)
    }
}

/// Counts since a moment.
#[derive(Debug)]
struct Window {
    started: Instant,
    /// A handful: searched faster than hashed.
    counts: Vec<(&'static str, u32)>,
}

impl Window {
    const fn new(started: Instant) -> Self {
        Self {
            started,
            counts: Vec::new(),
        }
    }

    fn admit(&mut self, kind: &'static str, limit: u32, length: Duration, now: Instant) -> bool {
        if self.is_over(length, now) {
            *self = Self::new(now);
        }
        match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) if *count >= limit => false,
            Some((_, count)) => {
                *count += 1;
                true
            }
            None => {
                self.counts.push((kind, 1));
                limit > 0
            }
        }
    }

    fn is_over(&self, length: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.started) >= length
    }
}

/// Nothing under these locks can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_count_of_its_own_for_a_minute() {
        let start = Instant::now();
        let rate = Rates::default().of(&ClientId::trusted("alice"), start);
        let later = start + Duration::from_secs(59);
        assert!((0..60).all(|_| rate.admit("send", 60, start)));
        assert!(!rate.admit("send", 60, later));
        assert!(rate.admit("history", 120, later));
        assert!(rate.admit("send", 60, start + MINUTE));
    }

    #[test]
    fn sessions_of_a_client_share_its_count_and_leaving_does_not_wipe_it() {
        let start = Instant::now();
        let rates = Rates::default();
        let alice = ClientId::trusted("alice");
        let (first, second) = (rates.of(&alice, start), rates.of(&alice, start));
        assert!(first.admit("send", 2, start));
        assert!(second.admit("send", 2, start));
        drop((first, second));
        assert!(!rates.of(&alice, start).admit("send", 2, start));
        let bob = rates.of(&ClientId::trusted("bob"), start);
        assert!(bob.admit("send", 2, start));
    }

    #[test]
    fn who_left_a_minute_ago_is_forgotten_and_who_is_here_is_not() {
        let start = Instant::now();
        let rates = Rates::default();
        let here = rates.of(&ClientId::trusted("here"), start);
        // The first sweep finds nobody gone, and the next is due at twice as many.
        for number in 0..2 * SWEEP_FROM - 1 {
            rates.of(&ClientId::trusted(format!("gone-{number}").as_str()), start);
        }
        let later = start + MINUTE;
        rates.of(&ClientId::trusted("new"), later);
        let clients = lock(&rates.0).clients.len();
        assert_eq!(clients, 2, "here and new");
        assert!(here.admit("send", 1, later));
        let again = rates.of(&ClientId::trusted("here"), later);
        assert!(!again.admit("send", 1, later));
    }

    #[test]
    fn an_app_has_its_messages_per_second() {
        let start = Instant::now();
        let rate = AppRate::new(start);
        assert!((0..5).all(|_| rate.admit(5, start)));
        assert!(!rate.admit(5, start + Duration::from_millis(999)));
        assert!(rate.admit(5, start + Duration::from_secs(1)));
    }
}
