//! `_Conversation` as a class (spec 03 §3).

mod find;
mod get;

pub(crate) use find::find;
pub(crate) use get::get;
