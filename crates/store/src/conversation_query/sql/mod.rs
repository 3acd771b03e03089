//! Filters and orders to parameterised SQL.
//!
//! The SQL refers to the row of `conversations` as `c` and, where a filter or an order needs
//! the time of the last message, to the newest message as `newest`.
//!
//! A comparison with an absent value is NULL in SQL. That counts as false at the top; a
//! negation is therefore written `IS NOT TRUE`, which makes it true.

mod clients;
mod column;
mod condition;
mod json;
mod operand;
mod sort;

pub(super) use condition::{push_filter, push_newest};
pub(super) use sort::push_sort;
