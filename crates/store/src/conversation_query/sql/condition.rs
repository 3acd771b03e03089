//! The tree of a filter, and what its leaves refer to.

use sqlx::{Postgres, QueryBuilder};

use super::super::field::Field;
use super::super::filter::{Condition, Filter, Operand, Test};
use super::clients::{push_clients, push_has_all};
use super::column::{push_flag, push_text, push_time};
use super::json::push_json;
use super::operand::take_texts;

/// Adds what conditions and order keys on the last message refer to.
pub(in crate::conversation_query) fn push_newest(query: &mut QueryBuilder<Postgres>) {
    query.push(
        r#"
        LEFT JOIN LATERAL (
            SELECT x.sent_at_ms
            FROM messages AS x
            WHERE x.conversation_id = c.conversation_id
              AND c.kind <> 3
            ORDER BY x.sent_at_ms DESC, x.message_id DESC
            LIMIT 1
        ) AS newest ON true"#,
    );
}

/// Adds the filter as one boolean expression.
pub(in crate::conversation_query) fn push_filter(
    query: &mut QueryBuilder<Postgres>,
    filter: &Filter,
) {
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
