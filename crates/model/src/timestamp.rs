//! Milliseconds since the epoch, and their one ISO spelling.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A moment in milliseconds since the epoch (UTC); may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an ISO 8601 date-time with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampError;

impl std::fmt::Display for TimestampError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected an ISO 8601 date such as 2026-01-12T08:30:00.000Z")
    }
}

impl std::error::Error for TimestampError {}

impl Timestamp {
    /// Wraps milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the moment `millis` later (earlier when negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Formats as `YYYY-MM-DDTHH:MM:SS.mmmZ` with exactly three millisecond digits, the only
    /// spelling that every SDK parses (spec 02 §3.2 `cdate`).
    #[must_use]
    pub fn to_iso(self) -> String {
        let at = self.to_date_time();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }

    /// Parses an ISO 8601 date-time with `Z` or a numeric offset; digits below a millisecond
    /// are cut off.
    ///
    /// # Errors
    /// [`TimestampError`] when the text is no such date-time.
    pub fn from_iso(text: &str) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(Self::from_date_time)
            .map_err(|_| TimestampError)
    }

    /// Converts from a calendar date-time, cutting off below a millisecond.
    #[must_use]
    pub fn from_date_time(at: OffsetDateTime) -> Self {
        let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// Converts to a calendar date-time in UTC; moments outside years 0 to 9999 are clamped.
    #[must_use]
    pub fn to_date_time(self) -> OffsetDateTime {
        const YEAR_0_MS: i64 = -62_167_219_200_000;
        const YEAR_9999_MS: i64 = 253_402_300_799_999;
        let millis = self.0.clamp(YEAR_0_MS, YEAR_9999_MS);
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .to_offset(UtcOffset::UTC)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn iso_always_has_three_millisecond_digits() {
        assert_eq!(
            Timestamp::from_millis(1_453_014_943_000).to_iso(),
            "2016-01-17T07:15:43.000Z"
        );
        assert_eq!(
            Timestamp::from_millis(-1).to_iso(),
            "1969-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn an_offset_is_honoured() {
        assert_eq!(
            Timestamp::from_iso("1970-01-01T01:00:00.5+01:00"),
            Ok(Timestamp::from_millis(500))
        );
        assert_eq!(Timestamp::from_iso("yesterday"), Err(TimestampError));
    }

    proptest! {
        #[test]
        fn iso_round_trips(millis in -62_167_219_200_000_i64..=253_402_300_799_999) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::from_iso(&at.to_iso()), Ok(at));
        }

        #[test]
        fn no_moment_panics(millis in any::<i64>()) {
            let _ = Timestamp::from_millis(millis).to_iso();
        }
    }
}
