//! The content of a message in a body.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A text as it is sent, or an object that is sent as JSON.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MessageText {
    Text(String),
    #[schema(value_type = crate::row::Row)]
    Object(serde_json::Map<String, Value>),
}

impl MessageText {
    /// Returns what clients get.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Object(object) => Value::Object(object).to_string(),
        }
    }
}
