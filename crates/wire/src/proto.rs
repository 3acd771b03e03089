//! The types generated from `proto/messages.proto`.
//!
//! Public only for tests and fuzzing, which speak raw frames; the gateway sees
//! [`crate::request`] and [`crate::reply`] instead.
#![allow(
    missing_docs,
    clippy::all,
    reason = "generated; the schema holds the comments"
)]

include!(concat!(env!("OUT_DIR"), "/messages.rs"));
