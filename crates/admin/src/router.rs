//! The table of routes, and the layers around it.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::transport::{body_limit, cors, encoding, request_line, slashes, text_plain};
use crate::{
    AdminState, broadcasts, class, clients, conversations, date, live_query, member_infos, members,
    messages, notifications, openapi, restrictions, rooms, service_conversations, system_messages,
};

/// Returns the REST API. Whatever it does not know is answered with a JSON error, so it can be
/// the last router of a listener.
pub fn router(state: AdminState) -> Router {
    let max_body_bytes = state.config.max_body_bytes;
    // The last layer is the outermost. The layers surround the routes as a fallback because
    // some of them change the path and the method by which a route is chosen.
    Router::new()
        .fallback_service(routes(state))
        .layer(from_fn_with_state(max_body_bytes, text_plain::unwrap))
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn(encoding::refuse_unknown))
        .layer(from_fn(slashes::collapse))
        .layer(from_fn_with_state(max_body_bytes, body_limit::refuse))
        .layer(from_fn(cors::share))
        .layer(CompressionLayer::new())
        .layer(from_fn(request_line::write))
}

/// Returns the table: every endpoint there is.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        vec![openapi::endpoint(), date::endpoint()],
        conversations::endpoints(),
        members::endpoints(),
        rooms::endpoints(),
        messages::endpoints(),
        service_conversations::endpoints(),
        broadcasts::endpoints(),
        system_messages::endpoints(),
        clients::endpoints(),
        member_infos::endpoints(),
        restrictions::endpoints(),
        notifications::endpoints(),
        live_query::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn routes(state: AdminState) -> Router {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, endpoint| {
            router.route(&endpoint.path, endpoint.route)
        })
        .route("/1.1/classes/{class}", any(class::unknown))
        .route("/1.1/classes/{class}/{id}", any(class::unknown))
        .method_not_allowed_fallback(async || ApiError::wrong_method())
        .route_layer(from_fn(request_line::name_route))
        .fallback(async || ApiError::no_such_route())
        .with_state(state)
}
