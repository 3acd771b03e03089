//! `GET /1.1/rtm/notifications`: what a client missed while it was away.

use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::endpoint::Endpoint;
use crate::level::ClientLevel;
use crate::reply::Answer;
use crate::row::Row;

/// Both shapes that SDKs expect in one answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Missed {
    notifications: Vec<Row>,
    has_more: bool,
    permanent: Permanent,
    droppable: Droppable,
}

#[derive(Serialize, ToSchema)]
struct Permanent {
    notifications: Vec<Row>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Droppable {
    invalid_local_conv_cache: bool,
    notifications: Vec<Row>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.1/rtm/notifications",
        list,
        "Lists what a client missed",
    )
}

/// Answers that nothing is kept and that what the client remembers of its conversations may be
/// out of date: SDKs then ask for them again.
async fn list(client: ClientLevel) -> Answer<Missed> {
    tracing::debug!(client.id = %client.client_id, "notifications asked for");
    Answer(Missed {
        notifications: Vec::new(),
        has_more: false,
        permanent: Permanent {
            notifications: Vec::new(),
        },
        droppable: Droppable {
            invalid_local_conv_cache: true,
            notifications: Vec::new(),
        },
    })
}
