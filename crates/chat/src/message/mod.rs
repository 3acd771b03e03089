//! Messages: sending, committing, delivering, reading back, patching.

mod history;
mod patch;
mod replay;
mod send;
mod typed;
mod writer;

pub use history::{Direction, HistoryBound, HistoryError, HistoryMessage, ReadHistory};
pub use patch::{Editor, PatchChange, PatchDone, PatchError, PatchMessage};
pub use replay::PatchReplay;
pub use send::{SendDone, SendError, SendMessage, Sent};

pub(crate) use writer::{Deliverer, MessageWriter, Recipients};
