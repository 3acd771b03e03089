//! The columns of a conversation as a client writes them: pure functions over JSON.
//!
//! **Invariant:** a request is applied whole or not at all, and what it produces can be
//! stored and read back.

use parlor_model::{AttributeChange, IdError, JsonObject};
use parlor_store::conversation::Columns;
use serde_json::{Map, Number, Value};

/// Columns that the server keeps; clients cannot write them (spec 02 §2).
const RESERVED: [&str; 13] = [
    "objectId",
    "createdAt",
    "updatedAt",
    "c",
    "m",
    "mu",
    "lm",
    "tr",
    "sys",
    "unique",
    "uniqueId",
    "ACL",
    "className",
];

/// Bytes of all columns together, as JSON. Rows are read whole by every query.
const MAX_BYTES: usize = 256 * 1024;

/// Levels of nesting in a column; the JSON parser that reads rows back stops at 128.
const MAX_DEPTH: usize = 64;

/// Why an attribute cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// The column belongs to the server.
    #[error("column {0} cannot be written")]
    Reserved(String),
    /// The key is no column name or path.
    #[error(
        "key {0:?} is invalid: a column name starts with a letter, then letters, digits or _, \
         and paths join names with dots"
    )]
    Key(String),
    /// A key and a path below it in one request.
    #[error("key {0} and a path below it cannot be written together")]
    Overlap(String),
    /// The column has a fixed type.
    #[error("column {column} must be {expected}")]
    Type {
        /// The column.
        column: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The column holds something that no client can be.
    #[error("column {column}: {cause}")]
    Client {
        /// The column.
        column: String,
        /// What is wrong with the id.
        #[source]
        cause: IdError,
    },
    /// The operation does not fit the value that is there.
    #[error("operation {operation} cannot be applied to {key}: {problem}")]
    Operation {
        /// The operation's name.
        operation: String,
        /// The key it was for.
        key: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// Text with a NUL character, which PostgreSQL cannot store.
    #[error("{0} contains a NUL character")]
    Nul(String),
    /// Nested too deeply.
    #[error("{0} is nested more than {MAX_DEPTH} levels deep")]
    Depth(String),
    /// Too large in all.
    #[error("columns are larger than {MAX_BYTES} bytes together")]
    Size,
}

/// Turns the attributes of a new conversation into its columns. Keys that the server keeps are
/// dropped, as SDKs may echo them.
pub(crate) fn initial(attributes: JsonObject) -> Result<Columns, ColumnError> {
    let mut columns = Columns {
        name: None,
        attr: None,
        extra: Map::new(),
    };
    for (key, value) in attributes {
        if is_reserved(&key) {
            continue;
        }
        check_name(&key, &key)?;
        set_column(&mut columns, &key, value)?;
    }
    check(&columns)?;
    Ok(columns)
}

/// Turns the columns of a row that the app's server creates into those that are stored: values,
/// and operations on nothing (spec 03 §3.2). Paths are for updates only.
pub(crate) fn created(requested: JsonObject) -> Result<Columns, ColumnError> {
    if let Some(path) = requested.keys().find(|key| key.contains('.')) {
        return Err(ColumnError::Key(path.clone()));
    }
    let nothing = Columns {
        name: None,
        attr: None,
        extra: Map::new(),
    };
    apply_all(&nothing, requested).map(|(columns, _)| columns)
}

/// Applies an update by a client to the columns (spec 02 §3.6).
pub(crate) fn apply(
    columns: &Columns,
    requested: JsonObject,
) -> Result<(Columns, AttributeChange), ColumnError> {
    for key in requested.keys() {
        let name = key.split('.').next().unwrap_or(key);
        if is_reserved(name) {
            return Err(ColumnError::Reserved(name.to_owned()));
        }
    }
    apply_all(columns, requested)
}

/// Applies an update to the columns, whoever makes it.
pub(crate) fn apply_all(
    columns: &Columns,
    requested: JsonObject,
) -> Result<(Columns, AttributeChange), ColumnError> {
    let mut changed = columns.clone();
    let mut resolved = Map::new();
    let mut modified = Map::new();
    check_overlap(&requested)?;
    for (key, value) in &requested {
        let path = path_of(key)?;
        let mut column = column_of(&changed, path[0]);
        let result = write(&mut column, key, &path, value)?;
        resolved.insert(key.clone(), result.unwrap_or(Value::Null));
        set_column(&mut changed, path[0], column.unwrap_or(Value::Null))?;
    }
    check(&changed)?;
    for key in requested.keys() {
        let name = key.split('.').next().unwrap_or(key);
        if let Some(value) = column_of(&changed, name) {
            modified.insert(name.to_owned(), value);
        }
    }
    let change = AttributeChange {
        requested,
        resolved,
        modified,
    };
    Ok((changed, change))
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Tells whether a key is a path into a column that the server keeps; there is nothing inside.
pub(super) fn is_path_into_reserved(key: &str) -> bool {
    key.split_once('.')
        .is_some_and(|(name, _)| is_reserved(name))
}

fn check_name(name: &str, key: &str) -> Result<(), ColumnError> {
    let mut characters = name.chars();
    let valid = characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if valid {
        Ok(())
    } else {
        Err(ColumnError::Key(key.to_owned()))
    }
}

fn path_of(key: &str) -> Result<Vec<&str>, ColumnError> {
    let path: Vec<&str> = key.split('.').collect();
    check_name(path[0], key)?;
    // Below a column any key is fine except what would be ambiguous in a query.
    if path[1..]
        .iter()
        .any(|part| part.is_empty() || part.contains('$'))
    {
        return Err(ColumnError::Key(key.to_owned()));
    }
    if path.len() > MAX_DEPTH {
        return Err(ColumnError::Depth(key.to_owned()));
    }
    Ok(path)
}

fn check_overlap(requested: &JsonObject) -> Result<(), ColumnError> {
    for key in requested.keys() {
        let mut parent = key.as_str();
        while let Some((shorter, _)) = parent.rsplit_once('.') {
            parent = shorter;
            if requested.contains_key(parent) {
                return Err(ColumnError::Overlap(parent.to_owned()));
            }
        }
    }
    Ok(())
}

fn column_of(columns: &Columns, name: &str) -> Option<Value> {
    match name {
        "name" => columns.name.clone().map(Value::String),
        "attr" => columns.attr.clone().map(Value::Object),
        _ => columns.extra.get(name).cloned(),
    }
}

fn set_column(columns: &mut Columns, name: &str, value: Value) -> Result<(), ColumnError> {
    let wrong_type = |expected| ColumnError::Type {
        column: name.to_owned(),
        expected,
    };
    match (name, value) {
        ("name", Value::Null) => columns.name = None,
        ("name", Value::String(text)) => columns.name = Some(text),
        ("name", _) => return Err(wrong_type("a string")),
        ("attr", Value::Null) => columns.attr = None,
        ("attr", Value::Object(object)) => columns.attr = Some(object),
        ("attr", _) => return Err(wrong_type("an object")),
        (_, Value::Null) => {
            columns.extra.remove(name);
        }
        (_, value) => {
            columns.extra.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// Writes one key into its column and returns the value now at the key, `None` when deleted.
fn write(
    column: &mut Option<Value>,
    key: &str,
    path: &[&str],
    value: &Value,
) -> Result<Option<Value>, ColumnError> {
    let Some((last, parents)) = path[1..].split_last() else {
        *column = resulting(column.take(), key, value)?;
        return Ok(column.clone());
    };
    let mut object = column.get_or_insert_with(|| Value::Object(Map::new()));
    for part in parents {
        object = as_object(object, key)?
            .entry((*part).to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
    }
    let object = as_object(object, key)?;
    let result = resulting(object.get(*last).cloned(), key, value)?;
    match &result {
        Some(value) => object.insert((*last).to_owned(), value.clone()),
        None => object.remove(*last),
    };
    Ok(result)
}

fn as_object<'a>(
    value: &'a mut Value,
    key: &str,
) -> Result<&'a mut Map<String, Value>, ColumnError> {
    value.as_object_mut().ok_or_else(|| ColumnError::Operation {
        operation: "Set".to_owned(),
        key: key.to_owned(),
        problem: "a value on the path is no object",
    })
}

/// Returns what a key holds after a plain value or an operation is applied to it.
pub(crate) fn resulting(
    present: Option<Value>,
    key: &str,
    value: &Value,
) -> Result<Option<Value>, ColumnError> {
    let Some(operation) = value
        .as_object()
        .and_then(|object| object.get("__op"))
        .and_then(Value::as_str)
    else {
        return Ok(Some(value.clone()));
    };
    let refuse = |problem| ColumnError::Operation {
        operation: operation.to_owned(),
        key: key.to_owned(),
        problem,
    };
    match operation {
        "Delete" => Ok(None),
        "Increment" => add_number(present, &value["amount"], 1)
            .map_err(refuse)
            .map(Some),
        "Decrement" => add_number(present, &value["amount"], -1)
            .map_err(refuse)
            .map(Some),
        "Add" | "AddUnique" | "Remove" => {
            let objects = value["objects"]
                .as_array()
                .ok_or_else(|| refuse("objects must be an array"))?;
            let mut items = match present {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(items)) => items,
                Some(_) => return Err(refuse("the value is no array")),
            };
            match operation {
                "Add" => items.extend(objects.iter().cloned()),
                "AddUnique" => {
                    for object in objects {
                        if !items.contains(object) {
                            items.push(object.clone());
                        }
                    }
                }
                _ => items.retain(|item| !objects.contains(item)),
            }
            Ok(Some(Value::Array(items)))
        }
        "BitAnd" | "BitOr" | "BitXor" => {
            let operand = value["value"]
                .as_i64()
                .ok_or_else(|| refuse("value must be an integer"))?;
            let number = match present {
                None | Some(Value::Null) => 0,
                Some(present) => present
                    .as_i64()
                    .ok_or_else(|| refuse("the value is no integer"))?,
            };
            let result = match operation {
                "BitAnd" => number & operand,
                "BitOr" => number | operand,
                _ => number ^ operand,
            };
            Ok(Some(Value::from(result)))
        }
        "Batch" => {
            let operations = value["ops"]
                .as_array()
                .ok_or_else(|| refuse("ops must be an array"))?;
            let mut present = present;
            for operation in operations {
                if operation.get("__op").and_then(Value::as_str) == Some("Batch") {
                    return Err(refuse("a batch holds no batches"));
                }
                present = resulting(present, key, operation)?;
            }
            Ok(present)
        }
        _ => Err(refuse("no such operation here")),
    }
}

fn add_number(present: Option<Value>, amount: &Value, sign: i64) -> Result<Value, &'static str> {
    let present = match present {
        None | Some(Value::Null) => Value::from(0),
        Some(present) => present,
    };
    if let (Some(number), Some(amount)) = (present.as_i64(), amount.as_i64())
        && let Some(sum) = amount
            .checked_mul(sign)
            .and_then(|amount| number.checked_add(amount))
    {
        return Ok(Value::from(sum));
    }
    let number = present.as_f64().ok_or("the value is no number")?;
    let amount = amount.as_f64().ok_or("amount must be a number")?;
    #[expect(clippy::cast_precision_loss, reason = "sign is 1 or -1")]
    let sum = number + amount * sign as f64;
    Number::from_f64(sum)
        .map(Value::Number)
        .ok_or("the result is no finite number")
}

/// Checks that the columns can be stored and read back.
fn check(columns: &Columns) -> Result<(), ColumnError> {
    if columns
        .name
        .as_deref()
        .is_some_and(|name| name.contains('\0'))
    {
        return Err(ColumnError::Nul("name".to_owned()));
    }
    let mut bytes = columns.name.as_deref().map_or(0, str::len);
    if let Some(attr) = &columns.attr {
        for (key, value) in attr {
            bytes += check_value(value, "attr", 2)? + check_text(key, "attr")?;
        }
    }
    for (key, value) in &columns.extra {
        bytes += check_value(value, key, 1)? + key.len();
    }
    if bytes > MAX_BYTES {
        return Err(ColumnError::Size);
    }
    Ok(())
}

/// Checks a value and returns roughly its size in bytes.
fn check_value(value: &Value, column: &str, depth: usize) -> Result<usize, ColumnError> {
    if depth > MAX_DEPTH {
        return Err(ColumnError::Depth(column.to_owned()));
    }
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(8),
        Value::String(text) => check_text(text, column),
        Value::Array(items) => items.iter().try_fold(2, |bytes, item| {
            Ok(bytes + check_value(item, column, depth + 1)?)
        }),
        Value::Object(object) => object.iter().try_fold(2, |bytes, (key, item)| {
            Ok(bytes + check_text(key, column)? + check_value(item, column, depth + 1)?)
        }),
    }
}

fn check_text(text: &str, column: &str) -> Result<usize, ColumnError> {
    if text.contains('\0') {
        return Err(ColumnError::Nul(column.to_owned()));
    }
    Ok(text.len() + 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> JsonObject {
        let Value::Object(object) = value else {
            panic!("{value} is no object");
        };
        object
    }

    fn columns(value: Value) -> Columns {
        initial(object(value)).unwrap()
    }

    #[test]
    fn c33_an_update_resolves_operations_and_returns_whole_columns() {
        let before = columns(json!({"name": "o", "attr": {"del": 1, "keep": 2, "arr": ["y"]}}));
        let (after, change) = apply(
            &before,
            object(json!({
                "name": "n",
                "attr.a": 1,
                "attr.del": {"__op": "Delete"},
                "attr.arr": {"__op": "Add", "objects": ["z"]}
            })),
        )
        .unwrap();
        assert_eq!(
            Value::Object(change.modified),
            json!({"name": "n", "attr": {"a": 1, "keep": 2, "arr": ["y", "z"]}})
        );
        assert_eq!(
            Value::Object(change.resolved),
            json!({"name": "n", "attr.a": 1, "attr.del": null, "attr.arr": ["y", "z"]})
        );
        assert_eq!(after.name.as_deref(), Some("n"));
    }

    #[test]
    fn c35_reserved_and_overlapping_keys_are_refused() {
        let before = columns(json!({}));
        assert_eq!(
            apply(&before, object(json!({"c": "x"}))),
            Err(ColumnError::Reserved("c".to_owned()))
        );
        assert_eq!(
            apply(&before, object(json!({"attr": {}, "attr.a": 1}))),
            Err(ColumnError::Overlap("attr".to_owned()))
        );
        assert_eq!(
            apply(&before, object(json!({"x.a": 1, "x.a.b.c": 1}))),
            Err(ColumnError::Overlap("x.a".to_owned()))
        );
    }

    #[test]
    fn numbers_add_up_and_overflow_into_floats() {
        let before = columns(json!({"n": i64::MAX, "k": 1}));
        let (after, _) = apply(
            &before,
            object(json!({
                "n": {"__op": "Increment", "amount": 1},
                "k": {"__op": "Decrement", "amount": 3},
                "new": {"__op": "Increment", "amount": 2.5}
            })),
        )
        .unwrap();
        assert_eq!(after.extra["k"], json!(-2));
        assert_eq!(after.extra["new"], json!(2.5));
        assert!(after.extra["n"].is_f64());
    }

    #[test]
    fn a_refused_operation_names_key_and_problem() {
        let before = columns(json!({"k": "text"}));
        let error = apply(
            &before,
            object(json!({"k": {"__op": "AddUnique", "objects": [1]}})),
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "operation AddUnique cannot be applied to k: the value is no array"
        );
    }

    #[test]
    fn what_cannot_be_read_back_is_refused() {
        let before = columns(json!({}));
        let path = format!("attr{}", ".a".repeat(MAX_DEPTH + 1));
        assert!(matches!(
            apply(&before, object(json!({path: 1}))),
            Err(ColumnError::Depth(_))
        ));
        assert!(matches!(
            apply(&before, object(json!({"k": "a\0b"}))),
            Err(ColumnError::Nul(_))
        ));
        assert!(matches!(
            apply(&before, object(json!({"k": "x".repeat(MAX_BYTES)}))),
            Err(ColumnError::Size)
        ));
        assert!(matches!(
            apply(&before, object(json!({"attr": 3}))),
            Err(ColumnError::Type { .. })
        ));
    }
}
