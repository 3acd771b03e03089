//! What a [`Filter`] means, said a second time over plain JSON: the measure for the SQL.

use std::cmp::Ordering;

use parlor_model::{ClientId, Conversation, ConversationKind, Timestamp};
use serde_json::{Value, json};

use super::field::{ClientsColumn, Field, FlagColumn, JsonRoot, TextColumn, TimeColumn};
use super::filter::{Bound, Comparison, Condition, Filter, Operand, Test};

/// A conversation with everything a condition can ask about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) conversation: Conversation,
    pub(super) members: Vec<String>,
    pub(super) muted: Vec<String>,
    pub(super) last_message_at: Option<Timestamp>,
}

impl Subject {
    /// Tells whether the conversation passes the filter.
    pub(super) fn passes(&self, filter: &Filter) -> bool {
        self.holds(&filter.root)
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.holds(part)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Condition::Not(part) => !self.holds(part),
            Condition::Test(field, Test::AllOf(operands)) => {
                !operands.is_empty()
                    && operands.iter().all(|operand| {
                        let test = Test::OneOf(vec![operand.clone()]);
                        self.holds(&Condition::Test(field.clone(), test))
                    })
            }
            Condition::Test(field, test) => self.value(field).passes(test),
        }
    }

    /// Returns the value as the row shows it, absent ones as `null`.
    fn value(&self, field: &Field) -> Held {
        let conversation = &self.conversation;
        let date = |at: Timestamp| json!({"__type": "Date", "iso": at.to_iso()});
        let (value, also) = match field {
            Field::Text(TextColumn::Id) => (json!(conversation.id.as_str()), None),
            Field::Text(TextColumn::Name) => (json!(conversation.name), None),
            Field::Text(TextColumn::Creator) => {
                let creator = conversation.creator.as_ref().map(ClientId::as_str);
                (json!(creator), None)
            }
            Field::Text(TextColumn::UniqueId) => (json!(conversation.unique_id), None),
            Field::Time(TimeColumn::Created) => (date(conversation.created_at), None),
            Field::Time(TimeColumn::Updated) => (date(conversation.updated_at), None),
            // What was said last in a service conversation depends on who asks.
            Field::Time(TimeColumn::LastMessage) => {
                let at = match conversation.kind {
                    ConversationKind::Service => None,
                    ConversationKind::Normal
                    | ConversationKind::ChatRoom
                    | ConversationKind::Temporary => self.last_message_at,
                };
                (json!(at.map(date)), None)
            }
            Field::Flag(column) => {
                let flag = match column {
                    FlagColumn::ChatRoom => conversation.kind == ConversationKind::ChatRoom,
                    FlagColumn::Service => conversation.kind == ConversationKind::Service,
                    FlagColumn::Unique => conversation.unique_id.is_some(),
                };
                if flag {
                    (json!(true), None)
                } else {
                    (Value::Null, Some(json!(false)))
                }
            }
            Field::Clients(ClientsColumn::Members) => (json!(self.members), None),
            // Shown only when somebody is in it, but still a list for who asks its length.
            Field::Clients(ClientsColumn::Muted) if self.muted.is_empty() => {
                (Value::Null, Some(json!([])))
            }
            Field::Clients(ClientsColumn::Muted) => (json!(self.muted), None),
            Field::Json(path) => {
                let root = match path.root {
                    JsonRoot::Attr => conversation.attr.clone().map(Value::Object),
                    JsonRoot::Extra => Some(Value::Object(conversation.extra.clone())),
                };
                let value = path
                    .keys
                    .iter()
                    .try_fold(root.unwrap_or_default(), |value, key| step(&value, key));
                (value.unwrap_or_default(), None)
            }
        };
        Held { value, also }
    }
}

fn step(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Object(object) => object.get(key).cloned(),
        Value::Array(items) => {
            let index: i64 = key.parse().ok()?;
            let length = i64::try_from(items.len()).ok()?;
            let index = if index < 0 { index + length } else { index };
            items.get(usize::try_from(index).ok()?).cloned()
        }
        _ => None,
    }
}

struct Held {
    value: Value,
    /// A second value that it equals and is measured by.
    also: Option<Value>,
}

impl Held {
    fn passes(&self, test: &Test) -> bool {
        match test {
            Test::OneOf(operands) => operands.iter().any(|operand| {
                equals(&self.value, operand)
                    || self
                        .also
                        .as_ref()
                        .is_some_and(|value| equals(value, operand))
                    || self.elements().iter().any(|value| equals(value, operand))
            }),
            Test::AllOf(_) => false,
            Test::Compare(comparison, bound) => self
                .candidates()
                .iter()
                .filter_map(|value| order(value, bound))
                .any(|order| match comparison {
                    Comparison::Less => order.is_lt(),
                    Comparison::AtMost => order.is_le(),
                    Comparison::AtLeast => order.is_ge(),
                    Comparison::Greater => order.is_gt(),
                }),
            Test::Exists => !self.value.is_null(),
            Test::Size(size) => [Some(&self.value), self.also.as_ref()]
                .into_iter()
                .flatten()
                .filter_map(Value::as_array)
                .any(|items| i64::try_from(items.len()) == Ok(*size)),
            Test::Matches(pattern) => {
                let pattern = fancy_regex::Regex::new(&pattern.translated).unwrap();
                self.candidates()
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|text| pattern.is_match(text).unwrap())
            }
        }
    }

    fn elements(&self) -> &[Value] {
        self.value.as_array().map_or(&[], Vec::as_slice)
    }

    fn candidates(&self) -> &[Value] {
        match &self.value {
            Value::Array(items) => items,
            value => std::slice::from_ref(value),
        }
    }
}

fn equals(value: &Value, operand: &Operand) -> bool {
    match operand {
        Operand::Date(at) => moment(value) == Some(at.to_iso()),
        Operand::Json(operand) => same(value, operand),
    }
}

/// Compares JSON, numbers by what they are worth.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        (left, right) => left == right,
    }
}

fn order(value: &Value, bound: &Bound) -> Option<Ordering> {
    match bound {
        Bound::Number(number) => value.as_f64()?.partial_cmp(&number.as_f64()?),
        Bound::Text(text) => Some(value.as_str()?.cmp(text)),
        Bound::Date(at) => Some(moment(value)?.cmp(&at.to_iso())),
    }
}

/// Returns the moment of a stored Date, spelled the one way.
fn moment(value: &Value) -> Option<String> {
    if value.get("__type")?.as_str()? != "Date" {
        return None;
    }
    let iso = value.get("iso")?.as_str()?;
    iso.strip_suffix('Z')?;
    Some(Timestamp::from_iso(iso).ok()?.to_iso())
}
