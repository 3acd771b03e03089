//! From the generated types to [`crate::request`], one file per noun.

pub(crate) mod conversation;
pub(crate) mod field;
pub(crate) mod message;
pub(crate) mod patch;
pub(crate) mod restriction;
pub(crate) mod session;
