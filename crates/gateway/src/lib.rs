//! The WebSocket door: routers that tell SDKs where to connect, the upgrade, one actor per
//! connection, one file per client command.
//!
//! A connection is two tasks. The reader owns the sessions and runs commands in order; the
//! writer owns the sink and drains a bounded mailbox. Replies and events go through the same
//! mailbox, so that what is put in first is sent first.
//!
//! **Invariant:** no policy and no SQL here; a command file translates between `wire` and one
//! `chat` operation. Nothing a peer sends makes the process panic or wait for another peer.

mod advertised;
mod command;
mod config;
mod connection;
mod discovery;
mod metrics;
mod rate;
mod router;
mod upgrade;

pub use config::{Config, Ports, RateLimits, WebSocketScheme, WhenLimited};
pub use router::{Gateway, Stopping, attach};
