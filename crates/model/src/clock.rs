//! The only source of wall-clock time in the process.
//!
//! Services hold a [`Clock`] and ask it; tests hand in a [`TestClock`] and move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Timestamp;

/// Tells the time to the services; cheap to clone.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The operating system's clock.
    System(SystemClock),
    /// A clock that stands still until a test moves it.
    Test(TestClock),
}

impl Clock {
    /// Returns the operating system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self::System(SystemClock)
    }

    /// Returns the current time in milliseconds since the epoch (UTC).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => clock.now(),
            Self::Test(clock) => clock.now(),
        }
    }
}

/// Reads the operating system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where wall-clock time enters"
    )]
    fn now(self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock for tests: stands still until [`TestClock::advance`].
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Returns a clock that shows `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millis())))
    }

    /// Moves the clock forward by `millis`.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}
