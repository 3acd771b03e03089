//! [`Filter`] and [`Sort`] to parameterised SQL.
//!
//! The SQL refers to the row of `conversations` as `c` and, where
//! [`needs_last_message_time`] says so, to its newest message as `newest`.
//!
//! A comparison with an absent value is NULL in SQL. That counts as false at the top; a
//! negation is therefore written `IS NOT TRUE`, which makes it true.

use parlor_model::Timestamp;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::field::{ClientsColumn, Field, FlagColumn, JsonPath, JsonRoot, TextColumn, TimeColumn};
use super::filter::{Bound, Comparison, Condition, Filter, Operand, Test};
use super::regex::Pattern;
use super::sort::{Direction, Sort};

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

/// Adds what conditions and order keys on the last message refer to.
pub(super) fn push_newest(query: &mut QueryBuilder<Postgres>) {
    query.push(
        r#"
        LEFT JOIN LATERAL (
            SELECT x.sent_at_ms
            FROM messages AS x
            WHERE x.conversation_id = c.conversation_id
            ORDER BY x.sent_at_ms DESC, x.message_id DESC
            LIMIT 1
        ) AS newest ON true"#,
    );
}

/// Adds the filter as one boolean expression.
pub(super) fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    push_condition(query, &filter.root);
}

fn push_condition(query: &mut QueryBuilder<Postgres>, condition: &Condition) {
    match condition {
        Condition::All(parts) => push_joined(query, parts, " AND ", "TRUE"),
        Condition::Any(parts) => push_joined(query, parts, " OR ", "FALSE"),
        Condition::Not(part) => {
            query.push("(");
            push_condition(query, part);
            query.push(" IS NOT TRUE)");
        }
        Condition::Test(field, Test::AllOf(operands)) => push_all_of(query, field, operands),
        Condition::Test(Field::Text(column), test) => push_text(query, *column, test),
        Condition::Test(Field::Time(column), test) => push_time(query, *column, test),
        Condition::Test(Field::Flag(column), test) => push_flag(query, *column, test),
        Condition::Test(Field::Clients(column), test) => push_clients(query, *column, test),
        Condition::Test(Field::Json(path), test) => push_json(query, path, test),
    }
}

fn push_joined(
    query: &mut QueryBuilder<Postgres>,
    parts: &[Condition],
    separator: &str,
    empty: &str,
) {
    if parts.is_empty() {
        query.push(empty);
        return;
    }
    query.push("(");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            query.push(separator);
        }
        push_condition(query, part);
    }
    query.push(")");
}

fn push_all_of(query: &mut QueryBuilder<Postgres>, field: &Field, operands: &[Operand]) {
    if operands.is_empty() {
        query.push("FALSE");
        return;
    }
    let mut rest = operands.to_vec();
    query.push("(");
    if let Field::Clients(column) = field {
        // One pass over the members index instead of one per client.
        let mut clients = take_texts(&mut rest);
        clients.sort_unstable();
        clients.dedup();
        push_has_all(query, *column, &clients);
    } else {
        query.push("TRUE");
    }
    for operand in rest {
        query.push(" AND ");
        let test = Test::OneOf(vec![operand]);
        push_condition(query, &Condition::Test(field.clone(), test));
    }
    query.push(")");
}

fn take_texts(operands: &mut Vec<Operand>) -> Vec<String> {
    let mut texts = Vec::new();
    operands.retain(|operand| match operand {
        Operand::Json(Value::String(text)) => {
            texts.push(text.clone());
            false
        }
        _ => true,
    });
    texts
}

fn has_null(operands: &[Operand]) -> bool {
    operands.contains(&Operand::Json(Value::Null))
}

fn dates(operands: &[Operand]) -> Vec<Timestamp> {
    operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Date(at) => Some(*at),
            Operand::Json(_) => None,
        })
        .collect()
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => " < ",
        Comparison::AtMost => " <= ",
        Comparison::AtLeast => " >= ",
        Comparison::Greater => " > ",
    }
}

fn push_matches(query: &mut QueryBuilder<Postgres>, pattern: &Pattern) {
    query.push(" ~ ").push_bind(pattern.translated.clone());
}

const fn text_column(column: TextColumn) -> &'static str {
    match column {
        TextColumn::Id => "c.conversation_id",
        TextColumn::Name => "c.name",
        TextColumn::Creator => "c.creator_id",
        TextColumn::UniqueId => "c.unique_id",
    }
}

fn push_text(query: &mut QueryBuilder<Postgres>, column: TextColumn, test: &Test) {
    let name = text_column(column);
    match test {
        Test::OneOf(operands) => {
            let texts = take_texts(&mut operands.clone());
            query.push("(").push(name).push(" = ANY (");
            query.push_bind(texts).push(")");
            if has_null(operands) {
                query.push(" OR ").push(name).push(" IS NULL");
            }
            query.push(")");
        }
        Test::Compare(comparison, Bound::Text(text)) => {
            query.push(name).push(" COLLATE \"C\"");
            query.push(sign(*comparison)).push_bind(text.clone());
        }
        Test::Exists => {
            query.push(name).push(" IS NOT NULL");
        }
        Test::Matches(pattern) => {
            query.push(name);
            push_matches(query, pattern);
        }
        Test::AllOf(_) | Test::Compare(..) | Test::Size(_) => {
            query.push("FALSE");
        }
    }
}

