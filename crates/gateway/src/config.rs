//! What an operator may set about connections.

use std::time::Duration;

use parlor_model::limit;

/// Which scheme the routers advertise for sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebSocketScheme {
    /// `wss` to a client that asks for it by its `secure` parameter (spec 01 §1.3), or that has
    /// come over TLS already.
    #[default]
    AsAsked,
    /// Always `ws`: for installations without TLS, since most SDKs always ask for `wss`.
    Ws,
    /// Always `wss`.
    Wss,
}

/// The ports that the gateway's routers are reached at directly.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// Without TLS.
    pub plain: u16,
    /// With TLS; `None` when only a proxy in front may speak it.
    pub encrypted: Option<u16>,
}

/// What a client hears whose commands come too fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenLimited {
    /// An error (4116).
    #[default]
    Error,
    /// Nothing, as the service is documented to do: SDKs run into their timeouts.
    Silent,
}

/// How often clients may send commands; 0 is no limit.
#[derive(Clone, Debug)]
pub struct RateLimits {
    /// Messages of one client per minute.
    pub sends_per_minute: u32,
    /// History reads of one client per minute.
    pub history_per_minute: u32,
    /// Commands of each other kind of one client per minute.
    pub others_per_minute: u32,
    /// Messages of all clients per second.
    pub messages_per_second: u32,
    /// What becomes of the rest.
    pub when_limited: WhenLimited,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            sends_per_minute: limit::SENDS_PER_MINUTE,
            history_per_minute: limit::HISTORY_PER_MINUTE,
            others_per_minute: limit::OTHERS_PER_MINUTE,
            messages_per_second: 0,
            when_limited: WhenLimited::Error,
        }
    }
}

/// Limits and addresses of the gateway.
#[derive(Clone, Debug)]
pub struct Config {
    /// The one app that is served.
    pub app_id: String,
    /// Base URL that routers advertise, without a trailing slash; `None` derives it from the
    /// request's `Host`.
    pub public_url: Option<String>,
    /// Where the listeners are.
    pub ports: Ports,
    /// Which scheme routers advertise for sockets.
    pub websocket_scheme: WebSocketScheme,
    /// A connection without inbound frames for this long is closed; SDKs probe every 180 s.
    pub idle_timeout: Duration,
    /// A connection must log in within this time.
    pub login_timeout: Duration,
    /// Bytes of one frame; a longer one closes the connection.
    pub max_frame_bytes: usize,
    /// Frames waiting to be sent on one connection; one more closes it.
    pub mailbox_frames: usize,
    /// Connections open at once; more are refused with HTTP 503.
    pub max_connections: usize,
    /// Clients logged in on one connection.
    pub max_sessions: usize,
    /// How often clients may send commands.
    pub rate: RateLimits,
    /// Browser origins that may connect; empty allows all. Clients without `Origin` always may.
    pub allowed_origins: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            app_id: String::new(),
            public_url: None,
            ports: Ports::default(),
            websocket_scheme: WebSocketScheme::AsAsked,
            idle_timeout: Duration::from_secs(420),
            login_timeout: Duration::from_secs(60),
            max_frame_bytes: limit::FRAME_BYTES,
            mailbox_frames: 1024,
            max_connections: 100_000,
            max_sessions: 1000,
            rate: RateLimits::default(),
            allowed_origins: Vec::new(),
        }
    }
}
