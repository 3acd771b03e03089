//! Who is connected to this node, and how events reach them.
//!
//! The gateway registers each session; `chat` delivers events to clients by id. An event for
//! many sessions is encoded once: it travels as a shared [`Published`].
//!
//! **Invariant:** the registry stores addresses, never session state, and delivering never
//! waits: a connection whose mailbox is full is closed, nobody else notices.

mod mailbox;
mod published;
mod registry;
mod rooms;

pub use mailbox::{
    Closing, ConnectionHandle, Mailbox, MissedBatch, Opened, Outgoing, OverflowSignal, mailbox,
};
pub use published::{Encoding, Published};
pub use registry::{Audience, Registration, Registry, SessionAddress, SessionHandle};
pub use rooms::{Except, Rooms};