fn push_time(query: &mut QueryBuilder<Postgres>, column: TimeColumn, test: &Test) {
    let name = match column {
        TimeColumn::Created => "c.created_at",
        TimeColumn::Updated => "c.updated_at",
        TimeColumn::LastMessage => "newest.sent_at_ms",
    };
    match test {
        Test::OneOf(operands) => {
            let dates = dates(operands);
            query.push("(").push(name).push(" = ANY (");
            push_times(query, column, &dates);
            query.push(")");
            if has_null(operands) {
                query.push(" OR ").push(name).push(" IS NULL");
            }
            query.push(")");
        }
        Test::Compare(comparison, Bound::Date(at)) => {
            query.push(name).push(sign(*comparison));
            match column {
                TimeColumn::Created | TimeColumn::Updated => {
                    query.push_bind(at.to_date_time());
                }
                TimeColumn::LastMessage => {
                    query.push_bind(at.as_millis());
                }
            }
        }
        Test::Exists => {
            query.push(name).push(" IS NOT NULL");
        }
        Test::AllOf(_) | Test::Compare(..) | Test::Size(_) | Test::Matches(_) => {
            query.push("FALSE");
        }
    }
}

fn push_times(query: &mut QueryBuilder<Postgres>, column: TimeColumn, times: &[Timestamp]) {
    match column {
        TimeColumn::Created | TimeColumn::Updated => {
            let times: Vec<OffsetDateTime> = times.iter().map(|at| at.to_date_time()).collect();
            query.push_bind(times);
        }
        TimeColumn::LastMessage => {
            let times: Vec<i64> = times.iter().map(|at| at.as_millis()).collect();
            query.push_bind(times);
        }
    }
}

const fn flag_expression(column: FlagColumn) -> &'static str {
    match column {
        FlagColumn::ChatRoom => "(c.kind = 2)",
        FlagColumn::Service => "(c.kind = 3)",
        FlagColumn::Unique => "(c.unique_id IS NOT NULL)",
    }
}

fn push_flag(query: &mut QueryBuilder<Postgres>, column: FlagColumn, test: &Test) {
    let flag = flag_expression(column);
    match test {
        Test::OneOf(operands) => {
            let is_in = |value| operands.contains(&Operand::Json(value));
            let when_true = is_in(Value::Bool(true));
            let when_false = is_in(Value::Bool(false)) || is_in(Value::Null);
            match (when_true, when_false) {
                (true, true) => query.push("TRUE"),
                (true, false) => query.push(flag),
                (false, true) => query.push("NOT ").push(flag),
                (false, false) => query.push("FALSE"),
            };
        }
        Test::Exists => {
            query.push(flag);
        }
        Test::AllOf(_) | Test::Compare(..) | Test::Size(_) | Test::Matches(_) => {
            query.push("FALSE");
        }
    }
}

/// Narrows `members AS x` to the column's clients.
const fn clients_filter(column: ClientsColumn) -> &'static str {
    match column {
        ClientsColumn::Members => "",
        ClientsColumn::Muted => " AND x.muted",
    }
}

const THIS_CONVERSATION: &str = "FROM members AS x WHERE x.conversation_id = c.conversation_id";

fn push_clients(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, test: &Test) {
    let filter = clients_filter(column);
    match test {
        Test::OneOf(operands) => push_clients_one_of(query, column, operands),
        Test::Compare(comparison, Bound::Text(text)) => {
            query.push("EXISTS (SELECT ").push(THIS_CONVERSATION);
            query.push(filter).push(" AND x.client_id");
            query.push(sign(*comparison)).push_bind(text.clone());
            query.push(")");
        }
        Test::Exists => match column {
            ClientsColumn::Members => {
                query.push("TRUE");
            }
            ClientsColumn::Muted => {
                query.push("EXISTS (SELECT ").push(THIS_CONVERSATION);
                query.push(filter).push(")");
            }
        },
        Test::Size(size) => {
            query.push("(SELECT count(*) ").push(THIS_CONVERSATION);
            query.push(filter).push(") = ").push_bind(*size);
        }
        Test::Matches(pattern) => {
            query.push("EXISTS (SELECT ").push(THIS_CONVERSATION);
            query.push(filter).push(" AND x.client_id");
            push_matches(query, pattern);
            query.push(")");
        }
        Test::AllOf(_) | Test::Compare(..) => {
            query.push("FALSE");
        }
    }
}

/// Starts from the members index, not from the conversations: a client is in few of them.
fn push_has_any(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, clients: Vec<String>) {
    query.push(
        "c.conversation_id IN (SELECT x.conversation_id FROM members AS x WHERE x.client_id = ANY (",
    );
    query.push_bind(clients).push(")");
    query.push(clients_filter(column)).push(")");
}

