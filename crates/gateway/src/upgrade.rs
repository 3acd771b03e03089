//! From an HTTP request to a WebSocket (spec 01 §2.1).

use axum::Json;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, StatusCode};
use parlor_model::Peer;
use parlor_wire::close_code::CloseCode;
use parlor_wire::subprotocol::Subprotocol;
use serde_json::json;
use tracing::Instrument as _;

use crate::connection;
use crate::metrics;
use crate::router::Gateway;

/// Read buffer of a socket. Client frames are small, and this is most of what an idle
/// connection costs.
const READ_BUFFER_BYTES: usize = 1024;

/// Bytes gathered before a write to the socket; a wake-up flushes what is there.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// How far over the frame limit the WebSocket layer still reads, so that a frame over the limit
/// is answered with its close code instead of a broken socket.
const FRAME_SLACK: usize = 4;

/// Tells whether a request asks for a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Upgrades a request and runs the connection.
pub(crate) async fn accept(gateway: Gateway, peer: Peer, request: Request) -> Response {
    if gateway.stopping.draining.is_cancelled() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "shutting down, try again");
    }
    let (mut parts, _) = request.into_parts();
    let subprotocol = match subprotocol(&parts.headers, parts.uri.query()) {
        Ok(subprotocol) => subprotocol,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem),
    };
    let Ok(permit) = gateway.permits.clone().try_acquire_owned() else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "too many connections");
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let frame_bytes = gateway.config.max_frame_bytes * FRAME_SLACK;
    let upgrade = upgrade
        .protocols([subprotocol.name()])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(frame_bytes)
        .max_frame_size(frame_bytes)
        .on_failed_upgrade(|error| tracing::debug!(%error, "upgrade failed"));
    let allowed = origin_allowed(&gateway.config.allowed_origins, &parts.headers);
    let tracker = gateway.tracker.clone();
    let span = tracing::info_span!("gateway.connection", peer.address = %peer.address);
    upgrade.on_upgrade(move |socket| {
        let connection = async move {
            if allowed {
                connection::run(gateway, socket, subprotocol, peer).await;
            } else {
                close_at_once(socket, CloseCode::InvalidOrigin).await;
            }
            drop(permit);
        };
        tracker.track_future(connection.instrument(span))
    })
}

/// Picks the first offered subprotocol that is spoken here. Without an offer the query
/// parameter decides, as mini-program builds send it, and without either the client is one from
/// before subprotocols.
fn subprotocol(headers: &HeaderMap, query: Option<&str>) -> Result<Subprotocol, String> {
    let offered: Vec<&str> = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let names: Vec<&str> = if offered.is_empty() {
        query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|pair| pair.strip_prefix("subprotocol="))
            .collect()
    } else {
        offered
    };
    if names.is_empty() {
        return Ok(Subprotocol::UNNAMED);
    }
    names
        .iter()
        .find_map(|name| Subprotocol::parse(name))
        .ok_or_else(|| {
            let spoken: Vec<&str> = Subprotocol::ALL.iter().map(|known| known.name()).collect();
            format!(
                "no subprotocol of [{}] is spoken here, offer one of [{}]",
                names.join(", "),
                spoken.join(", ")
            )
        })
}

fn origin_allowed(allowed: &[String], headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    allowed.is_empty()
        || allowed
            .iter()
            .any(|one| origin.as_bytes().eq_ignore_ascii_case(one.as_bytes()))
}

/// Browsers learn the reason only from a close frame, so the upgrade is completed first.
async fn close_at_once(mut socket: WebSocket, code: CloseCode) {
    metrics::closed(code.number());
    let frame = CloseFrame {
        code: code.number(),
        reason: code.reason().into(),
    };
    if let Err(error) = socket.send(Message::Close(Some(frame))).await {
        tracing::debug!(%error, "peer left before it was refused");
    }
}

fn refuse(status: StatusCode, problem: &str) -> Response {
    let body = json!({ "code": status.as_u16(), "error": problem });
    (status, Json(body)).into_response()
}
