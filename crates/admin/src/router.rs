//! The table of routes, and the layers around it.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::error::ApiError;
use crate::level::{any, get, post};
use crate::transport::{body_limit, cors, encoding, request_line, slashes, text_plain};
use crate::{AdminState, classes, clients, conversations, date, notifications};

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

fn routes(state: AdminState) -> Router {
    Router::new()
        .route("/1.1/date", get(date::show))
        .route("/1.1/classes/_Conversation", get(conversations::find))
        .route("/1.1/classes/_Conversation/{id}", get(conversations::get))
        .route("/1.1/rtm/notifications", get(notifications::list))
        .route("/1.1/rtm/online", post(clients::check_online_1_1))
        .route("/1.2/rtm/clients/check-online", post(clients::check_online))
        .route("/1.1/classes/{class}", any(classes::unknown))
        .route("/1.1/classes/{class}/{id}", any(classes::unknown))
        .method_not_allowed_fallback(async || ApiError::wrong_method())
        .route_layer(from_fn(request_line::name_route))
        .fallback(async || ApiError::no_such_route())
        .with_state(state)
}
