//! The one thing the server reads and writes in a message: the type number of typed messages.

use parlor_model::Content;
use serde::Deserialize;

/// What a recalled message reads: SDKs make their recalled message of it, and none sends it with
/// every recall.
const RECALLED: &str = r#"{"_lctype":-127}"#;

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "_lctype")]
    number: serde_json::Number,
}

/// Returns what stands in the place of a recalled message (spec 02 §12).
pub(crate) fn placeholder_of_recalled() -> Content {
    Content::Text(RECALLED.to_owned())
}

/// Returns `_lctype` of a JSON message; `None` for anything else (spec 02 §13).
pub(crate) fn type_of(content: &Content) -> Option<i32> {
    let Content::Text(text) = content else {
        return None;
    };
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let typed: Typed = serde_json::from_str(text).ok()?;
    i32::try_from(typed.number.as_i64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_objects_with_an_integer_type_are_typed() {
        let type_of = |text: &str| super::type_of(&Content::Text(text.to_owned()));
        assert_eq!(type_of(r#"{"_lctype":-1,"_lctext":"hi"}"#), Some(-1));
        assert_eq!(
            type_of(r#" {"a":{"_lctype":3},"_lctype":1000}"#),
            Some(1000)
        );
        assert_eq!(type_of(r#"{"a":{"_lctype":3}}"#), None);
        assert_eq!(type_of(r#"{"_lctype":"1"}"#), None);
        assert_eq!(type_of(r#"{"_lctype":99999999999}"#), None);
        assert_eq!(type_of("plain"), None);
        assert_eq!(super::type_of(&placeholder_of_recalled()), Some(-127));
        assert_eq!(type_of("{broken"), None);
        assert_eq!(super::type_of(&Content::Binary(b"{}".to_vec())), None);
    }
}
