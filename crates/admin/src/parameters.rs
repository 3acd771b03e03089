//! Query parameters as clients spell them (spec 03 §1.5).

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Query};
use http::Uri;
use http::request::Parts;

use crate::AdminState;
use crate::error::ApiError;

/// The parameters of a request. An empty one counts as absent, one that nobody asks for is
/// ignored: SDKs send more than an endpoint uses.
#[derive(Debug)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn read(uri: &Uri) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| ApiError::parameter("string", "is not form-encoded"))?;
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            if parameters.contains_key(&name) {
                return Err(ApiError::parameter(&name, "is given twice"));
            }
            parameters.insert(name, value);
        }
        Ok(Self(parameters))
    }

    /// Returns a parameter as it is.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Returns a whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| ApiError::parameter(name, "must be a whole number"))
            })
            .transpose()
    }

    /// Tells whether a switch is on: `true` in any case, as Python spells it `True`, or any
    /// number but zero.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(false);
        };
        if text.eq_ignore_ascii_case("true") {
            return Ok(true);
        }
        if text.eq_ignore_ascii_case("false") {
            return Ok(false);
        }
        text.parse::<i64>()
            .map(|number| number != 0)
            .map_err(|_| ApiError::parameter(name, "must be true, false, 1 or 0"))
    }
}

impl FromRequestParts<AdminState> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AdminState) -> Result<Self, ApiError> {
        Self::read(&parts.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, ApiError> {
        Parameters::read(&format!("/?{query}").parse().unwrap())
    }

    #[test]
    fn a_switch_has_many_spellings() {
        for (text, expected) in [
            ("1", true),
            ("2", true),
            ("True", true),
            ("true", true),
            ("0", false),
            ("False", false),
            ("", false),
        ] {
            let parameters = read(&format!("count={text}")).unwrap();
            assert_eq!(parameters.flag("count").unwrap(), expected, "{text:?}");
        }
        assert!(read("count=yes").unwrap().flag("count").is_err());
    }

    #[test]
    fn a_parameter_counts_once() {
        let error = format!("{:?}", read("limit=1&limit=2").unwrap_err());
        assert!(error.contains("parameter limit is given twice"), "{error}");
    }
}
