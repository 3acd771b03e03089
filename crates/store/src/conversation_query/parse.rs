//! JSON `where` to [`Filter`].

use parlor_model::{JsonObject, Timestamp};
use serde_json::Value;

use super::field::Field;
use super::filter::{Bound, Comparison, Condition, Filter, FilterError, Operand, Test};
use super::regex::Pattern;

/// Levels of `$and`, `$or` and `$not`; deeper ones come from no SDK.
const MAX_DEPTH: usize = 16;

/// Conditions in all. Each costs the planner time, whatever the table's size.
const MAX_CLAUSES: usize = 200;

/// Values of one list: a page of ids, the most that one answer can hold.
const MAX_LIST: usize = 1000;

/// Operators that other classes understand; naming them tells the developer that the fault is
/// not a typing error.
const UNSUPPORTED: [&str; 16] = [
    "$select",
    "$dontSelect",
    "$inQuery",
    "$notInQuery",
    "$nearSphere",
    "$near",
    "$maxDistance",
    "$maxDistanceInMiles",
    "$maxDistanceInKilometers",
    "$maxDistanceInRadians",
    "$minDistanceInMiles",
    "$minDistanceInKilometers",
    "$minDistanceInRadians",
    "$within",
    "$geoWithin",
    "$relatedTo",
];

impl Filter {
    /// Reads a `where` document.
    ///
    /// # Errors
    /// [`FilterError`] naming the key and what would be right.
    pub fn from_object(document: &JsonObject) -> Result<Self, FilterError> {
        let root = Parser { clauses: 0 }.object(document, 0)?;
        Ok(Self { root })
    }

    /// Reads a `where` document that a test wrote.
    #[cfg(test)]
    pub(super) fn from_json(document: &Value) -> Result<Self, FilterError> {
        Self::from_object(document.as_object().expect("a test writes an object"))
    }
}

struct Parser {
    clauses: usize,
}

impl Parser {
    fn document(
        &mut self,
        operator: &str,
        document: &Value,
        depth: usize,
    ) -> Result<Condition, FilterError> {
        let object = document
            .as_object()
            .ok_or_else(|| FilterError::NotAnObject {
                operator: operator.to_owned(),
            })?;
        self.object(object, depth)
    }

    fn object(&mut self, object: &JsonObject, depth: usize) -> Result<Condition, FilterError> {
        check_depth(depth)?;
        let mut parts = Vec::with_capacity(object.len());
        for (key, value) in object {
            parts.push(match key.as_str() {
                "$and" => Condition::All(self.list_of_documents(key, value, depth)?),
                "$or" => Condition::Any(self.list_of_documents(key, value, depth)?),
                "$not" => Condition::Not(Box::new(self.document(key, value, depth + 1)?)),
                _ if key.starts_with('$') => return Err(not_an_operator("where", key)),
                _ => self.field(key, value, depth)?,
            });
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Condition::All(parts)
        })
    }

    fn list_of_documents(
        &mut self,
        operator: &str,
        value: &Value,
        depth: usize,
    ) -> Result<Vec<Condition>, FilterError> {
        let items = value.as_array().filter(|items| !items.is_empty());
        let items = items.ok_or_else(|| FilterError::Operand {
            key: "where".to_owned(),
            operator: operator.to_owned(),
            expected: "a list of at least one object of conditions",
        })?;
        items
            .iter()
            .map(|item| {
                self.clause()?;
                self.document(operator, item, depth + 1)
            })
            .collect()
    }

    fn field(&mut self, key: &str, value: &Value, depth: usize) -> Result<Condition, FilterError> {
        let field = Field::parse(key).map_err(|problem| FilterError::Key {
            key: key.to_owned(),
            problem,
        })?;
        if let Some(operators) = value.as_object() {
            let count = operators.keys().filter(|key| key.starts_with('$')).count();
            if count > 0 && count < operators.len() {
                return Err(FilterError::Mixed {
                    key: key.to_owned(),
                });
            }
            if count > 0 {
                return self.operators(key, &field, operators, depth);
            }
        }
        self.clause()?;
        let operand = operand(key, "value", value)?;
        Ok(Condition::Test(field, Test::OneOf(vec![operand])))
    }

    fn operators(
        &mut self,
        key: &str,
        field: &Field,
        operators: &JsonObject,
        depth: usize,
    ) -> Result<Condition, FilterError> {
        check_depth(depth)?;
        let mut parts = Vec::with_capacity(operators.len());
        for (operator, value) in operators {
            self.clause()?;
            let test = |test| Condition::Test(field.clone(), test);
            let not = |part| Condition::Not(Box::new(part));
            parts.push(match operator.as_str() {
                "$eq" => test(Test::OneOf(vec![operand(key, operator, value)?])),
                "$ne" => not(test(Test::OneOf(vec![operand(key, operator, value)?]))),
                "$in" => test(Test::OneOf(operands(key, operator, value)?)),
                "$nin" => not(test(Test::OneOf(operands(key, operator, value)?))),
                "$all" => test(Test::AllOf(operands(key, operator, value)?)),
                "$lt" => test(compare(key, operator, Comparison::Less, value)?),
                "$lte" => test(compare(key, operator, Comparison::AtMost, value)?),
                "$gte" => test(compare(key, operator, Comparison::AtLeast, value)?),
                "$gt" => test(compare(key, operator, Comparison::Greater, value)?),
                "$exists" => match truth(value) {
                    Some(true) => test(Test::Exists),
                    Some(false) => not(test(Test::Exists)),
                    None => return Err(wrong_operand(key, operator, "true or false")),
                },
                "$size" => {
                    test(Test::Size(size(value).ok_or_else(|| {
                        wrong_operand(key, operator, "a whole number from 0")
                    })?))
                }
                "$regex" => test(Test::Matches(pattern(key, value, operators)?)),
                "$options" if operators.contains_key("$regex") => continue,
                "$options" => {
                    return Err(wrong_operand(key, operator, "next to a $regex"));
                }
                "$not" => {
                    let inner = value.as_object().filter(|inner| {
                        !inner.is_empty() && inner.keys().all(|key| key.starts_with('$'))
                    });
                    let inner = inner
                        .ok_or_else(|| wrong_operand(key, operator, "an object of operators"))?;
                    not(self.operators(key, field, inner, depth + 1)?)
                }
                _ => return Err(not_an_operator(key, operator)),
            });
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Condition::All(parts)
        })
    }

    fn clause(&mut self) -> Result<(), FilterError> {
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            return Err(FilterError::Clauses { limit: MAX_CLAUSES });
        }
        Ok(())
    }
}

