//! An event on its way to many sessions.

use std::sync::OnceLock;

use bytes::Bytes;
use parlor_model::Event;

/// Which of an event's encodings a session takes. Few sessions differ, so each is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Attribute updates as requested, with operation objects.
    AsRequested,
    /// Attribute updates with resulting values.
    Resolved,
    /// For clients that speak JSON; attribute updates as requested.
    Json,
}

/// An event together with its encoded forms, each made by the first session that needs it.
#[derive(Debug)]
pub struct Published {
    event: Event,
    as_requested: OnceLock<Bytes>,
    resolved: OnceLock<Bytes>,
    json: OnceLock<Bytes>,
}

impl Published {
    /// Wraps an event.
    #[must_use]
    pub const fn new(event: Event) -> Self {
        Self {
            event,
            as_requested: OnceLock::new(),
            resolved: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    /// Returns the event.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// Returns the event encoded, calling `encode` only the first time for each encoding.
    pub fn encoded(&self, encoding: Encoding, encode: impl FnOnce(&Event) -> Bytes) -> &Bytes {
        let cell = match encoding {
            Encoding::AsRequested => &self.as_requested,
            Encoding::Resolved => &self.resolved,
            Encoding::Json => &self.json,
        };
        cell.get_or_init(|| encode(&self.event))
    }
}