fn push_has_all(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, clients: &[String]) {
    match clients {
        [] => {
            query.push("TRUE");
        }
        [client] => push_has_any(query, column, vec![client.clone()]),
        clients => {
            query.push(
                "c.conversation_id IN (SELECT x.conversation_id FROM members AS x WHERE x.client_id = ANY (",
            );
            query.push_bind(clients.to_vec()).push(")");
            query.push(clients_filter(column));
            query.push(" GROUP BY x.conversation_id HAVING count(*) = ");
            let count = i64::try_from(clients.len()).unwrap_or(i64::MAX);
            query.push_bind(count).push(")");
        }
    }
}

fn push_clients_one_of(
    query: &mut QueryBuilder<Postgres>,
    column: ClientsColumn,
    operands: &[Operand],
) {
    // A lone alternative must stay alone: an OR, even with FALSE, hides the index from the
    // planner.
    let mut separator = "(";
    let clients = take_texts(&mut operands.to_vec());
    if !clients.is_empty() {
        query.push(separator);
        push_has_any(query, column, clients);
        separator = " OR ";
    }
    for operand in operands {
        match operand {
            Operand::Json(Value::Array(items)) => {
                query.push(separator);
                push_clients_exact(query, column, items);
                separator = " OR ";
            }
            Operand::Json(Value::Null) if column == ClientsColumn::Muted => {
                query.push(separator).push("NOT EXISTS (SELECT ");
                query.push(THIS_CONVERSATION).push(clients_filter(column));
                query.push(")");
                separator = " OR ";
            }
            Operand::Json(_) | Operand::Date(_) => {}
        }
    }
    query.push(if separator == "(" { "FALSE" } else { ")" });
}

fn push_clients_exact(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, items: &[Value]) {
    let clients: Option<Vec<String>> = items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect();
    let Some(clients) = clients else {
        query.push("FALSE");
        return;
    };
    query.push("(");
    if let Some(first) = clients.first() {
        push_has_any(query, column, vec![first.clone()]);
        query.push(" AND ");
    }
    query
        .push("ARRAY(SELECT x.client_id ")
        .push(THIS_CONVERSATION);
    query.push(clients_filter(column));
    query.push(" ORDER BY x.position) = ").push_bind(clients);
    query.push("::text[])");
}

/// Adds the JSON at the path, or NULL when nothing is there.
fn push_path(query: &mut QueryBuilder<Postgres>, path: &JsonPath) {
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

fn push_json(query: &mut QueryBuilder<Postgres>, path: &JsonPath, test: &Test) {
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

/// Adds the order keys, without `ORDER BY`, and the id to make the order total.
pub(super) fn push_sort(query: &mut QueryBuilder<Postgres>, sort: &Sort) {
    let mut last = Direction::Ascending;
    for key in &sort.keys {
        last = key.direction;
        match &key.field {
            Field::Text(column) => {
                query.push(text_column(*column)).push(" COLLATE \"C\"");
                query.push(nullable_direction(key.direction));
            }
            // These are never NULL; without a word about NULLs the index on them serves.
            Field::Time(TimeColumn::Created) => {
                query.push("c.created_at").push(direction(key.direction));
            }
            Field::Time(TimeColumn::Updated) => {
                query.push("c.updated_at").push(direction(key.direction));
            }
            Field::Time(TimeColumn::LastMessage) => {
                query.push("newest.sent_at_ms");
                query.push(nullable_direction(key.direction));
            }
            Field::Flag(column) => {
                query.push(flag_expression(*column));
                query.push(direction(key.direction));
            }
            Field::Json(path) => push_json_sort(query, path, key.direction),
            Field::Clients(_) => continue,
        }
        query.push(", ");
    }
    query.push("c.conversation_id").push(direction(last));
}

/// Sorts JSON by type first: nothing, numbers, text, Dates, everything else.
fn push_json_sort(query: &mut QueryBuilder<Postgres>, path: &JsonPath, order: Direction) {
    const KEYS: [&str; 3] = [
        r#"CASE
            WHEN jsonb_typeof(value) = 'number' THEN 1
            WHEN jsonb_typeof(value) = 'string' THEN 2
            WHEN value ->> '__type' = 'Date' THEN 3
            WHEN jsonb_typeof(value) <> 'null' THEN 4
        END"#,
        "CASE WHEN jsonb_typeof(value) = 'number' THEN value END",
        r#"CASE
            WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}'
            WHEN value ->> '__type' = 'Date' THEN value ->> 'iso'
        END COLLATE "C""#,
    ];
    for (index, key) in KEYS.into_iter().enumerate() {
        if index > 0 {
            query.push(", ");
        }
        query.push("(SELECT ").push(key).push(" FROM (SELECT ");
        push_path(query, path);
        query.push(" AS value) AS held)");
        query.push(nullable_direction(order));
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => " ASC",
        Direction::Descending => " DESC",
    }
}

const fn nullable_direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => " ASC NULLS FIRST",
        Direction::Descending => " DESC NULLS LAST",
    }
}
