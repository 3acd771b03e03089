//! The codes this server closes sockets with: one documented entry each.
//!
//! **Invariant:** a socket is closed for the whole connection's sake only. A session's problem
//! is answered in a frame and leaves the socket open, because several SDKs either reconnect in
//! a loop or give up for good after a close (spec 01 §2.6).

/// Why a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 1001: the node is shutting down; SDKs reconnect.
    GoingAway,
    /// 1011: what a client missed cannot be read at its login. It reconnects and asks again;
    /// going on would hide it for good.
    InternalError,
    /// 1013: the client reads more slowly than events arrive and its mailbox is full. It
    /// reconnects and catches up from unread counts and history.
    TooSlow,
    /// 4100: frames keep coming for an app that is not served here. JavaScript clients do not
    /// reconnect, so the `error` reply goes first.
    AppNotAvailable,
    /// 4101: the same installation logged in for push on a newer connection.
    DuplicatedLogin,
    /// 4103: no client id can be made out of what was sent. JavaScript clients do not reconnect.
    InvalidLogin,
    /// 4107: no inbound frame, ping or pong within the idle limit.
    ReadTimeout,
    /// 4108: connected, but neither `session/open` nor `login` within the login limit.
    LoginTimeout,
    /// 4109: a frame over the hard cap.
    FrameTooLong,
    /// 4110: the browser's `Origin` is not in the allow-list. JavaScript clients do not
    /// reconnect.
    InvalidOrigin,
    /// 4114: a frame that is no protobuf, or no base64 where text is spoken.
    UnparseableRawMessage,
}

impl CloseCode {
    /// Every close code.
    pub const ALL: [Self; 11] = [
        Self::GoingAway,
        Self::InternalError,
        Self::TooSlow,
        Self::AppNotAvailable,
        Self::DuplicatedLogin,
        Self::InvalidLogin,
        Self::ReadTimeout,
        Self::LoginTimeout,
        Self::FrameTooLong,
        Self::InvalidOrigin,
        Self::UnparseableRawMessage,
    ];

    /// Returns the number sent in the close frame.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::InternalError => 1011,
            Self::TooSlow => 1013,
            Self::AppNotAvailable => 4100,
            Self::DuplicatedLogin => 4101,
            Self::InvalidLogin => 4103,
            Self::ReadTimeout => 4107,
            Self::LoginTimeout => 4108,
            Self::FrameTooLong => 4109,
            Self::InvalidOrigin => 4110,
            Self::UnparseableRawMessage => 4114,
        }
    }

    /// Returns the reason sent in the close frame, which holds at most 123 bytes.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "GOING_AWAY",
            Self::InternalError => "INTERNAL_ERROR",
            Self::TooSlow => "TOO_SLOW",
            Self::AppNotAvailable => "APP_NOT_AVAILABLE",
            Self::DuplicatedLogin => "DUPLICATED_LOGIN",
            Self::InvalidLogin => "INVALID_LOGIN",
            Self::ReadTimeout => "READ_TIMEOUT",
            Self::LoginTimeout => "LOGIN_TIMEOUT",
            Self::FrameTooLong => "FRAME_TOO_LONG",
            Self::InvalidOrigin => "INVALID_ORIGIN",
            Self::UnparseableRawMessage => "UNPARSEABLE_RAW_MESSAGE",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_reasons_are_distinct_and_fit_a_close_frame() {
        let numbers: HashSet<u16> = CloseCode::ALL.iter().map(|code| code.number()).collect();
        let reasons: HashSet<&str> = CloseCode::ALL.iter().map(|code| code.reason()).collect();
        assert_eq!(numbers.len(), CloseCode::ALL.len());
        assert_eq!(reasons.len(), CloseCode::ALL.len());
        assert!(reasons.iter().all(|reason| reason.len() <= 123));
    }
}
