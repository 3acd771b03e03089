//! Notifications that clients missed (spec 03 §2.10).

mod list;

pub(crate) use list::list;
