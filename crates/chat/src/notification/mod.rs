//! What clients missed while they were away and may ask for (spec 02 §3.4, §14).
//!
//! Permanent events are stored in the transaction of the operation that they tell, for those of
//! their audience whose sessions ask for it; nobody has to remember to do it, because
//! [`crate::Draft`] does. Receipts are stored for senders who are not there to hear them.
//!
//! **Invariant:** a client is never told that it has heard everything when something may be gone.

mod keep;
mod list;

pub(crate) use keep::{describe, keep, keep_receipts};
pub use list::{Notifications, NotificationsError, NotificationsPage};
