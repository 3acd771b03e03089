//! From JSON to a [`Command`], by way of the schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use parlor_model::JsonObject;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use serde_json::Value as Json;

use super::schema;
use crate::frame::{self, Undecodable};
use crate::proto::{CommandType, GenericCommand, OpType};
use crate::request::{Command, Envelope, InvalidRequest, Request, Target};

/// Characters of an unknown name that are told back.
const TOLD_BACK: usize = 40;

/// Decodes one frame. `{}` is a heartbeat.
///
/// # Errors
/// [`Undecodable`] when the bytes are no JSON object, or its envelope cannot be read. A command
/// that can be read but not executed is `Ok` and carries its [`InvalidRequest`].
pub fn decode(text: &[u8]) -> Result<Command, Undecodable> {
    let object: JsonObject =
        serde_json::from_slice(text).map_err(|problem| Undecodable::Json(problem.to_string()))?;
    if object.is_empty() {
        return Ok(Command {
            envelope: Envelope::default(),
            request: Ok(Request::Heartbeat),
        });
    }
    Ok(match read(object)? {
        (frame, None) => frame::command(frame),
        (frame, Some(problem)) => Command {
            envelope: frame::envelope(&frame),
            request: Err(problem),
        },
    })
}

/// Reads a frame, and what is wrong with its body if anything is.
pub(super) fn read(
    mut object: JsonObject,
) -> Result<(GenericCommand, Option<InvalidRequest>), Undecodable> {
    let mut message = DynamicMessage::new(schema::frame().clone());
    let command = take_name(&mut object, "cmd")?;
    let operation = take_name(&mut object, "op")?;
    let known = set_name(&mut message, "cmd", command.as_deref())
        & set_name(&mut message, "op", operation.as_deref());
    let rest = take_envelope(&mut message, object).map_err(Undecodable::Json)?;
    let problem = if known {
        set_body(&mut message, command.as_deref(), rest).err()
    } else {
        Some(unsupported(command, operation))
    };
    let frame = message.transcode_to().map_err(Undecodable::Protobuf)?;
    Ok((frame, problem))
}

fn take_name(object: &mut JsonObject, key: &str) -> Result<Option<String>, Undecodable> {
    match object.remove(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(name)) => Ok(Some(name)),
        Some(_) => Err(Undecodable::Json(format!("{key} is not text"))),
    }
}

/// Sets the command or the operation and tells whether its name is known.
fn set_name(message: &mut DynamicMessage, key: &str, name: Option<&str>) -> bool {
    let Some(name) = name else {
        return true;
    };
    let field = schema::frame().get_field_by_name(key);
    let Some((field, number)) = field.and_then(|field| {
        let number = number_of(field.kind().as_enum()?, name)?;
        Some((field, number))
    }) else {
        return false;
    };
    message.set_field(&field, Value::EnumNumber(number));
    true
}

fn number_of(known: &EnumDescriptor, name: &str) -> Option<i32> {
    known
        .get_value_by_name(&name.replace('-', "_"))
        .map(|value| value.number())
}

fn unsupported(command: Option<String>, operation: Option<String>) -> InvalidRequest {
    let told = |name: Option<String>| {
        name.map_or_else(
            || "none".to_owned(),
            |name| name.chars().take(TOLD_BACK).collect(),
        )
    };
    InvalidRequest::Unsupported {
        command: told(command),
        operation: told(operation),
    }
}

/// Sets the fields of the envelope and returns the others, which are the body's.
fn take_envelope(message: &mut DynamicMessage, object: JsonObject) -> Result<JsonObject, String> {
    let mut rest = JsonObject::new();
    for (key, json) in object {
        // The .NET client's word for it.
        let name = if key == "level" { "priority" } else { &key };
        match schema::frame().get_field_by_name(name) {
            Some(field) if field.kind().as_message().is_none() => {
                if !json.is_null() {
                    message.set_field(&field, value(&field, json)?);
                }
            }
            _ => {
                rest.insert(key, json);
            }
        }
    }
    Ok(rest)
}

/// Sets the body of a command that has one.
fn set_body(
    message: &mut DynamicMessage,
    command: Option<&str>,
    object: JsonObject,
) -> Result<(), InvalidRequest> {
    let name = format!("{}Message", command.unwrap_or("session"));
    let Some(field) = schema::frame().get_field_by_name(&name) else {
        return Ok(());
    };
    let Kind::Message(descriptor) = field.kind() else {
        return Ok(());
    };
    let body = body_of(&descriptor, object).map_err(|problem| InvalidRequest::Malformed {
        field: "frame",
        problem,
        target: target_of(message),
    })?;
    message.set_field(&field, Value::Message(body));
    Ok(())
}

