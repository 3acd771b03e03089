//! Naming a message: its id and its time.

use parlor_model::{MessageId, MessageKey, Timestamp};

use crate::error::ApiError;
use crate::im_code::ImCode;

/// Reads the key of a message.
///
/// Old ids hold plus signs, which a query turns into spaces; no id holds a space.
pub(crate) fn read(id: &str, timestamp: f64) -> Result<MessageKey, ApiError> {
    let id = MessageId::parse(&id.replace(' ', "+"))
        .map_err(|error| ApiError::im(ImCode::MessageNotFound, error.to_string()))?;
    Ok(MessageKey {
        sent_at: time(timestamp),
        id,
    })
}

/// Reads a time in milliseconds. Python sends fractions of them.
pub(crate) fn time(timestamp: f64) -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the conversion saturates, and no message is that old or new"
    )]
    let millis = timestamp.round() as i64;
    Timestamp::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_have_fractions_and_never_overflows() {
        for (timestamp, millis) in [
            (1_764_000_000_123.0, 1_764_000_000_123),
            (1_764_000_000_122.999_8, 1_764_000_000_123),
            (1e300, i64::MAX),
            (-1e300, i64::MIN),
        ] {
            assert_eq!(time(timestamp).as_millis(), millis);
        }
    }

    #[test]
    fn a_plus_sign_survives_a_query() {
        let key = read("a b_c-d", 1.0).unwrap();
        assert_eq!(key.id.as_str(), "a+b_c-d");
        read("", 1.0).unwrap_err();
    }
}
