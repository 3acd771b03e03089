//! The operator's listener: is it alive, is it ready, what does it count.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_store::Store;

/// How long a database may take to say that it is there.
const PING: Duration = Duration::from_secs(2);

/// What the operator's endpoints look at.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) store: Store,
    /// `None` when another server of this process (in tests) has the recorder.
    pub(crate) metrics: Option<PrometheusHandle>,
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

/// The process can serve: its database answers.
async fn readyz(State(operator): State<Operator>) -> Response {
    match tokio::time::timeout(PING, operator.store.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            unready("database is not reachable\n")
        }
        Err(_) => unready("database does not answer\n"),
    }
}

async fn metrics(State(operator): State<Operator>) -> Response {
    let Some(metrics) = &operator.metrics else {
        return unready("metrics belong to another server of this process\n");
    };
    let (open, idle) = operator.store.connections();
    metrics::gauge!("parlor_database_connections").set(open);
    #[expect(clippy::cast_precision_loss, reason = "a pool is small")]
    metrics::gauge!("parlor_database_connections_idle").set(idle as f64);
    metrics.run_upkeep();
    (
        [("content-type", "text/plain; version=0.0.4")],
        metrics.render(),
    )
        .into_response()
}

fn unready(problem: &'static str) -> Response {
    (axum::http::StatusCode::SERVICE_UNAVAILABLE, problem).into_response()
}