fn target_of(message: &DynamicMessage) -> Target {
    let number = |name| {
        message
            .get_field_by_name(name)
            .and_then(|value| value.as_enum_number())
    };
    match number("cmd").map_or(Ok(CommandType::Session), CommandType::try_from) {
        Ok(CommandType::Direct) => Target::Message,
        Ok(CommandType::Logs) => Target::History,
        Ok(CommandType::Ack | CommandType::Read) => Target::Unanswered,
        Ok(CommandType::Patch) if number("op") == Some(OpType::Modified as i32) => {
            Target::Unanswered
        }
        Ok(CommandType::Patch) => Target::Patch,
        Ok(CommandType::Conv) if number("op") == Some(OpType::Query as i32) => Target::Query,
        Ok(CommandType::Conv) => Target::Conversation,
        // Needs no session, like everything that is refused before one is looked for.
        _ => Target::Session,
    }
}

fn body_of(
    descriptor: &MessageDescriptor,
    mut object: JsonObject,
) -> Result<DynamicMessage, String> {
    bytes_to_their_place(descriptor, &mut object);
    let mut message = DynamicMessage::new(descriptor.clone());
    for (key, json) in object {
        // A slip of the .NET client.
        let name = if key == "meintonPids" {
            "mentionPids"
        } else {
            &key
        };
        if let Some(field) = descriptor.get_field_by_name(name)
            && !json.is_null()
        {
            message.set_field(&field, value(&field, json)?);
        }
    }
    Ok(message)
}

/// Content marked `bin` is base64 in whichever field it stands.
fn bytes_to_their_place(descriptor: &MessageDescriptor, object: &mut JsonObject) {
    let Some(text) = schema::text_beside_binary(descriptor) else {
        return;
    };
    if object.remove("bin").as_ref().and_then(truth) == Some(true)
        && let Some(content) = object.remove(text)
    {
        object.entry(schema::BINARY).or_insert(content);
    }
}

/// Reads the value of a field, or says what it is not.
fn value(field: &FieldDescriptor, json: Json) -> Result<Value, String> {
    if !field.is_list() {
        return item(field, json);
    }
    let Json::Array(items) = json else {
        return Err(format!("{} is not a list", field.name()));
    };
    items
        .into_iter()
        .map(|json| item(field, json))
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn item(field: &FieldDescriptor, json: Json) -> Result<Value, String> {
    let (read, expected) = match field.kind() {
        Kind::Bool => (truth(&json).map(Value::Bool), "true or false"),
        Kind::Int32 => (number(field, &json).map(Value::I32), "a 32-bit integer"),
        Kind::Int64 => (integer(&json).map(Value::I64), "an integer"),
        Kind::Bytes => (bytes(&json).map(Value::Bytes), "base64"),
        Kind::Enum(known) => (choice(&known, &json).map(Value::EnumNumber), "a known name"),
        Kind::String => match json {
            Json::String(text) => (Some(Value::String(text)), "text"),
            _ => (None, "text"),
        },
        Kind::Message(descriptor) if schema::is_inlined(&descriptor) => {
            let mut inlined = DynamicMessage::new(descriptor);
            inlined.set_field_by_name("data", Value::String(json.to_string()));
            (Some(Value::Message(inlined)), "JSON")
        }
        Kind::Message(descriptor) => match json {
            Json::Object(object) => {
                return body_of(&descriptor, object).map(Value::Message);
            }
            _ => (None, "an object"),
        },
        Kind::Double
        | Kind::Float
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64 => (None, "of a type of the schema"),
    };
    read.ok_or_else(|| format!("{} is not {expected}", field.name()))
}

/// The .NET client sends numbers where it means yes and no.
fn truth(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// The direction of history is a number in the schema and a name in JSON.
fn number(field: &FieldDescriptor, json: &Json) -> Option<i32> {
    match json {
        Json::String(name) if field.name() == "direction" => match name.as_str() {
            "OLD" => Some(1),
            "NEW" => Some(2),
            _ => None,
        },
        _ => integer(json).and_then(|number| number.try_into().ok()),
    }
}

/// Some encoders write whole numbers with a fraction or an exponent.
fn integer(json: &Json) -> Option<i64> {
    /// The integers a double can tell apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let Json::Number(number) = json else {
        return None;
    };
    number.as_i64().or_else(|| {
        number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)
            .map(|float| float as i64)
    })
}

/// The .NET client's encoder writes bytes as a list of numbers.
fn bytes(json: &Json) -> Option<Bytes> {
    match json {
        Json::String(text) => STANDARD.decode(text).ok().map(Bytes::from),
        Json::Array(items) => items
            .iter()
            .map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
            .collect::<Option<Vec<u8>>>()
            .map(Bytes::from),
        _ => None,
    }
}

fn choice(known: &EnumDescriptor, json: &Json) -> Option<i32> {
    match json {
        Json::String(name) => number_of(known, name),
        _ => integer(json).and_then(|number| number.try_into().ok()),
    }
}
