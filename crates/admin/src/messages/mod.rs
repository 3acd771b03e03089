//! Messages: the log, and what becomes of messages in it (spec 03 §2.4, §2.5, §2.11).

mod delete;
mod edit;
mod history;
mod key;
mod patch;
mod recall;
mod replace;
mod send;
mod text;

use crate::conversations::kind::{ChatRoom, Normal};
use crate::endpoint::Endpoint;

/// Returns the endpoints of messages.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        send::endpoint::<Normal>(),
        send::endpoint::<ChatRoom>(),
        send::legacy(),
        history::of_conversation::<Normal>(),
        history::of_conversation::<ChatRoom>(),
        history::of_client(),
        history::of_everything(),
        history::legacy("/1.1/rtm/messages/history"),
        history::legacy("/1.1/rtm/messages/logs"),
        edit::endpoint::<Normal>(),
        edit::endpoint::<ChatRoom>(),
        recall::endpoint::<Normal>(),
        recall::endpoint::<ChatRoom>(),
        patch::endpoint(),
        delete::endpoint::<Normal>(),
        delete::endpoint::<ChatRoom>(),
        delete::legacy(),
        replace::endpoint(),
    ]
}
