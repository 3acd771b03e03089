//! The addresses that routers hand out, from the configuration and the request's own.
//!
//! A client that has reached a listener of this process directly is sent to the one that speaks
//! what it is told to speak next; whoever came through a proxy, to the proxy again.

use std::str::FromStr;

use http::uri::Authority;

use crate::config::{Config, Ports, WebSocketScheme};

/// How a client has reached the routers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Advertised<'a> {
    config: &'a Config,
    is_encrypted: bool,
    /// Host and maybe port and path.
    rest: &'a str,
}

impl<'a> Advertised<'a> {
    /// Takes what is configured, else the request's `Host`.
    pub(crate) fn new(config: &'a Config, host: Option<&'a str>, is_encrypted: bool) -> Self {
        let (is_encrypted, rest) = match config.public_url.as_deref() {
            Some(url) => match url.split_once("://") {
                Some((scheme, rest)) => (scheme == "https", rest.trim_end_matches('/')),
                None => (is_encrypted, url),
            },
            None => (is_encrypted, host.unwrap_or("localhost")),
        };
        Self {
            config,
            is_encrypted,
            rest,
        }
    }

    /// Returns the URL that the routers were reached at, without a trailing slash.
    pub(crate) fn base_url(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.rest)
    }

    /// Returns host and port for SDKs, which put `https://` in front.
    pub(crate) fn host(&self) -> String {
        let rest = self.speaking(true);
        rest.split('/').next().unwrap_or(&rest).to_owned()
    }

    /// Returns the URL of the socket for a client that asks for an encrypted one, or not.
    pub(crate) fn socket_url(&self, secure: bool) -> String {
        let is_encrypted = match self.config.websocket_scheme {
            WebSocketScheme::Ws => false,
            WebSocketScheme::Wss => true,
            WebSocketScheme::AsAsked => secure || self.is_encrypted,
        };
        let scheme = if is_encrypted { "wss" } else { "ws" };
        let rest = self.speaking(is_encrypted);
        // A bare authority gets the root path: the .NET client refuses a URL without one.
        let root = if rest.contains('/') { "" } else { "/" };
        format!("{scheme}://{rest}{root}")
    }

    /// Returns the address to speak TLS at, or not: the port of the other listener when the
    /// request came to a listener that does not.
    fn speaking(&self, is_encrypted: bool) -> String {
        let Ports { plain, encrypted } = self.config.ports;
        let reached = Authority::from_str(self.rest).ok();
        if let (None, Some(encrypted), Some(reached)) =
            (&self.config.public_url, encrypted, reached)
        {
            let port = reached
                .port_u16()
                .unwrap_or(standard_port(self.is_encrypted));
            let (wrong, right) = if is_encrypted {
                (plain, encrypted)
            } else {
                (encrypted, plain)
            };
            if port == wrong && right == standard_port(is_encrypted) {
                return reached.host().to_owned();
            }
            if port == wrong {
                return format!("{}:{right}", reached.host());
            }
        }
        self.rest.to_owned()
    }
}

const fn standard_port(is_encrypted: bool) -> u16 {
    if is_encrypted { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(plain: u16, encrypted: impl Into<Option<u16>>) -> Config {
        Config {
            ports: Ports {
                plain,
                encrypted: encrypted.into(),
            },
            ..Config::default()
        }
    }

    #[test]
    fn a_socket_is_where_its_scheme_is_spoken() {
        for (config, host, is_encrypted, secure, url) in [
            // No TLS here: a proxy is believed to speak it at the same place.
            (config(8080, None), "h:8080", false, true, "wss://h:8080/"),
            (config(8080, None), "h:8080", false, false, "ws://h:8080/"),
            (config(8080, None), "h", true, true, "wss://h/"),
            // Straight to a listener.
            (config(8080, 8443), "h:8443", true, true, "wss://h:8443/"),
            (config(8080, 8443), "h:8443", true, false, "wss://h:8443/"),
            (config(8080, 8443), "h:8080", false, true, "wss://h:8443/"),
            (config(8080, 8443), "h:8080", false, false, "ws://h:8080/"),
            (config(8080, 443), "h:8080", false, true, "wss://h/"),
            (config(80, 8443), "h", false, true, "wss://h:8443/"),
            (config(80, 443), "h", false, true, "wss://h/"),
            (config(80, 443), "[::1]", false, true, "wss://[::1]/"),
            // Through a proxy that has a port of its own.
            (config(8080, 8443), "h", true, true, "wss://h/"),
            (config(8080, 8443), "h:9000", false, true, "wss://h:9000/"),
        ] {
            let advertised = Advertised::new(&config, Some(host), is_encrypted);
            assert_eq!(advertised.socket_url(secure), url, "{config:?} {host}");
        }
    }

    #[test]
    fn a_forced_scheme_finds_its_listener() {
        let ws = Config {
            websocket_scheme: WebSocketScheme::Ws,
            ..config(8080, 8443)
        };
        let advertised = Advertised::new(&ws, Some("h:8443"), true);
        assert_eq!(advertised.socket_url(true), "ws://h:8080/");
        let wss = Config {
            websocket_scheme: WebSocketScheme::Wss,
            ..config(8080, 8443)
        };
        let advertised = Advertised::new(&wss, Some("h:8080"), false);
        assert_eq!(advertised.socket_url(false), "wss://h:8443/");
    }

    #[test]
    fn a_configured_url_is_taken_as_it_is() {
        let config = Config {
            public_url: Some("https://im.example.com:8080/chat".to_owned()),
            ..config(8080, 8443)
        };
        let advertised = Advertised::new(&config, Some("h:8080"), false);
        assert_eq!(advertised.base_url(), "https://im.example.com:8080/chat");
        assert_eq!(advertised.host(), "im.example.com:8080");
        let url = "wss://im.example.com:8080/chat";
        assert_eq!(advertised.socket_url(false), url);
    }

    #[test]
    fn hosts_are_where_tls_is_spoken() {
        let config = config(8080, 8443);
        for (host, expected) in [("h:8080", "h:8443"), ("h:8443", "h:8443"), ("h", "h")] {
            let advertised = Advertised::new(&config, Some(host), host != "h:8080");
            assert_eq!(advertised.host(), expected);
        }
    }
}
