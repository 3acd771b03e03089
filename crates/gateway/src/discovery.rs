//! The routers: where SDKs learn which socket to open (spec 01 §1).

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST};
use http::{HeaderMap, StatusCode};
use parlor_model::Peer;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::advertised::Advertised;
use crate::router::Gateway;

/// How long SDKs may keep an answer, in seconds.
const TTL_SECS: u32 = 3600;

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
    Extension(peer): Extension<Peer>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let advertised = advertised(&gateway, peer, &headers);
    let socket = advertised.socket_url(matches!(query.secure.as_deref(), Some("1" | "true")));
    answer(
        StatusCode::OK,
        &json!({
            "groupId": "g0",
            "groupUrl": advertised.base_url(),
            "server": socket,
            "secondary": socket,
            "ttl": TTL_SECS,
        }),
    )
}

/// `GET /1/route`: where JavaScript 3.x finds the router.
pub(crate) async fn push_router(
    State(gateway): State<Gateway>,
    Extension(peer): Extension<Peer>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let host = advertised(&gateway, peer, &headers).host();
    answer(
        StatusCode::OK,
        &json!({ "push_router_server": host, "ttl": TTL_SECS }),
    )
}

/// `GET /2/route`: the app router; hosts without a scheme.
pub(crate) async fn app_router(
    State(gateway): State<Gateway>,
    Extension(peer): Extension<Peer>,
    Query(query): Query<RouteQuery>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refuse_foreign_app(&gateway, &query) {
        return refusal;
    }
    let host = advertised(&gateway, peer, &headers).host();
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

fn advertised<'a>(gateway: &'a Gateway, peer: Peer, headers: &'a HeaderMap) -> Advertised<'a> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    Advertised::new(&gateway.config, host, peer.is_encrypted)
}
