//! Subscriptions to service conversations: by clients themselves, and by the app's server.
//!
//! **Invariant:** subscribing and unsubscribing is told to nobody and changes nothing of the
//! conversation itself: there may be millions of subscribers.

mod change;
mod list;

pub use change::SubscriptionError;
pub use list::{ListSubscriptions, SubscriptionOrder, stream_id};
/// A client's subscription, and a place in the list of them.
pub use parlor_store::stream::{Subscription, SubscriptionKey};