fn check_depth(depth: usize) -> Result<(), FilterError> {
    if depth > MAX_DEPTH {
        return Err(FilterError::Depth { limit: MAX_DEPTH });
    }
    Ok(())
}

fn not_an_operator(key: &str, operator: &str) -> FilterError {
    let key = key.to_owned();
    let operator = operator.to_owned();
    if UNSUPPORTED.contains(&operator.as_str()) {
        FilterError::UnsupportedOperator { key, operator }
    } else {
        FilterError::UnknownOperator { key, operator }
    }
}

fn wrong_operand(key: &str, operator: &str, expected: &'static str) -> FilterError {
    FilterError::Operand {
        key: key.to_owned(),
        operator: operator.to_owned(),
        expected,
    }
}

fn operands(key: &str, operator: &str, value: &Value) -> Result<Vec<Operand>, FilterError> {
    let items = value
        .as_array()
        .ok_or_else(|| wrong_operand(key, operator, "a list of values"))?;
    if items.len() > MAX_LIST {
        return Err(FilterError::List {
            key: key.to_owned(),
            operator: operator.to_owned(),
            limit: MAX_LIST,
        });
    }
    items
        .iter()
        .map(|item| operand(key, operator, item))
        .collect()
}

fn operand(key: &str, operator: &str, value: &Value) -> Result<Operand, FilterError> {
    if has_nul(value) {
        return Err(FilterError::Nul {
            key: key.to_owned(),
        });
    }
    Ok(match date(key, operator, value)? {
        Some(at) => Operand::Date(at),
        None => Operand::Json(value.clone()),
    })
}

fn compare(
    key: &str,
    operator: &str,
    comparison: Comparison,
    value: &Value,
) -> Result<Test, FilterError> {
    let bound = match (operand(key, operator, value)?, value) {
        (Operand::Date(at), _) => Bound::Date(at),
        (_, Value::Number(number)) => Bound::Number(number.clone()),
        (_, Value::String(text)) => Bound::Text(text.clone()),
        _ => return Err(wrong_operand(key, operator, "a number, a string or a Date")),
    };
    Ok(Test::Compare(comparison, bound))
}

fn pattern(key: &str, value: &Value, operators: &JsonObject) -> Result<Pattern, FilterError> {
    let pattern = value
        .as_str()
        .ok_or_else(|| wrong_operand(key, "$regex", "a string"))?;
    let options = match operators.get("$options") {
        None | Some(Value::Null) => "",
        Some(Value::String(options)) => options,
        Some(_) => return Err(wrong_operand(key, "$options", "a string")),
    };
    Pattern::parse(pattern, options).map_err(|error| FilterError::Pattern {
        key: key.to_owned(),
        problem: error.to_string(),
    })
}

