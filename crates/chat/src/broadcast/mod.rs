//! What the app's server says in service conversations: to some clients, to subscribers, to
//! everybody (spec 03 §2.3).

mod manage;
mod send;

pub use manage::BroadcastError;
/// A broadcast to everybody that still reaches who logs in.
pub use parlor_store::broadcast::LiveBroadcast;
pub use send::SendService;
