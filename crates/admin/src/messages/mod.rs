//! Messages: the log, and what becomes of messages in it (spec 03 §2.4, §2.5, §2.11).

mod delete;
mod edit;
mod history;
pub(crate) mod key;
mod patch;
mod recall;
mod replace;
pub(crate) mod send;
pub(crate) mod text;

use crate::conversations::kind::{ChatRoom, Normal, Service};
use crate::endpoint::Endpoint;

/// Returns the endpoints of messages.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        send::endpoint::<Normal>(),
        send::endpoint::<ChatRoom>(),
        send::legacy(),
        history::of_conversation::<Normal>(),
        history::of_conversation::<ChatRoom>(),
        history::of_conversation::<Service>(),
        history::of_stream(),
        history::of_client(),
        history::of_everything(),
        history::legacy("/1.1/rtm/messages/history"),
        history::legacy("/1.1/rtm/messages/logs"),
        edit::endpoint::<Normal>(),
        edit::endpoint::<ChatRoom>(),
        edit::endpoint::<Service>(),
        recall::endpoint::<Normal>(),
        recall::endpoint::<ChatRoom>(),
        recall::endpoint::<Service>(),
        patch::endpoint(),
        delete::endpoint::<Normal>(),
        delete::endpoint::<ChatRoom>(),
        delete::legacy(),
        replace::endpoint(),
    ]
}
