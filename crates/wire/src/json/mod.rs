//! The JSON form of frames (`lc.json.*`, and clients that name no subprotocol; spec 01 §2.3).
//!
//! One flat object per frame: the fields of the envelope and of its one body side by side. The
//! mapping is driven by the schema's descriptors, so a command is written once, in protobuf, and
//! a new field needs nothing here; only what JSON clients spell differently has a line of code.
//!
//! **Invariant:** any bytes give a command or [`crate::frame::Undecodable`], never a panic, and
//! what leaves is ASCII: the .NET client decodes UTF-8 piece by piece.

mod decode;
mod encode;
mod schema;

pub use decode::decode;
pub use encode::{address, encode};

#[cfg(test)]
mod tests;
