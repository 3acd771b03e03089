//! Test harness: a real server on port 0 with its own database, and a scripted client.
//!
//! [`TestServer`] runs the server in this process, [`ServerProcess`] the real binary;
//! [`Client`] speaks raw frames built by [`command`] and checks the rules that every frame of
//! the server obeys; [`JsonClient`] does so in JSON.
//!
//! **Invariant:** imported by tests only, and nothing in here stands in for a part of the
//! server. A wait ends when the awaited thing happens; its limit only fails a hung test.

pub mod client;
pub mod command;
mod database;
pub mod handshake;
mod json_client;
mod panics;
mod postgres;
mod process;
mod server;
mod tls;
mod wait;

pub use client::Client;
pub use handshake::Handshake;
pub use json_client::JsonClient;
pub use process::ServerProcess;
pub use server::{APP_ID, APP_KEY, MASTER_KEY, TestServer, TestServerBuilder};
pub use tls::TlsFiles;
pub use wait::{eventually, within};
