//! `GET /1.2/rtm/chatrooms/{id}/members`, `GET /1.1/rtm/transient_group/members`: some of the
//! clients in a room.

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

const ABOUT: &str = "Lists some of the clients in a chat room, at most 50";

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// The chat room.
    gid: String,
}

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.2/rtm/chatrooms/{id}/members";
    Endpoint::new(Method::GET, path, list, ABOUT)
}

pub(crate) fn legacy() -> Endpoint {
    let path = "/1.1/rtm/transient_group/members";
    Endpoint::new(Method::GET, path, list_1_1, ABOUT)
}

async fn list(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    answer(&state, &id).await
}

async fn list_1_1(
    _: AppLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    answer(&state, &parameters.gid).await
}

async fn answer(state: &AdminState, id: &str) -> Result<Answer<Wrapped<Vec<String>>>, ApiError> {
    let id = read_id(id, ImCode::ConversationNotFound)?;
    kind::check::<ChatRoom>(state, &id, ImCode::ConversationNotFound).await?;
    let clients = state.chat.sample_members(&id, None).await?;
    Ok(Answer(Wrapped {
        result: clients.iter().map(ToString::to_string).collect(),
    }))
}
