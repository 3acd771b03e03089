//! The protobuf schema, the frame codec, and the client error and close codes.
//!
//! Bytes come in through [`frame::decode`] and leave through [`reply::Reply::encode`],
//! [`notice::Notice::encode`], [`event::encode`] and [`event::address`]. [`base64_text`] wraps
//! them for clients that cannot do binary, [`json`] translates them for clients that speak JSON.
//!
//! **Invariant:** the only place where wire spellings live. Nothing here knows a socket, a
//! session or a policy, and no bytes from outside make it panic.

pub mod base64_text;
pub mod close_code;
mod decode;
mod encode;
pub mod error_code;
pub mod event;
pub mod frame;
pub mod json;
pub mod notice;
pub mod notification;
pub mod proto;
pub mod reply;
pub mod request;
pub mod subprotocol;
