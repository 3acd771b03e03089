//! The two spellings of a message's content.

use bytes::Bytes;
use parlor_model::Content;

use crate::base64_text;

/// Returns the pair of fields of pushes, exactly one of which is set.
pub(crate) fn text_or_binary(content: &Content) -> (Option<String>, Option<Bytes>) {
    match content {
        Content::Text(text) => (Some(text.clone()), None),
        Content::Binary(bytes) => (None, Some(Bytes::copy_from_slice(bytes))),
    }
}

/// Returns the pair of fields of history: a text, and whether it is base64.
pub(crate) fn text_and_bin(content: &Content) -> (String, Option<bool>) {
    match content {
        Content::Text(text) => (text.clone(), None),
        Content::Binary(bytes) => (base64_text::to_text(bytes), Some(true)),
    }
}
