//! A session's place in whatever room it joins.

use parlor_cluster::Rooms;
use parlor_model::SessionId;
use uuid::Uuid;

use super::Absences;
use crate::{Caller, Chat};

/// Takes the session out of its room when dropped, and remembers the room for its return. A
/// session holds it for life, in a room or not.
#[must_use = "dropping it takes the session out of its room"]
#[derive(Debug)]
pub struct RoomSeat {
    rooms: Rooms,
    absences: Absences,
    login: Uuid,
    session_id: SessionId,
}

impl Chat {
    /// Gives a session that just opened its seat, in the room its login was cut off from less
    /// than half an hour ago, if there is one (spec 02 §4).
    ///
    /// The session must be registered. An older session of the same login may still look alive,
    /// because a lost phone is noticed late; the new one takes its place. Who was blocked
    /// meanwhile stays outside.
    pub async fn take_room_seat(&self, caller: &Caller) -> RoomSeat {
        let login = caller.session_key;
        let room = self
            .absences
            .end(login)
            .or_else(|| self.rooms.room_of(login));
        if let Some(room) = room {
            let sat_down = self.sit_down_unless_blocked(caller, &room).await;
            if let Err(error) = sat_down {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    conversation.id = %room,
                    "session could not be put back into its room, it has to join again"
                );
            }
        }
        RoomSeat {
            rooms: self.rooms.clone(),
            absences: self.absences.clone(),
            login,
            session_id: caller.session_id,
        }
    }
}

impl Drop for RoomSeat {
    fn drop(&mut self) {
        if let Some(room) = self.rooms.leave_session(self.login, self.session_id) {
            self.absences.begin(self.login, room);
        }
    }
}
