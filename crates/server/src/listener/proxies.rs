//! Which proxies are believed, and what they say about the client behind them.
//!
//! **Invariant:** what a peer says about itself counts only when its address is trusted, and of a
//! chain of addresses only what trusted proxies have added.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;
use parlor_model::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. `Forwarded` and
/// `X-Real-IP` are not read: two headers that say the same can contradict each other.
#[derive(Clone, Debug)]
pub(crate) struct TrustedProxies(pub(crate) Vec<IpNet>);

impl TrustedProxies {
    /// Tells who sent a request over a socket that `peer` has opened.
    pub(crate) fn peer_of(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        if !self.trusts(peer.address) {
            return peer;
        }
        Peer {
            address: self.client_behind(peer.address, headers),
            is_encrypted: says_https(headers).unwrap_or(peer.is_encrypted),
        }
    }

    /// Goes back from the last proxy to the first address that is not one, or cannot be read.
    fn client_behind(&self, last: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = last;
        for hop in list(headers, FORWARDED_FOR).rev() {
            let Some(address) = parse_hop(hop) else {
                break;
            };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Tells what the proxies spoke to the client, when they say. One of a chain that spoke TLS is
/// enough: a client that claims it falsely is only sent to an encrypted socket.
fn says_https(headers: &HeaderMap) -> Option<bool> {
    let mut schemes = list(headers, FORWARDED_PROTO).peekable();
    schemes.peek()?;
    Some(schemes.any(|scheme| scheme.eq_ignore_ascii_case("https")))
}

/// The elements of a header that is a list, over all its lines.
fn list<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
}

/// An address, maybe with a port as some proxies add it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|addr| addr.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn peer_of(socket: &str, headers: &[(&'static str, &'static str)]) -> (String, bool) {
        let proxies = TrustedProxies(vec![
            "127.0.0.0/8".parse().unwrap(),
            "10.1.0.0/16".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let peer = Peer {
            address: socket.parse().unwrap(),
            is_encrypted: false,
        };
        let peer = proxies.peer_of(peer, &map);
        (peer.address.to_string(), peer.is_encrypted)
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        for (socket, chain, client) in [
            ("127.0.0.1", &["1.2.3.4"][..], "1.2.3.4"),
            ("127.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            ("127.0.0.1", &["6.6.6.6", "1.2.3.4, 10.1.2.3"], "1.2.3.4"),
            ("127.0.0.1", &["10.1.0.9, 10.1.2.3"], "10.1.0.9"),
            ("127.0.0.1", &["1.2.3.4:5678"], "1.2.3.4"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["::ffff:1.2.3.4"], "1.2.3.4"),
            ("fd00::7", &["1.2.3.4"], "1.2.3.4"),
        ] {
            let headers: Vec<_> = chain.iter().map(|line| (FORWARDED_FOR, *line)).collect();
            assert_eq!(peer_of(socket, &headers).0, client, "{chain:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        for (chain, client) in [
            ("", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
            ("1.2.3.4, unknown", "127.0.0.1"),
            ("1.2.3.4, _hidden, 10.1.0.1", "10.1.0.1"),
            ("1.2.3.4,", "127.0.0.1"),
            ("1.2.3", "127.0.0.1"),
        ] {
            let headers = [(FORWARDED_FOR, chain)];
            assert_eq!(peer_of("127.0.0.1", &headers).0, client, "{chain:?}");
        }
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let claims = [(FORWARDED_FOR, "1.2.3.4"), (FORWARDED_PROTO, "https")];
        let stranger = ("10.2.0.1".to_owned(), false);
        assert_eq!(peer_of("10.2.0.1", &claims), stranger);
        assert_eq!(
            peer_of("10.1.0.1", &claims),
            ("1.2.3.4".to_owned(), true),
            "but a proxy is"
        );
    }

    #[test]
    fn the_scheme_is_what_the_outermost_proxy_spoke() {
        for (scheme, is_encrypted) in [
            ("https", true),
            ("HTTPS", true),
            ("https, http", true),
            ("http", false),
            ("", false),
        ] {
            let headers = [(FORWARDED_PROTO, scheme)];
            assert_eq!(peer_of("127.0.0.1", &headers).1, is_encrypted, "{scheme:?}");
        }
    }
}