fn date(key: &str, operator: &str, value: &Value) -> Result<Option<Timestamp>, FilterError> {
    if value.get("__type").and_then(Value::as_str) != Some("Date") {
        return Ok(None);
    }
    value
        .get("iso")
        .and_then(Value::as_str)
        .and_then(|iso| Timestamp::from_iso(iso).ok())
        .map(Some)
        .ok_or_else(|| {
            wrong_operand(
                key,
                operator,
                "a Date with an iso such as 2026-01-12T08:30:00.000Z",
            )
        })
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        // Old SDKs send numbers.
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        _ => None,
    }
}

fn size(value: &Value) -> Option<i64> {
    let size = match value.as_i64() {
        Some(size) => size,
        // Languages without integers send 2.0.
        None => value.as_f64().and_then(|size| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and at most a million"
            )]
            (size.fract() == 0.0 && (0.0..1e6).contains(&size)).then_some(size as i64)
        })?,
    };
    (size >= 0).then_some(size)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object
            .iter()
            .any(|(key, item)| key.contains('\0') || has_nul(item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(document: &Value) -> String {
        Filter::from_json(document).unwrap_err().to_string()
    }

    #[test]
    fn c28_and_wrapping_means_the_same() {
        let plain = Filter::from_json(&json!({"name": "x"})).unwrap();
        let Condition::All(parts) = Filter::from_json(&json!({"$and": [{"name": "x"}]}))
            .unwrap()
            .root
        else {
            panic!("expected a conjunction");
        };
        assert_eq!(parts, std::slice::from_ref(&plain.root));
    }

    #[test]
    fn every_refusal_names_the_key_and_the_fix() {
        for (document, expected) in [
            (json!({"a": {"$like": 1}}), "operator $like of a is unknown"),
            (json!({"$nor": []}), "operator $nor of where is unknown"),
            (
                json!({"loc": {"$nearSphere": {}}}),
                "operator $nearSphere of loc is not supported for conversations",
            ),
            (
                json!({"a": {"$inQuery": {}}}),
                "operator $inQuery of a is not supported for conversations",
            ),
            (
                json!({"a": {"$lt": 1, "b": 2}}),
                "a mixes operators with other keys; use either",
            ),
            (
                json!({"a": {"$in": 1}}),
                "$in of a must be a list of values",
            ),
            (
                json!({"a": {"$lt": true}}),
                "$lt of a must be a number, a string or a Date",
            ),
            (
                json!({"a": {"$gt": {"__type": "Date", "iso": "soon"}}}),
                "$gt of a must be a Date with an iso such as 2026-01-12T08:30:00.000Z",
            ),
            (
                json!({"a": {"$size": -1}}),
                "$size of a must be a whole number from 0",
            ),
            (
                json!({"a": {"$exists": "yes"}}),
                "$exists of a must be true or false",
            ),
            (
                json!({"a": {"$options": "i"}}),
                "$options of a must be next to a $regex",
            ),
            (
                json!({"a": {"$regex": "("}}),
                "$regex of a is refused: a group is not closed",
            ),
            (
                json!({"$or": {}}),
                "$or of where must be a list of at least one object of conditions",
            ),
            (json!({"$or": [1]}), "$or must hold objects of conditions"),
            (
                json!({"a..b": 1}),
                "key a..b cannot be used: it has an empty part",
            ),
            (json!({"": 1}), "key  cannot be used: it has an empty part"),
            (
                json!({"name.first": 1}),
                "key name.first cannot be used: this column has no parts",
            ),
            (json!({"a": "x\0"}), "a value of a contains a NUL character"),
        ] {
            assert_eq!(refusal(&document), expected);
        }
    }

    #[test]
    fn limits_hold_on_depth_clauses_and_lists() {
        let mut deep = json!({"a": 1});
        for _ in 0..=MAX_DEPTH {
            deep = json!({"$and": [deep]});
        }
        assert!(refusal(&deep).contains("levels deep"));
        let mut deep = json!({"$gt": 1});
        for _ in 0..=MAX_DEPTH {
            deep = json!({"$not": deep});
        }
        assert!(refusal(&json!({"a": deep})).contains("levels deep"));
        let many = vec![json!({"a": 1}); MAX_CLAUSES];
        assert!(refusal(&json!({"$or": many})).contains("conditions"));
        let long = vec![json!(1); MAX_LIST + 1];
        assert_eq!(
            refusal(&json!({"a": {"$nin": long}})),
            "$nin of a has more than 1000 values"
        );
    }
}
