//! The rules for single fields that every command shares.
//!
//! **Invariant:** an empty text and a zero time are "not given" (spec 02 §1.12), and nothing
//! leaves here that PostgreSQL cannot store, which is to say a NUL in text or JSON.

use parlor_model::{ClientId, ConversationId, JsonObject, MessageId, Timestamp};
use serde_json::Value;

use crate::proto::{CommandType, JsonObjectMessage, OpType};
use crate::request::{InvalidRequest, Signature, Target};

pub(crate) fn unsupported(command: i32, operation: Option<i32>) -> InvalidRequest {
    InvalidRequest::Unsupported {
        command: CommandType::try_from(command).map_or_else(
            |_| command.to_string(),
            |known| known.as_str_name().to_owned(),
        ),
        operation: operation.map_or_else(
            || "none".to_owned(),
            |number| {
                OpType::try_from(number).map_or_else(
                    |_| number.to_string(),
                    |known| known.as_str_name().to_owned(),
                )
            },
        ),
    }
}

pub(crate) fn malformed(
    field: &'static str,
    problem: impl Into<String>,
    target: Target,
) -> InvalidRequest {
    InvalidRequest::Malformed {
        field,
        problem: problem.into(),
        target,
    }
}

pub(crate) fn missing(field: &'static str, target: Target) -> InvalidRequest {
    InvalidRequest::Missing { field, target }
}

/// Returns a text unless it is absent or empty.
pub(crate) fn text(
    field: &'static str,
    value: Option<String>,
    target: Target,
) -> Result<Option<String>, InvalidRequest> {
    match value {
        Some(text) if text.contains('\0') => {
            Err(malformed(field, "contains a NUL character", target))
        }
        Some(text) if !text.is_empty() => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// Returns the conversation a command cannot do without.
pub(crate) fn conversation_id(
    value: Option<&str>,
    target: Target,
) -> Result<ConversationId, InvalidRequest> {
    named_conversation_id("cid", value, target)
}

/// Returns the conversation a command cannot do without, from a field of another name.
pub(crate) fn named_conversation_id(
    field: &'static str,
    value: Option<&str>,
    target: Target,
) -> Result<ConversationId, InvalidRequest> {
    match value {
        None | Some("") => Err(missing(field, target)),
        Some(id) => ConversationId::parse(id)
            .map_err(|problem| malformed(field, problem.to_string(), target)),
    }
}

/// Returns several conversations; empty texts among them are skipped.
pub(crate) fn conversation_ids(
    field: &'static str,
    values: &[String],
    target: Target,
) -> Result<Vec<ConversationId>, InvalidRequest> {
    values
        .iter()
        .filter(|id| !id.is_empty())
        .map(|id| {
            ConversationId::parse(id)
                .map_err(|problem| malformed(field, problem.to_string(), target))
        })
        .collect()
}

/// Returns the client a command works on.
pub(crate) fn client_id(
    field: &'static str,
    value: &str,
    target: Target,
) -> Result<ClientId, InvalidRequest> {
    ClientId::parse(value).map_err(|problem| malformed(field, problem.to_string(), target))
}

/// Returns the clients a command works on; one that is no id spoils the command.
pub(crate) fn client_ids(
    field: &'static str,
    values: &[String],
    target: Target,
) -> Result<Vec<ClientId>, InvalidRequest> {
    values
        .iter()
        .map(|id| client_id(field, id, target))
        .collect()
}

/// Returns the clients a command works on, of which there must be one at least.
pub(crate) fn some_client_ids(
    field: &'static str,
    values: &[String],
    target: Target,
) -> Result<Vec<ClientId>, InvalidRequest> {
    if values.is_empty() {
        return Err(missing(field, target));
    }
    client_ids(field, values, target)
}

/// Returns those of the texts that are client ids.
pub(crate) fn valid_client_ids(values: &[String]) -> Vec<ClientId> {
    values
        .iter()
        .filter_map(|id| ClientId::parse(id).ok())
        .collect()
}

/// Returns a message id; a text that cannot be one names no message of ours, so it counts as
/// not given.
pub(crate) fn message_id(value: Option<&str>) -> Option<MessageId> {
    value.and_then(|id| MessageId::parse(id).ok())
}

/// Returns a time unless it is absent or zero.
pub(crate) fn time(value: Option<i64>) -> Option<Timestamp> {
    value
        .filter(|millis| *millis != 0)
        .map(Timestamp::from_millis)
}

/// Returns a wish for so many; a negative one is none.
pub(crate) fn quantity(value: Option<i32>) -> Option<u32> {
    value.and_then(|wish| u32::try_from(wish).ok())
}

/// Returns the signature when there is one at all.
pub(crate) fn signature(
    signature: Option<String>,
    timestamp: Option<i64>,
    nonce: Option<String>,
) -> Option<Signature> {
    signature
        .filter(|hex| !hex.is_empty())
        .map(|signature| Signature {
            signature,
            timestamp: timestamp.unwrap_or_default(),
            nonce: nonce.unwrap_or_default(),
        })
}

/// Returns a JSON object unless it is absent or an empty text.
pub(crate) fn json_object(
    field: &'static str,
    value: Option<&JsonObjectMessage>,
    target: Target,
) -> Result<Option<JsonObject>, InvalidRequest> {
    match json(field, value, target)? {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(malformed(field, "is not a JSON object", target)),
    }
}

/// Returns a query's conditions; a list of them means all of them.
pub(crate) fn conditions(
    field: &'static str,
    value: Option<&JsonObjectMessage>,
    target: Target,
) -> Result<JsonObject, InvalidRequest> {
    match json(field, value, target)? {
        None => Ok(JsonObject::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(Value::Array(all)) => Ok(JsonObject::from_iter([(
            "$and".to_owned(),
            Value::Array(all),
        )])),
        Some(_) => Err(malformed(field, "is not a JSON object", target)),
    }
}

fn json(
    field: &'static str,
    value: Option<&JsonObjectMessage>,
    target: Target,
) -> Result<Option<Value>, InvalidRequest> {
    let Some(text) = value
        .map(|json| json.data.as_str())
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(text)
        .map_err(|problem| malformed(field, format!("is not JSON: {problem}"), target))?;
    if contains_nul(&value) {
        return Err(malformed(field, "contains a NUL character", target));
    }
    Ok(Some(value))
}

/// The depth is bounded by the parser's own limit.
fn contains_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(contains_nul),
        Value::Object(entries) => entries
            .iter()
            .any(|(key, value)| key.contains('\0') || contains_nul(value)),
    }
}
