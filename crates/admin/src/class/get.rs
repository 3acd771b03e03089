//! `GET /1.1/classes/{class}/{id}`: one row.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Class;
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Get};
use crate::query::Query;
use crate::reply::Answer;
use crate::row::Row;
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Keys to return, joined by commas; `-` in front of those to leave out.
    keys: Option<String>,
}

pub(crate) fn endpoint<C: Class>(path: &str) -> Endpoint {
    Endpoint::new(
        Method::GET,
        format!("{path}/{{id}}"),
        get::<C>,
        "Reads a row",
    )
}

/// Answers with the row; an unknown id is an empty object, which SDKs turn into their own
/// error (spec 03 §3.2).
async fn get<C: Class>(
    _: ClassLevel<C, Get>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Row>, ApiError> {
    let row = C::get(&state.chat, &id, parameters.keys.as_deref()).await?;
    Ok(Answer(Row(row.unwrap_or_default())))
}
