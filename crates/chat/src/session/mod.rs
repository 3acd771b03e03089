//! Sessions: logging in and out, single sign-on, and the tokens that bring a session back.
//!
//! A login is what all tokens of one session share. It outlives connections and restarts, so
//! who holds a single-sign-on tag is asked of the database, and the session of a login that
//! was ended there goes too: either it is registered by then and is ended, or it is not and
//! finds out when it asks for its token.

mod close;
mod kick;
mod open;
mod refresh;
mod report_device;
mod single_sign_on;
mod token;
mod verify;

pub use kick::KickError;
pub use open::{OpenError, OpenSession};
pub use token::SessionGrant;

/// What the tokens of one login stand for.
pub use parlor_store::login::Login;
