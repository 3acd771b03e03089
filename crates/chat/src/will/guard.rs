//! A session's life, as far as its will is concerned.

use parlor_model::{ClientId, SessionId};

use super::Wills;
use crate::{Caller, Chat};

/// Has the session's will told when dropped, if it has left one. A session holds it for life.
#[must_use = "dropping it is the death of the session"]
#[derive(Debug)]
pub struct WillGuard {
    wills: Wills,
    client_id: ClientId,
    session_id: SessionId,
}

impl Chat {
    /// Watches over the life of a session that just opened, with the will that an earlier
    /// session of its login has left.
    pub fn guard_will(&self, caller: &Caller) -> WillGuard {
        self.wills.take_over(caller);
        WillGuard {
            wills: self.wills.clone(),
            client_id: caller.client_id.clone(),
            session_id: caller.session_id,
        }
    }
}

impl WillGuard {
    /// Ends the session's life in peace: its will is not told.
    pub fn revoke(self) {
        self.wills.forget(&self.client_id, self.session_id);
    }
}

impl Drop for WillGuard {
    fn drop(&mut self) {
        self.wills.died(&self.client_id, self.session_id);
    }
}
