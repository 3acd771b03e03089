//! Order keys.

use sqlx::{Postgres, QueryBuilder};

use super::super::field::{Field, JsonPath, TextColumn, TimeColumn};
use super::super::sort::{Direction, Sort};
use super::column::{flag_expression, text_column};
use super::json::push_path;

/// Adds the order keys, without `ORDER BY`, and the id to make the order total.
pub(in crate::conversation_query) fn push_sort(query: &mut QueryBuilder<Postgres>, sort: &Sort) {
    let mut last = Direction::Ascending;
    for key in &sort.keys {
        last = key.direction;
        match &key.field {
            // Comes last in any case.
            Field::Text(TextColumn::Id) => continue,
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
