//! `GET /1.1/classes/_SysMessage`: rows by a query.

use axum::extract::State;
use http::Method;

use crate::AdminState;
use crate::class::find::{FindParameters, Found};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.1/classes/_SysMessage";
    let about = "Finds what clients sent to the app's server";
    Endpoint::new(Method::GET, path, find, about)
}

async fn find(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<FindParameters>,
) -> Result<Answer<Found>, ApiError> {
    let found = state.chat.find_system_messages(parameters.read()?).await?;
    Ok(Answer(Found::from(found)))
}
