//! `_Conversation` as a class (spec 03 §3).

mod find;
mod get;

use crate::config::{ClientPermissions, Verb};
use crate::endpoint::Endpoint;
use crate::level::Class;

/// Returns the endpoints of the class.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![find::endpoint(), get::endpoint()]
}

/// The class.
pub(crate) enum Conversations {}

impl Class for Conversations {
    const NAME: &'static str = "_Conversation";

    fn open_to_clients(permissions: &ClientPermissions) -> &[Verb] {
        &permissions.conversation
    }
}
