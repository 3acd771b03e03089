//! Sessions: logging in, resuming, logging out.

mod open;

pub use open::{OpenError, OpenSession, OpenedSession, SessionGrant};
