//! One line in the log and one count per request.
//!
//! **Invariant:** a request is known by its route, never by its path, query, headers or body:
//! those hold ids and keys.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;

use crate::metrics;

/// The template of the route that answered, carried from inside the routes to [`write`].
#[derive(Clone)]
struct Route(MatchedPath);

/// Leaves the route's name on the answer.
pub(crate) async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Route(route));
    response
}

/// Writes the line when the answer is there.
pub(crate) async fn write(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let response = next.run(request).await;
    let route = match response.extensions().get::<Route>() {
        Some(Route(route)) => route.as_str(),
        None if method == Method::OPTIONS => "preflight",
        None => "unmatched",
    };
    let status = response.status();
    let duration = started.elapsed();
    tracing::info!(
        %method,
        route,
        status = status.as_u16(),
        duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        "rest request"
    );
    metrics::answered(route, status, duration);
    response
}
