//! `_Conversation` as a class (spec 03 §3).

mod find;
mod get;

use crate::config::{ClientPermissions, Verb};
use crate::level::Class;

pub(crate) use find::find;
pub(crate) use get::get;

/// The class.
pub(crate) enum Conversations {}

impl Class for Conversations {
    const NAME: &'static str = "_Conversation";

    fn open_to_clients(permissions: &ClientPermissions) -> &[Verb] {
        &permissions.conversation
    }
}
