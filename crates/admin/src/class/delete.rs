//! `DELETE /1.1/classes/{class}/{id}`: a row's end.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Class, condition};
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Delete};
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// A condition on the row, as JSON; nothing is deleted when it does not hold.
    #[serde(rename = "where")]
    condition: Option<String>,
}

pub(crate) fn endpoint<C: Class>(path: &str) -> Endpoint {
    Endpoint::new(
        Method::DELETE,
        format!("{path}/{{id}}"),
        delete::<C>,
        "Deletes a row",
    )
}

/// Deletes a row, or the rows of several ids that a comma joins: JavaScript does so.
async fn delete<C: Class>(
    _: ClassLevel<C, Delete>,
    State(state): State<AdminState>,
    Segments(ids): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Nothing>, ApiError> {
    let condition = condition::read(parameters.condition.as_deref())?;
    for id in ids.split(',').filter(|id| !id.is_empty()) {
        C::delete(&state.chat, id, &condition).await?;
    }
    Ok(Answer(Nothing {}))
}
