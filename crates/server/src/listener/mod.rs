//! The sockets that peers connect to: accepting them, TLS, who is behind a proxy, and serving a
//! router on each.

mod certificate;
mod door;
mod proxies;

pub(crate) use certificate::{Certificate, InForce};
pub(crate) use door::{Door, Limits, Site};
pub(crate) use proxies::TrustedProxies;
