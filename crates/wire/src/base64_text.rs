//! A protobuf frame as text, for clients that cannot do binary.
//!
//! **Invariant:** one frame is one message, and one text only stands for a frame.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The text is not standard padded base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text frame is not base64")]
pub struct NotBase64;

/// Returns the frame held by a text message.
///
/// # Errors
/// [`NotBase64`] when the text is anything but standard padded base64.
pub fn from_text(text: &str) -> Result<Bytes, NotBase64> {
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|_| NotBase64)
}

/// Returns the text message that holds a frame.
#[must_use]
pub fn to_text(frame: &[u8]) -> String {
    STANDARD.encode(frame)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padding_is_required_and_written() {
        assert_eq!(to_text(&[0x08]), "CA==");
        assert_eq!(from_text("CA=="), Ok(Bytes::from_static(&[0x08])));
        assert_eq!(from_text("CA"), Err(NotBase64));
        assert_eq!(from_text("-_-_"), Err(NotBase64));
    }

    proptest! {
        #[test]
        fn frames_round_trip(frame in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(from_text(&to_text(&frame)), Ok(Bytes::from(frame)));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = from_text(&text);
        }
    }
}
