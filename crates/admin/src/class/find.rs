//! `GET /1.1/classes/{class}`: rows by a query (spec 03 §3.4, §3.5).

use axum::extract::State;
use http::Method;
use parlor_chat::{FindRows, FoundRows};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Class, condition};
use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::{ClassLevel, Find};
use crate::query::Query;
use crate::reply::Answer;
use crate::row::Row;

/// Rows of an answer when the request does not say how many, or says a number out of range.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: i64 = 1000;

pub(crate) fn endpoint<C: Class>(path: &str) -> Endpoint {
    Endpoint::new(Method::GET, path, find::<C>, "Finds rows")
}

/// Answers with the rows in `results`, which is always there, and with `count` when asked.
async fn find<C: Class>(
    _: ClassLevel<C, Find>,
    State(state): State<AdminState>,
    Query(parameters): Query<FindParameters>,
) -> Result<Answer<Found>, ApiError> {
    let found = C::find(&state.chat, parameters.read()?).await?;
    Ok(Answer(found.into()))
}

/// The parameters of a find.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct FindParameters {
    /// A condition, as JSON.
    #[serde(rename = "where")]
    filter: Option<String>,
    /// Keys to sort by, joined by commas; `-` in front for descending.
    order: Option<String>,
    /// Rows to skip.
    skip: Option<i64>,
    /// Rows wanted, from 1 to 1000.
    limit: Option<i64>,
    /// Keys to return, joined by commas; `-` in front of those to leave out.
    keys: Option<String>,
    /// Whether to count all rows that match.
    count: Option<bool>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    results: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

impl FindParameters {
    /// Reads what is wanted.
    pub(crate) fn read(self) -> Result<FindRows, ApiError> {
        let count = self.count.unwrap_or_default();
        Ok(FindRows {
            filter: condition::read(self.filter.as_deref())?,
            order: self.order,
            skip: skip(self.skip)?,
            limit: limit(self.limit, count),
            keys: self.keys,
            count,
        })
    }
}

impl From<FoundRows> for Found {
    fn from(found: FoundRows) -> Self {
        Self {
            results: found.rows.into_iter().map(Row).collect(),
            count: found.count,
        }
    }
}

pub(crate) fn skip(skip: Option<i64>) -> Result<u32, ApiError> {
    let skip = skip.unwrap_or_default();
    u32::try_from(skip)
        .map_err(|_| ApiError::parameter("skip", &format!("must be between 0 and {}", u32::MAX)))
}

/// Reads the limit: a number out of range falls back, it is not clamped. Zero is for those who
/// only count.
pub(crate) fn limit(limit: Option<i64>, count: bool) -> u32 {
    match limit {
        Some(0) if count => 0,
        Some(limit @ 1..=MAX_LIMIT) => u32::try_from(limit).unwrap_or(DEFAULT_LIMIT),
        _ => DEFAULT_LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;

    use super::*;

    fn find(query: &str) -> Result<FindRows, ApiError> {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        let Query(parameters): Query<FindParameters> =
            Query::read(&crate::parameters::Parameters::read(&uri)?)?;
        parameters.read()
    }

    #[test]
    fn a_limit_out_of_range_falls_back() {
        for (query, expected) in [
            ("", 100),
            ("limit=", 100),
            ("limit=1", 1),
            ("limit=1000", 1000),
            ("limit=1001", 100),
            ("limit=-1", 100),
            ("limit=0", 100),
            ("limit=0&count=0", 100),
            ("limit=0&count=1", 0),
            ("limit=0&count=true", 0),
        ] {
            let find = find(query).unwrap();
            assert_eq!(find.limit, expected, "{query}");
        }
    }

    #[test]
    fn a_parameter_that_makes_no_sense_is_named() {
        for (query, name) in [
            ("limit=ten", "limit"),
            ("skip=-1", "skip"),
            ("skip=99999999999", "skip"),
            ("count=maybe", "count"),
            ("where=x", "where"),
        ] {
            let error = format!("{:?}", find(query).unwrap_err());
            assert!(error.contains(&format!("parameter {name} ")), "{error}");
        }
    }
}
