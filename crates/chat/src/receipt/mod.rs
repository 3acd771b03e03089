//! Who has received and read what: acknowledgements, receipts, progress.

mod acknowledge;
mod owed;
mod progress;

pub use acknowledge::AckedUpTo;
pub use progress::{Progress, ProgressError, ProgressOf};

pub(crate) use acknowledge::Acknowledger;
pub(crate) use owed::{read, tell};
