//! Tests on lists of clients, which are rows of `members`.

use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};

use super::super::field::ClientsColumn;
use super::super::filter::{Bound, Operand, Test};
use super::operand::{push_matches, sign, take_texts};

const THIS_CONVERSATION: &str = "FROM members AS x WHERE x.conversation_id = c.conversation_id";

pub(super) fn push_clients(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, test: &Test) {
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

pub(super) fn push_has_all(
    query: &mut QueryBuilder<Postgres>,
    column: ClientsColumn,
    clients: &[String],
) {
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

/// Starts from the members index, not from the conversations: a client is in few of them.
fn push_has_any(query: &mut QueryBuilder<Postgres>, column: ClientsColumn, clients: Vec<String>) {
    query.push(
        "c.conversation_id IN (SELECT x.conversation_id FROM members AS x WHERE x.client_id = ANY (",
    );
    query.push_bind(clients).push(")");
    query.push(clients_filter(column)).push(")");
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

/// Narrows `members AS x` to the column's clients.
const fn clients_filter(column: ClientsColumn) -> &'static str {
    match column {
        ClientsColumn::Members => "",
        ClientsColumn::Muted => " AND x.muted",
    }
}
