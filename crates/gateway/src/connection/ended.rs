//! Sessions that end while their connection goes on.

use std::sync::Arc;

use parlor_chat::Caller;
use parlor_cluster::Outgoing;
use parlor_model::{SessionEnd, SessionId};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::notice::{Notice, SessionEnding};

use super::Connection;
use crate::metrics;

/// How a session and its client part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// Its client wants it, or is there again: nobody needs to be told its will.
    Peaceful,
    /// Its client does not know, or is not asked.
    Abrupt,
}

impl Connection {
    /// Takes the sessions off this connection that were ended from outside, and tells their
    /// clients, except those whose device has logged in again.
    pub(crate) fn remove_ended(&mut self) {
        for (session_id, end) in self.handle.take_ended() {
            // One that did not get as far as being open is refused instead.
            let removed = self.remove_session(session_id, parting(&end));
            let Some(Caller { client_id, .. }) = removed else {
                continue;
            };
            metrics::session_ended(&end);
            tracing::debug!(client.id = %client_id, ?end, "session ended from outside");
            if let Some(ending) = told(end) {
                let now = self.gateway.chat.clock().now();
                let notice = Notice::SessionEnded(ending).encode(&client_id, now);
                self.handle.deliver(Outgoing::Frame(notice));
            }
        }
    }

    /// Takes a session off this connection; its siblings stay.
    pub(crate) fn remove_session(
        &mut self,
        session_id: SessionId,
        parting: Parting,
    ) -> Option<Caller> {
        let position = self
            .sessions
            .iter()
            .position(|session| session.caller.session_id == session_id)?;
        let session = self.sessions.remove(position);
        // Out of its room and unregistered first: no event of the session comes after the word
        // that it ended.
        drop(session.room_seat);
        drop(session.registration);
        self.handle.deliver(Outgoing::Ended(session_id));
        match parting {
            Parting::Peaceful => session.will.revoke(),
            Parting::Abrupt => drop(session.will),
        }
        Some(session.caller)
    }
}

const fn parting(end: &SessionEnd) -> Parting {
    match end {
        SessionEnd::Superseded => Parting::Peaceful,
        SessionEnd::Conflict | SessionEnd::Kicked { .. } => Parting::Abrupt,
    }
}

/// Returns what the client of an ended session is told.
fn told(end: SessionEnd) -> Option<SessionEnding> {
    match end {
        SessionEnd::Superseded => None,
        SessionEnd::Conflict => Some(conflict()),
        SessionEnd::Kicked { reason } => Some(kicked(reason)),
    }
}

/// Another device has the tag.
pub(crate) fn conflict() -> SessionEnding {
    SessionEnding {
        code: ErrorCode::SessionConflict,
        reason: None,
        detail: Some("another device is logged in under the same tag".to_owned()),
    }
}

/// The app's server ended the session, and maybe said why.
pub(crate) fn kicked(reason: Option<Arc<str>>) -> SessionEnding {
    SessionEnding {
        code: ErrorCode::KickedByApp,
        reason,
        detail: Some("the session was ended by the app's server".to_owned()),
    }
}
