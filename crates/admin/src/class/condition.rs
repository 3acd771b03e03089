//! The `where` parameter.

use parlor_model::JsonObject;
use serde_json::Value;

use crate::error::ApiError;

/// Reads a condition; a list of conditions means all of them, nothing means any row.
pub(crate) fn read(text: Option<&str>) -> Result<JsonObject, ApiError> {
    let Some(text) = text else {
        return Ok(JsonObject::new());
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(condition)) => Ok(condition),
        Ok(Value::Array(conditions)) => Ok(JsonObject::from_iter([(
            "$and".to_owned(),
            conditions.into(),
        )])),
        Ok(Value::Null) => Ok(JsonObject::new()),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_condition_is_an_object_or_a_list_of_them() {
        for (text, expected) in [
            (None, json!({})),
            (Some("null"), json!({})),
            (Some("{}"), json!({})),
            (Some(r#"{"m":"a"}"#), json!({ "m": "a" })),
            (Some(r#"[{"m":"a"}]"#), json!({ "$and": [{ "m": "a" }] })),
        ] {
            assert_eq!(Value::Object(read(text).unwrap()), expected, "{text:?}");
        }
        let deep = r#"{"$and":["#.repeat(100_000);
        for text in ["x", "3", "{", &deep] {
            let error = format!("{:?}", read(Some(text)).unwrap_err());
            assert!(error.contains("parameter where "), "{error}");
        }
    }
}
