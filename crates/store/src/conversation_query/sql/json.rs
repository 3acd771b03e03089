//! Tests on a path into a column of JSON.

use parlor_model::Timestamp;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};

use super::super::field::{JsonPath, JsonRoot};
use super::super::filter::{Bound, Operand, Test};
use super::operand::{dates, has_null, push_matches, sign};

/// The moment of a stored Date as text that sorts by time; NULL for everything else. `e.value`
/// is the JSON. Digits below a millisecond are cut off, as they are everywhere.
const DATE_TEXT: &str = r#"
    (CASE
        WHEN e.value ->> '__type' = 'Date'
         AND e.value ->> 'iso'
             ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$'
        THEN left(e.value ->> 'iso', 19) || '.'
             || rpad(left(split_part(rtrim(e.value ->> 'iso', 'Z'), '.', 2), 3), 3, '0') || 'Z'
    END COLLATE "C")"#;

/// Opens a test that holds when it holds for the value or for one element of an array.
const FOR_ANY_ELEMENT: &str =
    "EXISTS (SELECT FROM jsonb_path_query(held.value, '$[*]') AS e (value) WHERE ";

pub(super) fn push_json(query: &mut QueryBuilder<Postgres>, path: &JsonPath, test: &Test) {
    query.push("EXISTS (SELECT FROM (SELECT ");
    push_path(query, path);
    query.push(" AS value) AS held WHERE ");
    match test {
        Test::OneOf(operands) => push_json_one_of(query, operands),
        Test::Compare(comparison, bound) => {
            query.push(FOR_ANY_ELEMENT);
            match bound {
                Bound::Number(number) => {
                    query.push("jsonb_typeof(e.value) = 'number' AND e.value");
                    query.push(sign(*comparison));
                    query.push_bind(Value::Number(number.clone()));
                }
                Bound::Text(text) => {
                    query.push(
                        "jsonb_typeof(e.value) = 'string' AND (e.value #>> '{}') COLLATE \"C\"",
                    );
                    query.push(sign(*comparison)).push_bind(text.clone());
                }
                Bound::Date(at) => {
                    query.push(DATE_TEXT);
                    query.push(sign(*comparison)).push_bind(at.to_iso());
                }
            }
            query.push(")");
        }
        Test::Exists => {
            query.push("jsonb_typeof(held.value) <> 'null'");
        }
        Test::Size(size) => {
            query.push("CASE WHEN jsonb_typeof(held.value) = 'array' THEN jsonb_array_length(held.value) = ");
            query.push_bind(*size).push(" END");
        }
        Test::Matches(pattern) => {
            query.push(FOR_ANY_ELEMENT);
            query.push("jsonb_typeof(e.value) = 'string' AND (e.value #>> '{}')");
            push_matches(query, pattern);
            query.push(")");
        }
        Test::AllOf(_) => {
            query.push("FALSE");
        }
    }
    query.push(")");
}

fn push_json_one_of(query: &mut QueryBuilder<Postgres>, operands: &[Operand]) {
    let values: Vec<Value> = operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Json(value) => Some(value.clone()),
            Operand::Date(_) => None,
        })
        .collect();
    let dates: Vec<String> = dates(operands).into_iter().map(Timestamp::to_iso).collect();
    query.push("(held.value = ANY (");
    query.push_bind(values.clone()).push(") OR ");
    query.push(FOR_ANY_ELEMENT);
    query.push("e.value = ANY (");
    query.push_bind(values).push(")");
    if !dates.is_empty() {
        query.push(" OR ").push(DATE_TEXT).push(" = ANY (");
        query.push_bind(dates).push(")");
    }
    query.push(")");
    if has_null(operands) {
        query.push(" OR held.value IS NULL");
    }
    query.push(")");
}

/// Adds the JSON at the path, or NULL when nothing is there.
pub(super) fn push_path(query: &mut QueryBuilder<Postgres>, path: &JsonPath) {
    query.push("(");
    query.push(match path.root {
        JsonRoot::Attr => "c.attr",
        JsonRoot::Extra => "c.extra",
    });
    if !path.keys.is_empty() {
        query.push(" #> ").push_bind(path.keys.clone());
    }
    query.push(")");
}
