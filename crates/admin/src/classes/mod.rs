//! Classes at large.

mod unknown;

pub(crate) use unknown::unknown;
