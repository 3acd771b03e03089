//! The conversation service against a real PostgreSQL, without sockets: what depends on the
//! clock, or on the order of two operations' steps.

mod kick;
mod notification;
mod scene;
mod single_sign_on;
