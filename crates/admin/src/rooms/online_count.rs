//! `GET /1.2/rtm/chatrooms/{id}/members/online-count`, `GET /1.1/rtm/transient_group/onlines`:
//! how many clients are in a room.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::AdminState;
use crate::conversations::kind::{self, ChatRoom, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::{AppLevel, MasterLevel};
use crate::query::Query;
use crate::reply::{Answer, Wrapped};
use crate::segments::Segments;

const ABOUT: &str = "Counts the clients in a chat room";

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// The chat room.
    gid: String,
}

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.2/rtm/chatrooms/{id}/members/online-count";
    Endpoint::new(Method::GET, path, count, ABOUT)
}

pub(crate) fn legacy() -> Endpoint {
    let path = "/1.1/rtm/transient_group/onlines";
    Endpoint::new(Method::GET, path, count_1_1, ABOUT)
}

async fn count(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Wrapped<u64>>, ApiError> {
    answer(&state, &id).await
}

async fn count_1_1(
    _: AppLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Wrapped<u64>>, ApiError> {
    answer(&state, &parameters.gid).await
}

async fn answer(state: &AdminState, id: &str) -> Result<Answer<Wrapped<u64>>, ApiError> {
    let id = read_id(id, ImCode::ConversationNotFound)?;
    kind::check::<ChatRoom>(state, &id, ImCode::ConversationNotFound).await?;
    let count = state.chat.count_members(&id).await?;
    Ok(Answer(Wrapped {
        result: count as u64,
    }))
}
