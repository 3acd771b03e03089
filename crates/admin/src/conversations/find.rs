//! `GET /1.2/rtm/{kind}`, `GET /1.2/rtm/all-conversations`: conversations by a query.

use axum::extract::State;
use http::Method;
use parlor_model::ConversationKind;
use serde_json::json;

use super::class::Conversations;
use super::kind::PathKind;
use crate::AdminState;
use crate::class::{FindParameters, Found};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Find};
use crate::query::Query;
use crate::reply::Answer;

const ABOUT: &str = "Finds conversations";

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    let path = format!("/1.2/rtm/{}", K::SEGMENT);
    Endpoint::new(Method::GET, path, find::<K>, ABOUT)
}

pub(crate) fn of_all_kinds() -> Endpoint {
    Endpoint::new(Method::GET, "/1.2/rtm/all-conversations", find_all, ABOUT)
}

async fn find<K: PathKind>(
    _: ClassLevel<Conversations, Find>,
    State(state): State<AdminState>,
    Query(parameters): Query<FindParameters>,
) -> Result<Answer<Found>, ApiError> {
    let mut request = parameters.read()?;
    let of_the_kind = match K::KIND {
        ConversationKind::ChatRoom => json!({ "tr": true }),
        ConversationKind::Service => json!({ "sys": true }),
        ConversationKind::Normal | ConversationKind::Temporary => {
            json!({ "tr": { "$ne": true }, "sys": { "$ne": true } })
        }
    };
    let wanted = json!([of_the_kind, request.filter]);
    request.filter = [("$and".to_owned(), wanted)].into_iter().collect();
    Ok(Answer(state.chat.find_conversations(request).await?.into()))
}

async fn find_all(
    _: ClassLevel<Conversations, Find>,
    State(state): State<AdminState>,
    Query(parameters): Query<FindParameters>,
) -> Result<Answer<Found>, ApiError> {
    let found = state.chat.find_conversations(parameters.read()?).await?;
    Ok(Answer(found.into()))
}
