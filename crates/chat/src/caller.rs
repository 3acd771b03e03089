//! On whose behalf an operation runs.

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
}
