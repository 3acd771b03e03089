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

/// The template of the route that answered, carried from inside the routes to [`write()`].
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::{Router, routing};
    use tower::ServiceExt;

    use super::*;

    /// Collects what a subscriber writes.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_request_is_one_line_without_ids_parameters_and_keys() {
        let routes = Router::new()
            .route("/1.1/rows/{id}", routing::get(async || "row"))
            .route_layer(from_fn(name_route));
        let router = Router::new().fallback_service(routes).layer(from_fn(write));
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        for (method, target) in [
            ("GET", "/1.1/rows/secret?where=secret"),
            ("POST", "/1.1/rows/secret"),
            ("GET", "/secret"),
            ("OPTIONS", "/secret"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(target)
                .header("x-lc-key", "secret")
                .body(Body::from("secret"))
                .unwrap();
            router.clone().oneshot(request).await.unwrap();
        }

        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let expected = [
            r#"method=GET route="/1.1/rows/{id}" status=200 duration_us="#,
            r#"method=POST route="/1.1/rows/{id}" status=405 duration_us="#,
            r#"method=GET route="unmatched" status=404 duration_us="#,
            r#"method=OPTIONS route="preflight" status=404 duration_us="#,
        ];
        assert_eq!(log.lines().count(), expected.len(), "{log}");
        for (line, expected) in log.lines().zip(expected) {
            assert!(line.contains(expected), "{line}");
        }
        assert!(!log.contains("secret"), "{log}");
    }
}
