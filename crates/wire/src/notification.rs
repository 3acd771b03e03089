//! Events as REST tells them to who missed them (spec 02 §3.4): the fields of the frame and of
//! its body side by side, in one of two spellings.
//!
//! They are the JSON form of frames (see [`crate::json`]), so whatever is an event has one.

use parlor_model::{Event, JsonObject};
use serde_json::{Value, json};

use crate::event::AttributeDialect;
use crate::{event, json};

/// How a client spells what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JavaScript: names of operations as in the schema, JSON of attributes in a text, values in
    /// place of operations on attributes.
    JavaScript,
    /// Swift: hyphens for underscores, attributes as they are.
    Swift,
}

/// The fields that hold JSON.
const JSON_FIELDS: [&str; 2] = ["attr", "attrModified"];

/// Returns an event's JSON object.
#[must_use]
pub fn describe(event: &Event, dialect: Dialect) -> JsonObject {
    let attributes = match dialect {
        Dialect::JavaScript => AttributeDialect::Resolved,
        Dialect::Swift => AttributeDialect::AsRequested,
    };
    let text = json::encode(&event::encode(event, attributes));
    let mut object: JsonObject = serde_json::from_str(&text).unwrap_or_default();
    // Says which socket service a frame belongs to.
    object.remove("service");
    if dialect == Dialect::JavaScript {
        if let Some(Value::String(operation)) = object.get_mut("op") {
            *operation = operation.replace('-', "_");
        }
        for field in JSON_FIELDS {
            if let Some(value) = object.get_mut(field) {
                *value = json!({ "data": value.to_string() });
            }
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use parlor_model::{
        AttributeChange, ClientId, ConversationId, ConversationKind, EventKind, MessageId,
        ReceiptKind, Timestamp,
    };

    use super::*;

    fn described(kind: EventKind, dialect: Dialect) -> Value {
        let event = Event {
            happened_at: Timestamp::from_millis(1_453_014_943_466),
            kind,
        };
        Value::Object(describe(&event, dialect))
    }

    #[test]
    fn c23_a_change_of_members_is_flat_and_spelled_by_dialect() {
        let joined = EventKind::MembersJoined {
            conversation_id: ConversationId::trusted("c"),
            conversation_kind: ConversationKind::Normal,
            members: vec![ClientId::trusted("bob")],
            by: Some(ClientId::trusted("alice")),
            updated_at: Timestamp::from_millis(1_453_014_943_000),
            temporary_ttl_secs: None,
        };
        for (dialect, operation) in [
            (Dialect::JavaScript, "members_joined"),
            (Dialect::Swift, "members-joined"),
        ] {
            assert_eq!(
                described(joined.clone(), dialect),
                json!({
                    "cmd": "conv",
                    "op": operation,
                    "serverTs": 1_453_014_943_466_i64,
                    "notificationType": 1,
                    "cid": "c",
                    "m": ["bob"],
                    "initBy": "alice",
                    "udate": "2016-01-17T07:15:43.000Z",
                })
            );
        }
    }

    #[test]
    fn c23_attributes_are_a_text_in_one_dialect_and_an_object_in_the_other() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let updated = EventKind::Updated {
            conversation_id: ConversationId::trusted("c"),
            by: None,
            updated_at: Timestamp::from_millis(1_453_014_943_000),
            change: AttributeChange {
                requested: object(json!({ "n": { "__op": "Increment", "amount": 1 } })),
                resolved: object(json!({ "n": 8 })),
                modified: object(json!({ "n": 8, "name": "ü" })),
            },
        };
        let swift = described(updated.clone(), Dialect::Swift);
        assert_eq!(swift["op"], "updated");
        assert_eq!(
            swift["attr"],
            json!({ "n": { "__op": "Increment", "amount": 1 } })
        );
        assert_eq!(swift["attrModified"], json!({ "n": 8, "name": "ü" }));
        let javascript = described(updated, Dialect::JavaScript);
        assert_eq!(javascript["attr"], json!({ "data": "{\"n\":8}" }));
        let modified = javascript["attrModified"]["data"].as_str().unwrap();
        let modified: Value = serde_json::from_str(modified).unwrap();
        assert_eq!(modified, json!({ "n": 8, "name": "ü" }));
    }

    #[test]
    fn c23_a_receipt_has_no_operation() {
        let receipt = EventKind::Receipt {
            conversation_id: ConversationId::trusted("c"),
            message_id: MessageId::trusted("m"),
            recipient: ClientId::trusted("bob"),
            kind: ReceiptKind::Read,
            is_group: false,
        };
        for dialect in [Dialect::JavaScript, Dialect::Swift] {
            assert_eq!(
                described(receipt.clone(), dialect),
                json!({
                    "cmd": "rcp",
                    "serverTs": 1_453_014_943_466_i64,
                    "notificationType": 1,
                    "id": "m",
                    "cid": "c",
                    "from": "bob",
                    "t": 1_453_014_943_466_i64,
                    "read": true,
                })
            );
        }
    }
}
