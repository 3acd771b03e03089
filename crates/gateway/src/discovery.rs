//! The routers: where SDKs learn which socket to open (spec 01 §1).

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST};
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::WebSocketScheme;
use crate::router::Gateway;

/// How long SDKs may keep an answer, in seconds.
const TTL_SECS: u32 = 3600;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What SDKs put into the query; everything else they send is of no use here.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RouteQuery {
    #[serde(rename = "appId")]
    app_id: Option<String>,
    secure: Option<String>,
}

/// `GET /v1/route`: the socket's URL. All five keys are always there, because SDKs fail
/// silently without them.
pub(crate) async fn rtm_router(
    State(gateway): State<Gateway>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let base = base_url(&gateway, &headers);
    let socket = socket_url(&gateway, &base, query.secure.as_deref());
    answer(
        StatusCode::OK,
        &json!({
            "groupId": "g0",
            "groupUrl": base,
            "server": socket,
            "secondary": socket,
            "ttl": TTL_SECS,
        }),
    )
}

/// `GET /1/route`: where JavaScript 3.x finds the router.
pub(crate) async fn push_router(
    State(gateway): State<Gateway>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let base = base_url(&gateway, &headers);
    let host = host_of(&base);
    answer(
        StatusCode::OK,
        &json!({ "push_router_server": host, "ttl": TTL_SECS }),
    )
}

/// `GET /2/route`: the app router; hosts without a scheme.
pub(crate) async fn app_router(
    State(gateway): State<Gateway>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let base = base_url(&gateway, &headers);
    let host = host_of(&base);
    answer(
        StatusCode::OK,
        &json!({
            "ttl": TTL_SECS,
            "api_server": host,
            "engine_server": host,
            "push_server": host,
            "rtm_router_server": host,
            "stats_server": host,
        }),
    )
}

/// Swift and Objective-C stop reconnecting on 404 only, so the status is part of the protocol.
fn refuse_foreign_app(gateway: &Gateway, query: &RouteQuery) -> Option<Response> {
    let problem = match query.app_id.as_deref() {
        Some(app_id) if app_id == gateway.config.app_id => return None,
        Some(_) => "appId is not served here, check the application id of the client",
        None => "query parameter appId is missing",
    };
    Some(answer(
        StatusCode::NOT_FOUND,
        &json!({ "code": 404, "error": problem }),
    ))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")],
        Json(body.clone()),
    )
        .into_response()
}

fn base_url(gateway: &Gateway, headers: &HeaderMap) -> String {
    if let Some(public_url) = &gateway.config.public_url {
        return public_url.trim_end_matches('/').to_owned();
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match text(FORWARDED_PROTO) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{}", text(HOST).unwrap_or("localhost"))
}

fn host_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn socket_url(gateway: &Gateway, base: &str, secure: Option<&str>) -> String {
    let scheme = match gateway.config.websocket_scheme {
        WebSocketScheme::Ws => "ws",
        WebSocketScheme::Wss => "wss",
        WebSocketScheme::AsAsked if matches!(secure, Some("1" | "true")) => "wss",
        WebSocketScheme::AsAsked => "ws",
    };
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    // A bare authority gets the root path: the .NET client refuses a URL without one.
    let root = if rest.contains('/') { "" } else { "/" };
    format!("{scheme}://{rest}{root}")
}
