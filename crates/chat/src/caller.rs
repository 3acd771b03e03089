//! On whose behalf an operation runs.

use parlor_model::{ClientId, Features, SessionId};

/// The session that asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub client_id: ClientId,
    /// On which session.
    pub session_id: SessionId,
    /// What its SDK can handle.
    pub features: Features,
}
