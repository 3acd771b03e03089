//! What a connection is told unasked about itself and its sessions, from [`Notice`] to a frame.
//!
//! Unlike an [event](crate::event) a notice is for one connection: nobody else gets it, and it
//! is gone when the connection is.

use std::sync::Arc;

use bytes::Bytes;
use parlor_model::{ClientId, Timestamp};

use crate::encode::{self, session};
use crate::error_code::ErrorCode;
use crate::proto::{CommandType, GenericCommand};

/// Something a connection is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// One of its sessions was ended; the others go on.
    SessionEnded(SessionEnding),
    /// The node is about to stop: connect again, best to another one.
    GoAway,
}

/// Why a session was ended or not let in, as it is told to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEnding {
    /// The code.
    pub code: ErrorCode,
    /// What to say in place of the code's name.
    pub reason: Option<Arc<str>>,
    /// Prose that names the cause.
    pub detail: Option<String>,
}

impl Notice {
    /// Returns the notice's frame for a client of the connection.
    #[must_use]
    pub fn encode(&self, client_id: &ClientId, server_ts: Timestamp) -> Bytes {
        let frame = match self {
            Self::SessionEnded(ending) => session::ended(ending),
            Self::GoAway => encode::frame(CommandType::Goaway, None),
        };
        encode::bytes(&GenericCommand {
            peer_id: Some(client_id.to_string()),
            service: Some(encode::MESSAGING),
            server_ts: Some(server_ts.as_millis()),
            ..frame
        })
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    fn decoded(notice: &Notice) -> GenericCommand {
        let alice = ClientId::trusted("alice");
        let bytes = notice.encode(&alice, Timestamp::from_millis(7));
        GenericCommand::decode(bytes).unwrap()
    }

    #[test]
    fn w26_a_notice_has_service_client_and_time_and_no_serial() {
        let ending = SessionEnding {
            code: ErrorCode::SessionConflict,
            reason: None,
            detail: None,
        };
        for notice in [Notice::SessionEnded(ending), Notice::GoAway] {
            let frame = decoded(&notice);
            assert_eq!(frame.i, None);
            assert_eq!(frame.service, Some(2));
            assert_eq!(frame.peer_id.as_deref(), Some("alice"));
            assert_eq!(frame.server_ts, Some(7));
        }
    }

    #[test]
    fn w33_w39_an_ended_session_is_told_the_codes_name_or_the_apps_words() {
        for (reason, told) in [(None, "KICKED_BY_APP"), (Some("bye"), "bye")] {
            let frame = decoded(&Notice::SessionEnded(SessionEnding {
                code: ErrorCode::KickedByApp,
                reason: reason.map(Arc::from),
                detail: Some("why".to_owned()),
            }));
            let body = frame.session_message.unwrap();
            assert_eq!(body.code, Some(4115));
            assert_eq!(body.reason.as_deref(), Some(told));
            assert_eq!(body.detail.as_deref(), Some("why"));
        }
    }

    #[test]
    fn w54_goaway_is_a_command_without_operation() {
        let frame = decoded(&Notice::GoAway);
        assert_eq!(frame.cmd, Some(21));
        assert_eq!(frame.op, None);
    }
}
