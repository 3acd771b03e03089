//! The sockets that peers connect to: accepting them and serving a router on each.

mod door;

pub(crate) use door::{Door, Limits};
