//! Conversations: the class `_Conversation` (spec 03 §3) and the calls by kind (§2.2).

pub(crate) mod class;
mod create;
mod delete;
mod find;
pub(crate) mod kind;
mod update;

use crate::class::endpoints as class_endpoints;
use crate::endpoint::Endpoint;
use kind::{ChatRoom, Normal, PathKind, Service};

/// Returns the endpoints of conversations.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = class_endpoints::<class::Conversations>();
    endpoints.push(find::of_all_kinds());
    endpoints.extend(of_kind::<Normal>());
    endpoints.extend(of_kind::<ChatRoom>());
    endpoints.extend(of_kind::<Service>());
    endpoints
}

fn of_kind<K: PathKind>() -> [Endpoint; 4] {
    [
        create::endpoint::<K>(),
        find::endpoint::<K>(),
        update::endpoint::<K>(),
        delete::endpoint::<K>(),
    ]
}
