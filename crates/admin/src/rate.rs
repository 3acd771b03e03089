//! How often an app's servers may call what is dear (spec 03 §2.12).
//!
//! **Invariant:** only calls that were allowed are counted, so that nobody spends an app's quota
//! without its keys. Counts are kept in memory, per process.

use std::sync::{Mutex, PoisonError};

use metrics::counter;
use parlor_model::Timestamp;

use crate::error::ApiError;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Calls that share a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateClass {
    /// Messages to conversations, chat rooms and single subscribers, and their patches.
    Normal,
    /// Messages to all subscribers of a service conversation, and their patches.
    Subscribers,
    /// Messages to everybody, and their patches.
    Everybody,
    /// Push notifications.
    Push,
}

impl RateClass {
    /// Every class, in the order of their quotas.
    pub(crate) const ALL: [Self; 4] =
        [Self::Normal, Self::Subscribers, Self::Everybody, Self::Push];

    /// Returns the class as a metric label and in prose.
    pub(crate) const fn as_label(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Subscribers => "subscribers",
            Self::Everybody => "everybody",
            Self::Push => "push",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Normal => 0,
            Self::Subscribers => 1,
            Self::Everybody => 2,
            Self::Push => 3,
        }
    }
}

/// Most calls of one class; `None` for any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// In a minute. Whoever makes more is refused for the minute after.
    pub per_minute: Option<u32>,
    /// From midnight to midnight (UTC).
    pub per_day: Option<u32>,
}

/// The quotas of all classes.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    /// Of messages to conversations, chat rooms and single subscribers, and their patches.
    pub normal: Quota,
    /// Of messages to all subscribers of a service conversation, and their patches.
    pub subscribers: Quota,
    /// Of messages to everybody, and their patches.
    pub everybody: Quota,
    /// Of push notifications.
    pub push: Quota,
}

impl Quotas {
    const fn of(&self, class: RateClass) -> Quota {
        match class {
            RateClass::Normal => self.normal,
            RateClass::Subscribers => self.subscribers,
            RateClass::Everybody => self.everybody,
            RateClass::Push => self.push,
        }
    }
}

/// What was spent of each quota.
#[derive(Debug)]
pub(crate) struct Rates {
    quotas: Quotas,
    // Held for a few comparisons, never over an await.
    spent: [Mutex<Spent>; RateClass::ALL.len()],
}

#[derive(Debug, Default)]
struct Spent {
    minute_began_ms: i64,
    in_minute: u32,
    day: i64,
    in_day: u32,
    refused_until_ms: i64,
}

impl Rates {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            spent: RateClass::ALL.map(|_| Mutex::default()),
        }
    }

    /// Counts a call, or refuses it.
    pub(crate) fn take(&self, class: RateClass, now: Timestamp) -> Result<(), ApiError> {
        let quota = self.quotas.of(class);
        // A count is never half changed.
        let mut spent = self.spent[class.index()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if spent.take(quota, now.as_millis()) {
            return Ok(());
        }
        counter!("parlor_rest_rate_limited_total", "class" => class.as_label()).increment(1);
        Err(ApiError::too_fast(class))
    }
}

impl Spent {
    fn take(&mut self, quota: Quota, now_ms: i64) -> bool {
        if now_ms < self.refused_until_ms {
            return false;
        }
        if now_ms.saturating_sub(self.minute_began_ms) >= MINUTE_MS {
            self.minute_began_ms = now_ms;
            self.in_minute = 0;
        }
        let day = now_ms.div_euclid(DAY_MS);
        if day != self.day {
            self.day = day;
            self.in_day = 0;
        }
        let is_spent = |count, quota: Option<u32>| quota.is_some_and(|quota| count >= quota);
        if is_spent(self.in_day, quota.per_day) {
            return false;
        }
        if is_spent(self.in_minute, quota.per_minute) {
            self.refused_until_ms = now_ms.saturating_add(MINUTE_MS);
            return false;
        }
        self.in_minute = self.in_minute.saturating_add(1);
        self.in_day = self.in_day.saturating_add(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some midnight.
    const START: Timestamp = Timestamp::from_millis(20_000 * DAY_MS);

    fn rates() -> Rates {
        Rates::new(Quotas {
            everybody: Quota {
                per_minute: Some(10),
                per_day: Some(30),
            },
            ..Quotas::default()
        })
    }

    fn taken(rates: &Rates, class: RateClass, calls: usize, at_secs: i64) -> usize {
        let now = START.plus_millis(at_secs * 1000);
        (0..calls)
            .filter(|_| rates.take(class, now).is_ok())
            .count()
    }

    #[test]
    fn r56_who_calls_too_often_waits_a_minute() {
        let rates = rates();
        assert_eq!(taken(&rates, RateClass::Everybody, 11, 0), 10);
        assert_eq!(taken(&rates, RateClass::Everybody, 1, 30), 0);
        assert_eq!(taken(&rates, RateClass::Everybody, 1, 59), 0);
        assert_eq!(taken(&rates, RateClass::Normal, 1000, 59), 1000);
        assert_eq!(taken(&rates, RateClass::Everybody, 10, 60), 10);
    }

    #[test]
    fn who_keeps_within_the_minute_is_never_refused() {
        let rates = rates();
        for minute in 0..3 {
            assert_eq!(taken(&rates, RateClass::Everybody, 10, minute * 60), 10);
        }
    }

    #[test]
    fn a_day_that_is_spent_ends_at_midnight() {
        let rates = rates();
        for minute in 0..3 {
            taken(&rates, RateClass::Everybody, 10, minute * 60);
        }
        assert_eq!(taken(&rates, RateClass::Everybody, 1, 12 * 60 * 60), 0);
        assert_eq!(taken(&rates, RateClass::Everybody, 1, 24 * 60 * 60 - 1), 0);
        assert_eq!(taken(&rates, RateClass::Everybody, 11, 24 * 60 * 60), 10);
    }
}
