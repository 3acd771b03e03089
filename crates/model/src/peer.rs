//! Who is at the other end of a request.

use std::net::IpAddr;

/// Where a request comes from, as far as the proxies that are trusted tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address of the client.
    pub address: IpAddr,
    /// Whether the client speaks TLS, be it to us or to a proxy.
    pub is_encrypted: bool,
}
