//! Sessions: logging in, resuming, logging out.

mod open;
mod verify;

pub use open::{OpenError, OpenSession, OpenedSession, SessionGrant};
/// What the tokens of one login stand for.
pub use parlor_store::session_token::TokenSession as Login;
