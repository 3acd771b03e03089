//! `PUT /1.1/classes/{class}/{id}`: changes of a row.

use axum::extract::State;
use http::Method;
use parlor_model::JsonObject;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::{Class, condition};
use crate::AdminState;
use crate::body::RowBody;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Update};
use crate::query::Query;
use crate::reply::Answer;
use crate::row::Row;
use crate::segments::Segments;

/// What the row must be like, and how SDKs ask for more than the time of change.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// A condition on the row, as JSON; nothing is changed when it does not hold.
    #[serde(rename = "where")]
    condition: Option<String>,
    /// Whether to answer with the changed columns.
    #[serde(rename = "fetchWhenSave")]
    fetch_when_save: Option<bool>,
    /// The same.
    new: Option<bool>,
}

pub(crate) fn endpoint<C: Class>(path: &str) -> Endpoint {
    Endpoint::new(
        Method::PUT,
        format!("{path}/{{id}}"),
        update::<C>,
        "Changes a row",
    )
}

async fn update<C: Class>(
    _: ClassLevel<C, Update>,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
    RowBody(row): RowBody,
) -> Result<Answer<Row>, ApiError> {
    let condition = condition::read(parameters.condition.as_deref())?;
    let changed = names(&row);
    let updated_at = C::update(&state.chat, &id, row, condition).await?;
    let wants_more = parameters.fetch_when_save == Some(true) || parameters.new == Some(true);
    let mut answer = JsonObject::new();
    if wants_more && let Some(mut row) = C::get(&state.chat, &id, Some(&changed)).await? {
        row.remove("createdAt");
        answer = row;
    }
    answer.insert("objectId".to_owned(), id.into());
    answer.insert("updatedAt".to_owned(), Value::from(updated_at.to_iso()));
    Ok(Answer(Row(answer)))
}

/// Returns the columns that a request writes to.
fn names(row: &JsonObject) -> String {
    let columns = row.keys().map(|key| key.split('.').next().unwrap_or(key));
    // Without any, the answer is to hold no columns rather than all.
    let mut names = "objectId".to_owned();
    for column in columns {
        names.push(',');
        names.push_str(column);
    }
    names
}
