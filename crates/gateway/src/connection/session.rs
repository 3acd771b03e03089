//! One client logged in on a connection.

use std::sync::Arc;

use parlor_chat::{Caller, Login, Missed, RoomSeat, WillGuard};
use parlor_cluster::{Registration, SessionAddress};

use crate::metrics::SessionGauge;
use crate::rate::Rate;

/// The state of one session, a plain field of its connection. Dropping it takes the client
/// offline here.
pub(crate) struct Session {
    /// On whose behalf commands run.
    pub(crate) caller: Caller,
    /// Whom its events are addressed to.
    pub(crate) address: Arc<SessionAddress>,
    /// What it has still to be told of the messages it missed.
    pub(crate) missed: Missed,
    /// What its tokens stand for.
    pub(crate) login: Login,
    /// How often it has asked, together with the client's other sessions.
    pub(crate) rate: Rate,
    /// Keeps the session in its chat room.
    pub(crate) room_seat: RoomSeat,
    /// Keeps the session reachable.
    pub(crate) registration: Registration,
    /// Has its will told when it dies; dropped when the session can no longer hear it.
    pub(crate) will: WillGuard,
    /// Counts the session.
    pub(crate) _gauge: SessionGauge,
}
