//! From a frame of ours to its JSON form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_model::ClientId;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::json;
use serde_json::value::RawValue;

use super::schema;
use crate::proto::{CommandType, OpType};

/// What answers a heartbeat; the C# client compares the text.
const HEARTBEAT: &str = "{}";

/// Returns the JSON form of a frame. A frame without any field is a heartbeat.
///
/// # Panics
/// When the bytes are no frame of this crate's making.
#[must_use]
pub fn encode(frame: &[u8]) -> String {
    if frame.is_empty() {
        return HEARTBEAT.to_owned();
    }
    let message = DynamicMessage::decode(schema::frame().clone(), frame)
        .expect("frames of ours follow the schema");
    text_of(&Frame(&message))
}

/// Returns an event's JSON form addressed to one client.
///
/// The fields of an object may come in any order, so the recipient is appended and everything
/// else is encoded once for all of them.
#[must_use]
pub fn address(encoded: &[u8], client_id: &ClientId) -> String {
    let object = String::from_utf8_lossy(encoded);
    let fields = object.strip_suffix('}').unwrap_or(&object);
    let id = text_of(client_id.as_str());
    [fields, ",\"peerId\":", &id, "}"].concat()
}

/// Non-ASCII characters are found in strings only, so they can be escaped in the finished text.
fn text_of(value: &(impl Serialize + ?Sized)) -> String {
    let text = serde_json::to_string(value).expect("every value of the schema has a JSON form");
    if text.is_ascii() {
        return text;
    }
    let mut ascii = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

/// A whole frame: the body's fields stand beside the envelope's.
struct Frame<'a>(&'a DynamicMessage);

impl Serialize for Frame<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self.0.fields() {
            match value {
                Value::Message(body) => {
                    write_fields(&mut map, body)?;
                    for list in self.lists_that_may_be_empty() {
                        if !body.has_field_by_name(list) {
                            map.serialize_entry(list, &json!([]))?;
                        }
                    }
                    if field.name() == "errorMessage" {
                        write_nested_error(&mut map, body)?;
                    }
                }
                _ => map.serialize_entry(field.name(), &Item(&field, value))?,
            }
        }
        map.end()
    }
}

impl Frame<'_> {
    /// Protobuf cannot tell an empty list from none, and old clients read these without looking
    /// whether they are there.
    fn lists_that_may_be_empty(&self) -> &'static [&'static str] {
        let number = |name| {
            self.0
                .get_field_by_name(name)
                .and_then(|value| value.as_enum_number())
        };
        let command = number("cmd").and_then(|number| CommandType::try_from(number).ok());
        let operation = number("op").and_then(|number| OpType::try_from(number).ok());
        match (command, operation) {
            (Some(CommandType::Session), Some(OpType::QueryResult)) => &["onlineSessionPeerIds"],
            (Some(CommandType::Conv), Some(OpType::Members)) => &["m"],
            (Some(CommandType::Logs), _) => &["logs"],
            _ => &[],
        }
    }
}

/// The .NET client reads a failure from the top, the C# client from an object of its own.
fn write_nested_error<M: SerializeMap>(map: &mut M, body: &DynamicMessage) -> Result<(), M::Error> {
    let code = body.get_field_by_name("code");
    let reason = body.get_field_by_name("reason");
    map.serialize_entry(
        "error",
        &json!({
            "code": code.as_ref().and_then(|code| code.as_i32()),
            "detail": reason.as_ref().and_then(|reason| reason.as_str()),
        }),
    )
}

fn write_fields<M: SerializeMap>(map: &mut M, message: &DynamicMessage) -> Result<(), M::Error> {
    for (field, value) in message.fields() {
        map.serialize_entry(field.name(), &Item(&field, value))?;
        if field.name() == schema::BINARY {
            map.serialize_entry("bin", &true)?;
            // The .NET client and JavaScript 2.x look for the text of every message.
            if let Some(text) = schema::text_beside_binary(&message.descriptor()) {
                map.serialize_entry(text, &Item(&field, value))?;
            }
        }
    }
    Ok(())
}

/// The value of one field.
struct Item<'a>(&'a FieldDescriptor, &'a Value);

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(field, value) = *self;
        match value {
            Value::Bool(value) => value.serialize(serializer),
            Value::I32(value) => value.serialize(serializer),
            Value::I64(value) => value.serialize(serializer),
            Value::String(value) => value.serialize(serializer),
            Value::Bytes(bytes) => STANDARD.encode(bytes).serialize(serializer),
            Value::EnumNumber(number) => match name_of(field, *number) {
                Some(name) => name.serialize(serializer),
                None => number.serialize(serializer),
            },
            Value::Message(message) if schema::is_inlined(&message.descriptor()) => {
                let data = message.get_field_by_name("data");
                let text = data.as_ref().and_then(|data| data.as_str()).unwrap_or("");
                match serde_json::from_str::<&RawValue>(text) {
                    Ok(inlined) => inlined.serialize(serializer),
                    Err(_) => text.serialize(serializer),
                }
            }
            Value::Message(message) => {
                let mut map = serializer.serialize_map(None)?;
                write_fields(&mut map, message)?;
                map.end()
            }
            Value::List(items) => {
                serializer.collect_seq(items.iter().map(|item| Item(field, item)))
            }
            Value::U32(_) | Value::U64(_) | Value::F32(_) | Value::F64(_) | Value::Map(_) => {
                Err(S::Error::custom("the schema has no such type"))
            }
        }
    }
}

/// Returns an enum value's name, with hyphens for underscores.
fn name_of(field: &FieldDescriptor, number: i32) -> Option<String> {
    let Kind::Enum(known) = field.kind() else {
        return None;
    };
    Some(known.get_value(number)?.name().replace('_', "-"))
}
