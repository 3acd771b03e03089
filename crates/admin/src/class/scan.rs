//! `GET /1.1/scan/classes/{class}`: all rows, page by page, for the app's servers.

use axum::extract::State;
use http::Method;
use parlor_chat::{ScanKey, ScanOrder, ScanRows};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Class, condition, cursor};
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::row::Row;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// A condition, as JSON.
    #[serde(rename = "where")]
    filter: Option<String>,
    /// What to walk along: `objectId`, `createdAt` or `updatedAt`; `-` in front for descending.
    scan_key: Option<String>,
    /// Rows wanted, from 1 to 1000.
    limit: Option<i64>,
    /// Keys to return, joined by commas; `-` in front of those to leave out.
    keys: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
}

/// A page; the cursor of the last one is `null`, which the JavaScript SDK waits for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Scanned {
    results: Vec<Row>,
    cursor: Option<String>,
}

pub(crate) fn endpoint<C: Class>() -> Endpoint {
    let path = format!("/1.1/scan/classes/{}", C::NAME);
    Endpoint::new(Method::GET, path, scan::<C>, "Walks along all rows")
}

async fn scan<C: Class>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Scanned>, ApiError> {
    let now = state.chat.clock().now();
    let order = order(parameters.scan_key.as_deref())?;
    let after = parameters
        .cursor
        .map(|text| cursor::read(&text, order, now))
        .transpose()?;
    let request = ScanRows {
        filter: condition::read(parameters.filter.as_deref())?,
        order,
        after,
        limit: super::find::limit(parameters.limit, false),
        keys: parameters.keys,
    };
    let scanned = C::scan(&state.chat, request).await?;
    Ok(Answer(Scanned {
        cursor: scanned
            .next
            .map(|position| cursor::write(order, &position, now)),
        results: scanned.rows.into_iter().map(Row).collect(),
    }))
}

fn order(scan_key: Option<&str>) -> Result<ScanOrder, ApiError> {
    let text = scan_key.unwrap_or("objectId");
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let key = match name {
        "objectId" => ScanKey::Id,
        "createdAt" => ScanKey::Created,
        "updatedAt" => ScanKey::Updated,
        _ => {
            return Err(ApiError::parameter(
                "scan_key",
                "must be objectId, createdAt or updatedAt",
            ));
        }
    };
    Ok(ScanOrder { key, descending })
}
