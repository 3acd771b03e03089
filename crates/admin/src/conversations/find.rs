//! `GET /1.1/classes/_Conversation`: rows by a query (spec 03 §3.4, §3.5).

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use parlor_chat::FindConversations;
use parlor_model::JsonObject;
use serde_json::{Map, Value, json};

use super::Conversations;
use crate::error::ApiError;
use crate::level::{ClassLevel, Find};
use crate::parameters::Parameters;
use crate::{AdminState, reply};

/// Rows of an answer when the request does not say how many, or says a number out of range.
const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: i64 = 1000;

/// Answers with the rows in `results`, which is always there, and with `count` when asked.
pub(crate) async fn find(
    _: ClassLevel<Conversations, Find>,
    State(state): State<AdminState>,
    parameters: Parameters,
) -> Result<Response, ApiError> {
    let found = state.chat.find_conversations(read(&parameters)?).await?;
    let rows: Vec<Value> = found.rows.into_iter().map(Value::Object).collect();
    let mut body = json!({ "results": rows });
    if let Some(count) = found.count {
        body["count"] = count.into();
    }
    Ok(reply::json(StatusCode::OK, &body))
}

fn read(parameters: &Parameters) -> Result<FindConversations, ApiError> {
    let count = parameters.flag("count")?;
    Ok(FindConversations {
        filter: filter(parameters.text("where"))?,
        order: parameters.text("order").map(str::to_owned),
        skip: skip(parameters)?,
        limit: limit(parameters, count)?,
        keys: parameters.text("keys").map(str::to_owned),
        count,
    })
}

/// Reads a filter; a list of filters means all of them.
fn filter(text: Option<&str>) -> Result<JsonObject, ApiError> {
    let Some(text) = text else {
        return Ok(Map::new());
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(filter)) => Ok(filter),
        Ok(Value::Array(filters)) => Ok(Map::from_iter([("$and".to_owned(), filters.into())])),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(ApiError::bad_json(
            "parameter where",
            "must be a JSON object",
        )),
        Err(error) => Err(ApiError::bad_json(
            "parameter where",
            &format!("is not JSON: {error}"),
        )),
    }
}

fn skip(parameters: &Parameters) -> Result<u32, ApiError> {
    let skip = parameters.integer("skip")?.unwrap_or(0);
    u32::try_from(skip)
        .map_err(|_| ApiError::parameter("skip", &format!("must be between 0 and {}", u32::MAX)))
}

/// Reads the limit: a number out of range falls back, it is not clamped. Zero is for those who
/// only count.
fn limit(parameters: &Parameters, count: bool) -> Result<u32, ApiError> {
    Ok(match parameters.integer("limit")? {
        Some(0) if count => 0,
        Some(limit @ 1..=MAX_LIMIT) => u32::try_from(limit).unwrap_or(DEFAULT_LIMIT),
        _ => DEFAULT_LIMIT,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;

    use super::*;

    fn parameters(query: &str) -> Parameters {
        let uri: Uri = format!("/?{query}").parse().unwrap();
        Parameters::read(&uri).unwrap()
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
            let find = read(&parameters(query)).unwrap();
            assert_eq!(find.limit, expected, "{query}");
        }
    }

    #[test]
    fn a_filter_is_an_object_or_a_list_of_them() {
        for (query, expected) in [
            ("", json!({})),
            ("where=", json!({})),
            ("where=null", json!({})),
            ("where={}", json!({})),
            ("where=%7B%22m%22%3A%22a%22%7D", json!({ "m": "a" })),
            (
                "where=[%7B%22m%22%3A%22a%22%7D]",
                json!({ "$and": [{ "m": "a" }] }),
            ),
        ] {
            // Braces are not legal in a URI, but every parser on the way lets them pass.
            let query = query.replace('{', "%7B").replace('}', "%7D");
            let find = read(&parameters(&query)).unwrap();
            assert_eq!(Value::Object(find.filter), expected, "{query}");
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
            ("where=3", "where"),
        ] {
            let error = format!("{:?}", read(&parameters(query)).unwrap_err());
            assert!(error.contains(&format!("parameter {name} ")), "{error}");
        }
    }
}
