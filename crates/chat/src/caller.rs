//! On whose behalf an operation runs.

use std::net::IpAddr;

use parlor_model::{ClientId, Features, SessionId};
use uuid::Uuid;

/// The session that asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub client_id: ClientId,
    /// On which session.
    pub session_id: SessionId,
    /// Of which login: the session's successors on other connections share it.
    pub session_key: Uuid,
    /// What its SDK can handle.
    pub features: Features,
    /// From where, as far as trusted proxies tell it.
    pub address: IpAddr,
}

/// Who asks for what both clients and the app's server may do.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// A client, with the rights of its role.
    Client(&'a Caller),
    /// The app's server, with every right.
    App,
}

impl Actor<'_> {
    /// Returns the client that events name, `None` for the app's server.
    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Client(caller) => Some(&caller.client_id),
            Self::App => None,
        }
    }

    /// Tells whether an operation may succeed for some ids only. REST answers have no room for
    /// the others.
    pub(crate) fn takes_partial_failure(&self) -> bool {
        match self {
            Self::Client(caller) => caller.features.has(Features::PARTIAL_FAILURE),
            Self::App => false,
        }
    }
}
