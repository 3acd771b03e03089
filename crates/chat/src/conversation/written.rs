//! A `_Conversation` row as the app's server writes it, taken apart by who keeps which column.

use parlor_model::{ClientId, ConversationKind, JsonObject};
use serde_json::Value;

use super::attributes::{self, ColumnError};

/// Keys that SDKs send along with rows and that are no columns (spec 03 §1.5), and columns that
/// only the server writes.
const IGNORED: [&str; 9] = [
    "__type",
    "className",
    "__internalId",
    "__children",
    "__ignore_hooks",
    "objectId",
    "createdAt",
    "updatedAt",
    "lm",
];

/// What was written. A list of clients is a list or an operation on one.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) members: Option<Value>,
    pub(crate) muted: Option<Value>,
    /// `Some(None)` takes the creator away.
    pub(crate) creator: Option<Option<ClientId>>,
    pub(crate) is_room: Option<bool>,
    pub(crate) is_service: Option<bool>,
    pub(crate) is_unique: Option<bool>,
    pub(crate) unique_id: Option<Value>,
    /// Everything else, keyed by column or path.
    pub(crate) columns: JsonObject,
}

impl Written {
    pub(crate) fn parse(row: JsonObject) -> Result<Self, ColumnError> {
        let mut written = Self::default();
        for (key, value) in row {
            match key.as_str() {
                "m" => written.members = Some(value),
                "mu" => written.muted = Some(value),
                "c" => written.creator = Some(client(&key, &value)?),
                "tr" => written.is_room = Some(flag(&key, &value)?),
                "sys" => written.is_service = Some(flag(&key, &value)?),
                "unique" => written.is_unique = Some(flag(&key, &value)?),
                "uniqueId" => written.unique_id = Some(value),
                _ if attributes::is_path_into_reserved(&key) => {
                    return Err(ColumnError::Key(key));
                }
                _ if IGNORED.contains(&key.as_str()) => {}
                "ACL" if !(value.is_object() || value.is_null()) => {
                    return Err(ColumnError::Type {
                        column: key,
                        expected: "an object",
                    });
                }
                _ => {
                    written.columns.insert(key, value);
                }
            }
        }
        Ok(written)
    }

    /// Returns the kind of a new conversation. Whoever asks for several gets the widest.
    pub(crate) fn kind(&self) -> ConversationKind {
        if self.is_service == Some(true) {
            ConversationKind::Service
        } else if self.is_room == Some(true) {
            ConversationKind::ChatRoom
        } else {
            ConversationKind::Normal
        }
    }
}

/// Returns the clients of a list after a value or an operation is written to it, each once.
pub(crate) fn clients(
    column: &str,
    present: &[ClientId],
    written: &Value,
) -> Result<Vec<ClientId>, ColumnError> {
    let wrong_type = || ColumnError::Type {
        column: column.to_owned(),
        expected: "a list of client ids",
    };
    let present: Value = present.iter().map(ClientId::as_str).collect();
    let result = attributes::resulting(Some(present), column, written)?;
    let items = match result {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(wrong_type()),
    };
    let mut seen = std::collections::HashSet::new();
    let mut clients = Vec::with_capacity(items.len());
    for item in items {
        let text = item.as_str().ok_or_else(wrong_type)?;
        let client_id = ClientId::parse(text).map_err(|cause| ColumnError::Client {
            column: column.to_owned(),
            cause,
        })?;
        if seen.insert(client_id.clone()) {
            clients.push(client_id);
        }
    }
    Ok(clients)
}

fn client(column: &str, written: &Value) -> Result<Option<ClientId>, ColumnError> {
    match attributes::resulting(None, column, written)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            ClientId::parse(&text)
                .map(Some)
                .map_err(|cause| ColumnError::Client {
                    column: column.to_owned(),
                    cause,
                })
        }
        Some(_) => Err(ColumnError::Type {
            column: column.to_owned(),
            expected: "a client id",
        }),
    }
}

fn flag(column: &str, written: &Value) -> Result<bool, ColumnError> {
    match attributes::resulting(None, column, written)? {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(ColumnError::Type {
            column: column.to_owned(),
            expected: "true or false",
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(texts: &[&str]) -> Vec<ClientId> {
        texts.iter().map(|&text| ClientId::trusted(text)).collect()
    }

    fn written(row: &Value) -> Result<Written, ColumnError> {
        Written::parse(row.as_object().cloned().unwrap())
    }

    #[test]
    fn a_list_takes_values_and_operations() {
        let present = ids(&["a", "b"]);
        for (value, expected) in [
            (json!(["c", "a", "c"]), &["c", "a"][..]),
            (
                json!({ "__op": "Add", "objects": ["c", "a"] }),
                &["a", "b", "c"],
            ),
            (
                json!({ "__op": "AddUnique", "objects": ["b", "c"] }),
                &["a", "b", "c"],
            ),
            (json!({ "__op": "Remove", "objects": ["a", "x"] }), &["b"]),
            (json!({ "__op": "Delete" }), &[]),
            (json!(null), &[]),
        ] {
            assert_eq!(
                clients("m", &present, &value).unwrap(),
                ids(expected),
                "{value}"
            );
        }
        for value in [
            json!("a"),
            json!([1]),
            json!([""]),
            json!({ "__op": "Increment", "amount": 1 }),
            json!({ "__op": "Add" }),
        ] {
            clients("m", &present, &value).unwrap_err();
        }
    }

    #[test]
    fn what_is_no_column_is_left_out() {
        let row = json!({
            "objectId": "x", "createdAt": 1, "className": "C", "__type": "Object", "__children": [],
            "lm": null, "name": "n", "sys": true, "tr": true, "c": "creator",
        });
        let written = written(&row).unwrap();
        assert_eq!(
            Value::Object(written.columns.clone()),
            json!({ "name": "n" })
        );
        assert_eq!(written.kind(), ConversationKind::Service);
        assert_eq!(written.creator, Some(Some(ClientId::trusted("creator"))));
    }

    #[test]
    fn a_column_of_the_wrong_type_is_refused() {
        for row in [
            json!({ "tr": "yes" }),
            json!({ "c": 1 }),
            json!({ "c": "" }),
            json!({ "ACL": 1 }),
        ] {
            written(&row).unwrap_err();
        }
    }
}
