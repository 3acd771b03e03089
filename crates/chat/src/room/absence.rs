//! Logins whose session is lost and the room they were in.
//!
//! **Invariant:** bounded in number and in time, so that clients that never come back cost
//! nothing. When there are too many, some find themselves outside their room on return, which
//! is what happens after half an hour anyway.

use moka::sync::Cache;
use parlor_model::{Clock, ConversationId, Timestamp, limit};
use uuid::Uuid;

/// Logins remembered at once: every socket of a node twice over, by the default of
/// `gateway.max_connections`.
const CAPACITY: u64 = 200_000;

#[derive(Clone, Debug)]
struct Absence {
    room: ConversationId,
    since: Timestamp,
}

/// The rooms that logins were cut off from; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Absences {
    clock: Clock,
    by_login: Cache<Uuid, Absence>,
}

impl Absences {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            // Frees the memory; whether an absence is too long is up to the clock.
            by_login: Cache::builder()
                .max_capacity(CAPACITY)
                .time_to_live(limit::ROOM_REJOIN)
                .build(),
        }
    }

    /// Remembers that a login was cut off from a room just now.
    pub(crate) fn begin(&self, login: Uuid, room: ConversationId) {
        let since = self.clock.now();
        self.by_login.insert(login, Absence { room, since });
    }

    /// Forgets a login and returns the room it may go back to.
    pub(crate) fn end(&self, login: Uuid) -> Option<ConversationId> {
        let Absence { room, since } = self.by_login.remove(&login)?;
        let longest = i64::try_from(limit::ROOM_REJOIN.as_millis()).unwrap_or(i64::MAX);
        (self.clock.now() < since.plus_millis(longest)).then_some(room)
    }
}

#[cfg(test)]
mod tests {
    use parlor_model::TestClock;

    use super::*;

    #[test]
    fn c50_a_login_finds_back_for_half_an_hour_and_once() {
        let time = TestClock::starting_at(Timestamp::from_millis(1_764_000_000_000));
        let absences = Absences::new(Clock::Test(time.clone()));
        let login = Uuid::from_u128(1);
        let room = ConversationId::trusted("room");
        assert_eq!(absences.end(login), None);

        absences.begin(login, room.clone());
        time.advance(30 * 60 * 1000 - 1);
        assert_eq!(absences.end(login), Some(room.clone()));
        assert_eq!(absences.end(login), None);

        absences.begin(login, room);
        time.advance(30 * 60 * 1000);
        assert_eq!(absences.end(login), None);
    }
}
