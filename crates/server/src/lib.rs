//! The process: configuration, telemetry, embedded PostgreSQL, wiring, signals, subcommands.
//!
//! [`Running::start`] is a whole server and what the binary and the tests both use.
//!
//! **Invariant:** no rules of messaging here. What goes wrong at start is one line that names
//! the key, path or program to mend.

pub mod cli;
pub mod config;
mod credentials;
pub mod embedded;
mod listener;
mod operator;
mod running;
mod telemetry;
mod wiring;

pub use config::Config;
pub use running::Running;
