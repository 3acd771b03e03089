//! The body of a request: JSON, whatever its content type says (spec 03 §1.4, §1.5).

use axum::extract::{FromRequest, Request};
use parlor_model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::AdminState;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;
use crate::row::Row;
use crate::transport::body_limit;

/// A body with the fields of `T`. Nothing and `null` stand for a body without fields, and a
/// field that is `null` is absent.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AdminState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, ApiError> {
        let mut fields = read(request, state).await?;
        fields.retain(|_, value| !value.is_null());
        parse(fields).map(Self)
    }
}

/// A body that is a row, with every key and with its `null`s.
#[derive(Debug)]
pub(crate) struct RowBody(pub(crate) JsonObject);

impl FromRequest<AdminState> for RowBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, ApiError> {
        read(request, state).await.map(Self)
    }
}

impl Input for RowBody {
    fn describe(description: &mut Description) {
        description.body::<Row>();
    }
}

impl<T: ToSchema + 'static> Input for Body<T> {
    fn describe(description: &mut Description) {
        description.body::<T>();
    }
}

/// Reads the object that a body is.
async fn read(request: Request, state: &AdminState) -> Result<JsonObject, ApiError> {
    let max_bytes = state.config.max_body_bytes;
    let bytes = body_limit::read(request.into_body(), max_bytes).await?;
    object(&bytes)
}

fn object(bytes: &[u8]) -> Result<JsonObject, ApiError> {
    if bytes.trim_ascii().is_empty() {
        return Ok(JsonObject::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(JsonObject::new()),
        Ok(_) => Err(ApiError::bad_json("body", "must be a JSON object")),
        Err(error) => Err(ApiError::bad_json("body", &format!("is not JSON: {error}"))),
    }
}

fn parse<T: DeserializeOwned>(fields: JsonObject) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        let name = if path == "." { "body" } else { &path };
        ApiError::field(name, &format!("is wrong: {}", error.inner()))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Fields {
        names: Vec<String>,
    }

    #[test]
    fn nothing_and_null_have_no_fields() {
        for text in ["", " \n", "null", "{}"] {
            assert_eq!(object(text.as_bytes()).unwrap(), JsonObject::new());
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["[]", "7", "{", "a=b", "{} {}", &deep] {
            object(text.as_bytes()).unwrap_err();
        }
        object(b"\xff").unwrap_err();
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (body, named) in [
            (json!({ "names": ["a", 7] }), "names[1] is wrong"),
            (json!({ "names": "a" }), "names is wrong"),
            (json!({}), "missing field `names`"),
        ] {
            let error = parse::<Fields>(body.as_object().unwrap().clone()).unwrap_err();
            let error = format!("{error:?}");
            assert!(error.contains(named), "{error}");
        }
        let fields = json!({ "names": ["a"], "unknown": 1 });
        let fields: Fields = parse(fields.as_object().unwrap().clone()).unwrap();
        assert_eq!(fields.names, ["a"]);
    }
}
