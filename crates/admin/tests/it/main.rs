//! The REST API over its real router and a real PostgreSQL.
//!
//! A test whose name begins with a letter and a number proves the protocol notes' case of that
//! name.

mod auth;
mod class;
mod conversations;
mod messages;
mod openapi;
mod scene;
mod transport;
