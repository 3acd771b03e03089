//! A row of a class in an answer.

use parlor_model::JsonObject;
use serde::Serialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The columns of a row by their names.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Row(pub(crate) JsonObject);

impl PartialSchema for Row {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("objectId", text())
            .property("createdAt", text())
            .property("updatedAt", text())
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Row {}
