//! Service conversations: who subscribes to them, and what is said in them (spec 03 §2.3, §2.7,
//! §2.11).

mod broadcast;
mod send;
mod subscribe;
mod subscribers;
mod subscriptions;

use parlor_model::ClientId;

use crate::endpoint::Endpoint;
use crate::error::ApiError;

pub(crate) use send::{is_service, send_to_clients};

/// Returns the endpoints of service conversations.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        send::endpoint(),
        broadcast::endpoint(),
        broadcast::legacy(),
        subscribe::subscribe(),
        subscribe::unsubscribe(),
        subscribe::subscribe_1_1("/1.1/rtm/conversation/subscription"),
        // As it is spelled in code that customers published.
        subscribe::subscribe_1_1("/1.1/rtm/broadcast/subscription"),
        subscribe::unsubscribe_1_1(),
        subscribers::list(),
        subscribers::count(),
        subscribers::list_1_1(),
        subscribers::count_1_1(),
        subscribers::is_subscribed_1_1(),
        subscriptions::endpoint(),
        subscriptions::legacy(),
    ]
}

/// Reads a client id; `name` says where it was given.
fn read_client(name: &str, text: &str) -> Result<ClientId, ApiError> {
    ClientId::parse(text).map_err(|error| ApiError::client_id(name, error))
}
