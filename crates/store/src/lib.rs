//! All SQL of Parlor: one module per aggregate, functions over a connection, domain values out.
//!
//! `chat` begins transactions and calls these functions; nobody else touches the database.
//!
//! **Invariant:** this crate decides nothing. It never checks who may do what and knows neither
//! wire spellings nor HTTP. A missing row is `None` or an empty list, never an error.

pub mod archive;
pub mod broadcast;
pub mod client;
pub mod client_block;
pub mod client_day;
pub mod conversation;
pub mod conversation_query;
mod database;
mod error;
pub mod kick;
pub mod login;
pub mod member;
pub mod member_role;
pub mod message;
pub mod missed;
pub mod notification;
pub mod patch;
pub mod receipt;
pub mod restriction;
pub mod session_token;
pub mod stream;
pub mod stream_log;
pub mod system_message;
pub mod unread;

pub use database::{Config, Connection, Store, Tx};
pub use error::StoreError;
