//! The query of a request, field by field.

use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use utoipa::IntoParams;

use crate::AdminState;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;
use crate::parameters::Parameters;

/// The parameters of a request as the fields of `T`. An empty one counts as absent.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> Query<T> {
    pub(crate) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let texts = parameters
            .iter()
            .map(|(name, text)| (name, Text { name, text }));
        let fields = T::deserialize(MapDeserializer::new(texts));
        fields.map(Self).map_err(|Problem { name, problem }| {
            ApiError::parameter(name.as_deref().unwrap_or("string"), &problem)
        })
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AdminState> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AdminState) -> Result<Self, ApiError> {
        Self::read(&Parameters::read(&parts.uri)?)
    }
}

impl<T: IntoParams + 'static> Input for Query<T> {
    fn describe(description: &mut Description) {
        description.query::<T>();
    }
}

/// Why a query makes no sense.
#[derive(Debug)]
struct Problem {
    name: Option<String>,
    problem: String,
}

impl Problem {
    fn of(name: &str, problem: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            problem: problem.to_owned(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self {
            name: None,
            problem: problem.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(field, "is missing")
    }
}

/// The text of one parameter, read as whatever its field is.
struct Text<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'de> IntoDeserializer<'de, Problem> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor
            .visit_str(self.text)
            .map_err(|Problem { problem, .. }| Problem::of(self.name, &problem))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    /// Reads `true` in any case, as Python spells it `True`, or any number but zero.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_bool(if self.text.eq_ignore_ascii_case("true") {
            true
        } else if self.text.eq_ignore_ascii_case("false") {
            false
        } else {
            let number = self.text.parse::<i64>();
            number.map_err(|_| Problem::of(self.name, "must be true, false, 1 or 0"))? != 0
        })
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let number = self.text.parse();
        visitor.visit_i64(number.map_err(|_| Problem::of(self.name, "must be a whole number"))?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let number = self
            .text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite());
        visitor.visit_f64(number.ok_or_else(|| Problem::of(self.name, "must be a number"))?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Fields {
        needed: String,
        number: Option<i64>,
        switch: Option<bool>,
    }

    fn read(query: &str) -> Result<Fields, ApiError> {
        let uri = format!("/?{query}").parse().unwrap();
        Query::read(&Parameters::read(&uri)?).map(|Query(fields)| fields)
    }

    #[test]
    fn a_field_is_read_as_what_it_is() {
        let fields = read("needed=7&number=-3&switch=True&other=x").unwrap();
        assert_eq!(fields.needed, "7");
        assert_eq!(fields.number, Some(-3));
        assert_eq!(fields.switch, Some(true));
        let fields = read("needed=n&number=&switch=").unwrap();
        assert_eq!((fields.number, fields.switch), (None, None));
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
        ] {
            let fields = read(&format!("needed=n&switch={text}")).unwrap();
            assert_eq!(fields.switch, Some(expected), "{text:?}");
        }
    }

    #[test]
    fn a_parameter_that_makes_no_sense_is_named() {
        for (query, expected) in [
            ("", "parameter needed is missing"),
            ("needed=", "parameter needed is missing"),
            (
                "needed=n&number=x",
                "parameter number must be a whole number",
            ),
            ("needed=n&switch=yes", "parameter switch must be true"),
        ] {
            let error = format!("{:?}", read(query).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
