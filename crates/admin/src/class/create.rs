//! `POST /1.1/classes/{class}`: a new row.

use axum::extract::State;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::Class;
use crate::AdminState;
use crate::body::RowBody;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Create};
use crate::query::Query;
use crate::reply::Created;
use crate::row::Row;

/// How SDKs ask for more than the id: Python and Java one way, JavaScript the other.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Whether to answer with the whole row.
    #[serde(rename = "fetchWhenSave")]
    fetch_when_save: Option<bool>,
    /// The same.
    new: Option<bool>,
}

pub(crate) fn endpoint<C: Class>(path: &str) -> Endpoint {
    Endpoint::new(Method::POST, path, create::<C>, "Creates a row")
}

async fn create<C: Class>(
    _: ClassLevel<C, Create>,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
    RowBody(row): RowBody,
) -> Result<Created<Row>, ApiError> {
    let new = C::create(&state.chat, row).await?;
    let wants_all = parameters.fetch_when_save == Some(true) || parameters.new == Some(true);
    let whole = if wants_all {
        C::get(&state.chat, &new.id, None).await?
    } else {
        None
    };
    let location = format!("{}/{}", super::path::<C>(), new.id);
    let created_at = new.created_at.to_iso();
    let row = whole.unwrap_or_else(|| {
        [
            ("objectId".to_owned(), Value::from(new.id)),
            ("createdAt".to_owned(), json!(created_at)),
        ]
        .into_iter()
        .collect()
    });
    Ok(Created {
        location,
        body: Row(row),
    })
}
