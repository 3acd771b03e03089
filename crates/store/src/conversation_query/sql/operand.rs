//! Taking operands apart by type, and the pieces that all tests share.

use parlor_model::Timestamp;
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};

use super::super::filter::{Comparison, Operand};
use super::super::regex::Pattern;

pub(super) fn take_texts(operands: &mut Vec<Operand>) -> Vec<String> {
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

pub(super) fn has_null(operands: &[Operand]) -> bool {
    operands.contains(&Operand::Json(Value::Null))
}

pub(super) fn dates(operands: &[Operand]) -> Vec<Timestamp> {
    operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Date(at) => Some(*at),
            Operand::Json(_) => None,
        })
        .collect()
}

pub(super) const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => " < ",
        Comparison::AtMost => " <= ",
        Comparison::AtLeast => " >= ",
        Comparison::Greater => " > ",
    }
}

pub(super) fn push_matches(query: &mut QueryBuilder<Postgres>, pattern: &Pattern) {
    query.push(" ~ ").push_bind(pattern.translated.clone());
}
