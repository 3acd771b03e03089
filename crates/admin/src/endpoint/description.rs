//! What the OpenAPI document says about one endpoint.

use utoipa::openapi::content::Content;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{RefOr, Required, Response, Schema, SecurityRequirement};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::{FAILURE, JSON};

/// An operation that is being put together, and the schemas it refers to.
#[derive(Default)]
pub(crate) struct Description {
    pub(crate) operation: Operation,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    /// Begins with a summary, the parameters in braces of a path, and the form of failures.
    pub(crate) fn new(path: &str, about: &str) -> Self {
        let mut description = Self::default();
        description.operation.summary = Some(about.to_owned());
        let failure = Response::builder().description("A failure.").content(
            JSON,
            Content::new(Some(utoipa::openapi::Ref::from_schema_name(FAILURE))),
        );
        description
            .operation
            .responses
            .responses
            .insert("default".to_owned(), failure.build().into());
        for segment in path.split('/') {
            let name = segment
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            if let Some(name) = name {
                description.parameter(text(name, ParameterIn::Path));
            }
        }
        description
    }

    /// Adds a sentence below the summary.
    pub(crate) fn say(&mut self, sentence: &str) {
        let text = self.operation.description.get_or_insert_default();
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
    }

    /// Adds credentials that are enough when all of them are there.
    pub(crate) fn credentials(&mut self, schemes: &[&str]) {
        let mut all = SecurityRequirement::default();
        for scheme in schemes {
            all = all.add::<_, _, String>(*scheme, []);
        }
        self.operation.security.get_or_insert_default().push(all);
    }

    /// Adds a text in the query that must be there.
    pub(crate) fn query_text(&mut self, name: &str) {
        self.parameter(text(name, ParameterIn::Query));
    }

    /// Adds the fields of `T` as parameters in the query.
    pub(crate) fn query<T: IntoParams>(&mut self) {
        for mut parameter in T::into_params(|| Some(ParameterIn::Query)) {
            if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema {
                object.schema_type = not_null(&object.schema_type);
            }
            self.parameter(parameter);
        }
    }

    /// Sets the body.
    pub(crate) fn body<T: ToSchema>(&mut self) {
        let content = self.content::<T>();
        let body = RequestBody::builder().content(JSON, content).build();
        self.operation.request_body = Some(body.into());
    }

    /// Adds an answer.
    pub(crate) fn answer<T: ToSchema>(&mut self, status: &str, meaning: &str) {
        let content = self.content::<T>();
        let response = Response::builder()
            .description(meaning)
            .content(JSON, content)
            .build();
        self.operation
            .responses
            .responses
            .insert(status.to_owned(), response.into());
    }

    fn content<T: ToSchema>(&mut self) -> Content {
        T::schemas(&mut self.schemas);
        Content::new(Some(T::schema()))
    }

    fn parameter(&mut self, parameter: Parameter) {
        self.operation
            .parameters
            .get_or_insert_default()
            .push(RefOr::T(parameter));
    }
}

/// A parameter is there or not, and never `null` as a field of a body may be.
fn not_null(schema_type: &SchemaType) -> SchemaType {
    match schema_type {
        SchemaType::Array(types) => {
            let mut types = types.iter().filter(|kind| **kind != Type::Null);
            types
                .next()
                .map_or(SchemaType::AnyValue, |kind| SchemaType::Type(kind.clone()))
        }
        SchemaType::Type(_) | SchemaType::AnyValue => schema_type.clone(),
    }
}

fn text(name: &str, place: ParameterIn) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::True)
        .schema(Some(Object::with_type(Type::String)))
        .build()
}
