//! What a client has not read, and how far it has.

mod at_login;
mod count;
mod read;

pub use read::ReadPosition;
