//! Messages: sending, committing, delivering, reading back, patching.

mod browse;
mod correct;
mod history;
mod missed;
mod patch;
mod post;
mod replay;
mod send;
mod system;
mod typed;
mod writer;

pub use browse::{
    BrowseBound, BrowseError, BrowseMessages, BrowseScope, BrowsedMessage, HistorySignature,
};
pub use correct::CorrectError;
pub use history::{Direction, HistoryBound, HistoryError, HistoryMessage, ReadHistory};
pub use missed::{Missed, MissedAtLogin};
pub use patch::{Editor, PatchChange, PatchDone, PatchError, PatchMessage};
pub use post::PostMessage;
pub use replay::PatchReplay;
pub use send::{SendDone, SendError, SendMessage, Sent};
pub use system::FindSystemError;

pub(crate) use typed::type_of;
pub(crate) use writer::{Deliverer, Echo, MessageWriter, Pending, Recipients};
