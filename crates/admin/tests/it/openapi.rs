//! The OpenAPI document.

use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::scene::Scene;

#[test]
fn the_committed_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == parlor_admin::openapi_document(),
        "docs/openapi.json is out of date, run `make openapi`"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_document_is_served_to_everybody(pool: PgPool) {
    let scene = Scene::new(pool);
    let answer = scene.get_with("/openapi.json", &[]).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, parlor_admin::openapi_document().as_bytes());
}

/// Asks without credentials for everything that is described: what needs some must refuse.
#[sqlx::test(migrations = "../../migrations")]
async fn whatever_is_described_is_there_and_asks_who_calls(pool: PgPool) {
    let scene = Scene::new(pool);
    let document: Value = serde_json::from_str(&parlor_admin::openapi_document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name}");
            let method: Method = method.to_uppercase().parse().unwrap();
            let target = path.replace('{', "x").replace('}', "");
            let answer = scene.ask_with(method, &target, &[], &json!({})).await;
            let needs_nothing = operation["security"].is_null();
            let expected = if needs_nothing { 200 } else { 401 };
            assert_eq!(answer.status.as_u16(), expected, "{name}: {answer:?}");
        }
    }
}
