//! Tests on columns that hold one value: text, moments and flags.

use parlor_model::Timestamp;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::super::field::{FlagColumn, TextColumn, TimeColumn};
use super::super::filter::{Bound, Operand, Test};
use super::operand::{dates, has_null, push_matches, sign, take_texts};

pub(super) const fn text_column(column: TextColumn) -> &'static str {
    match column {
        TextColumn::Id => "c.conversation_id",
        TextColumn::Name => "c.name",
        TextColumn::Creator => "c.creator_id",
        TextColumn::UniqueId => "c.unique_id",
    }
}

pub(super) fn push_text(query: &mut QueryBuilder<Postgres>, column: TextColumn, test: &Test) {
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

pub(super) fn push_time(query: &mut QueryBuilder<Postgres>, column: TimeColumn, test: &Test) {
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

pub(super) const fn flag_expression(column: FlagColumn) -> &'static str {
    match column {
        FlagColumn::ChatRoom => "(c.kind = 2)",
        FlagColumn::Service => "(c.kind = 3)",
        FlagColumn::Unique => "(c.unique_id IS NOT NULL)",
    }
}

pub(super) fn push_flag(query: &mut QueryBuilder<Postgres>, column: FlagColumn, test: &Test) {
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
