//! Query parameters as clients spell them (spec 03 §1.5).

use std::collections::BTreeMap;

use axum::extract::Query;
use http::Uri;

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

    /// Returns every parameter that is not empty.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (&**name, &**text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, ApiError> {
        Parameters::read(&format!("/?{query}").parse().unwrap())
    }

    #[test]
    fn a_parameter_counts_once() {
        let error = format!("{:?}", read("limit=1&limit=2").unwrap_err());
        assert!(error.contains("parameter limit is given twice"), "{error}");
    }
}
