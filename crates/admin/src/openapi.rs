//! The OpenAPI document of the route table.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Components, HttpMethod, Info, License, OpenApi, Paths, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::endpoint::{Description, Endpoint, Outcome};
use crate::level::Anonymous;
use crate::transport::header;
use crate::{AdminState, router};

/// The media type of every body and answer.
pub(crate) const JSON: &str = "application/json";

/// The name of the schema that every failure has.
pub(crate) const FAILURE: &str = "Failure";

/// Credentials as the document calls them.
pub(crate) mod scheme {
    pub(crate) const APP_ID: &str = "AppId";
    pub(crate) const APP_KEY: &str = "AppKey";
    pub(crate) const MASTER_KEY: &str = "MasterKey";
    pub(crate) const CLIENT_SESSION: &str = "ClientSession";
}

/// A failed request. `error` is prose, or the name of the code for the codes of messaging, which
/// say the rest in `detail`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    pub(crate) code: u16,
    pub(crate) error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

/// The document, as it is served.
#[derive(Clone, Debug)]
pub(crate) struct Document(pub(crate) Arc<str>);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, JSON)], self.0.to_string()).into_response()
    }
}

impl Outcome for Document {
    fn describe(description: &mut Description) {
        description.answer::<AnyObject>("200", "An OpenAPI 3.1 document.");
    }
}

/// Stands for any JSON object in a description.
enum AnyObject {}

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        Object::with_type(Type::Object).into()
    }
}

impl ToSchema for AnyObject {}

/// `GET /openapi.json`: this document.
pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/openapi.json", show, "Describes this API")
}

async fn show(_: Anonymous, State(state): State<AdminState>) -> Document {
    state.openapi
}

/// Returns the OpenAPI document of the whole API, as it is served at `/openapi.json`.
#[must_use]
pub fn openapi_document() -> String {
    document(&router::endpoints())
}

fn document(endpoints: &[Endpoint]) -> String {
    let mut info = Info::new("Parlor REST API", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The messaging and storage API of LeanCloud, as far as Realtime apps use it.".to_owned(),
    );
    info.license = Some(License::new("Apache-2.0"));
    let mut paths = Paths::new();
    let mut components = Components::new();
    for endpoint in endpoints {
        let Description { operation, schemas } = &endpoint.description;
        let method = method(&endpoint.method);
        paths.add_path_operation(&endpoint.path, vec![method], operation.clone());
        components.schemas.extend(schemas.iter().cloned());
    }
    components
        .schemas
        .insert(FAILURE.to_owned(), Failure::schema());
    for (name, header, meaning) in [
        (scheme::APP_ID, header::APP_ID[0], "The app's id."),
        (scheme::APP_KEY, header::APP_KEY[0], "The app key."),
        (
            scheme::MASTER_KEY,
            header::APP_KEY[0],
            "The master key, followed by `,master`.",
        ),
        (
            scheme::CLIENT_SESSION,
            header::CLIENT_SESSION[0],
            "The session token of a client that is logged in on a socket.",
        ),
    ] {
        let key = ApiKeyValue::with_description(header, meaning);
        components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    let mut text = document
        .to_pretty_json()
        .expect("a document of texts is JSON");
    text.push('\n');
    text
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
