//! The operator's listener: is it alive, is it ready, what does it count.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_store::Store;
use tokio_util::sync::CancellationToken;

/// How long a database may take to say that it is there.
const PING: Duration = Duration::from_secs(2);

/// What the operator's endpoints look at; cheap to clone.
#[derive(Clone)]
pub(crate) struct Operator {
    metrics: PrometheusHandle,
    /// Fires when the server no longer accepts clients.
    closing: CancellationToken,
    /// Set as soon as the server accepts clients.
    store: Arc<OnceLock<Store>>,
}

impl Operator {
    /// Makes the state of a server that is starting.
    pub(crate) fn new(metrics: PrometheusHandle, closing: CancellationToken) -> Self {
        Self {
            metrics,
            closing,
            store: Arc::default(),
        }
    }

    /// Tells that the server accepts clients and uses this database.
    pub(crate) fn ready_with(&self, store: Store) {
        // A server becomes ready once.
        let _ = self.store.set(store);
    }
}

/// Returns the routes `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn router(operator: Operator) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(operator)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can serve: it accepts clients and its database answers.
async fn readyz(State(operator): State<Operator>) -> Response {
    if operator.closing.is_cancelled() {
        return unready("shutting down\n");
    }
    let Some(store) = operator.store.get() else {
        return unready("starting\n");
    };
    match tokio::time::timeout(PING, store.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            unready("database is not reachable\n")
        }
        Err(_) => unready("database does not answer\n"),
    }
}

async fn metrics(State(operator): State<Operator>) -> Response {
    if let Some(store) = operator.store.get() {
        let (open, idle) = store.connections();
        metrics::gauge!("parlor_database_connections").set(open);
        #[expect(clippy::cast_precision_loss, reason = "a pool is small")]
        metrics::gauge!("parlor_database_connections_idle").set(idle as f64);
    }
    (
        [("content-type", "text/plain; version=0.0.4")],
        operator.metrics.render(),
    )
        .into_response()
}

fn unready(problem: &'static str) -> Response {
    (axum::http::StatusCode::SERVICE_UNAVAILABLE, problem).into_response()
}
