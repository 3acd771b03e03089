//! Messages: sending, committing, delivering, reading back.

mod history;
mod send;
mod typed;
mod writer;

pub use history::{Direction, HistoryBound, HistoryError, HistoryMessage, ReadHistory};
pub use send::{SendDone, SendError, SendMessage, Sent};

pub(crate) use writer::{Deliverer, MessageWriter};
