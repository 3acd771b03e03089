//! Chat rooms: members are whoever is online in them.
//!
//! The room's row and its messages are stored like those of any conversation; who is in it is
//! kept in memory by [`parlor_cluster::Rooms`]. A restart empties every room and forgets who
//! was in it: connections are lost then as well, and clients join again as they do after half
//! an hour away.
//!
//! **Invariant:** nobody is told that somebody came or went, and nothing here is written to the
//! database.

mod absence;
mod member;
mod seat;
mod start;

pub use seat::RoomSeat;

pub(crate) use absence::Absences;
