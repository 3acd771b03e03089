//! Conversation queries: the `where` language of the SDKs over `conversations`, `members` and
//! the newest message.
//!
//! A query goes through three forms: JSON as sent, a closed typed [`Filter`], parameterised
//! SQL. What a filter means is defined once more by the evaluator of the tests, which a
//! property test compares with the database.
//!
//! Meaning, where the SDKs leave room: an absent key and `null` are the same; a condition on an
//! array holds when it holds for the array or for one of its elements; values of another type
//! never match a comparison; `$all` of nothing matches nothing.
//!
//! **Invariant:** no part of a request ever becomes SQL text. Keys, values and patterns are
//! bound; the SQL is made of fixed pieces only.

#[cfg(test)]
mod eval;
mod field;
mod filter;
mod list;
mod parse;
#[cfg(test)]
mod property;
mod regex;
mod scan;
mod sort;
mod sql;
#[cfg(test)]
mod tests;

pub use filter::{Filter, FilterError};
pub use list::{
    ConversationQuery, ConversationRow, LastMessage, ListError, MemberList, Scope, Viewer, count,
    list, passes,
};
pub use scan::{ScanKey, ScanOrder, ScanPosition};
pub use sort::{Sort, SortError};
