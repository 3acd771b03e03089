//! The gateway's place among the HTTP routes.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use parlor_chat::Chat;
use parlor_cluster::Registry;
use parlor_model::Peer;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::rate::{AppRate, Rates};
use crate::{Config, discovery, metrics, upgrade};

/// How connections learn that the node stops, in this order.
#[derive(Clone, Debug, Default)]
pub struct Stopping {
    /// Connections are asked to go elsewhere and served as before; new ones are refused.
    pub draining: CancellationToken,
    /// Connections are closed.
    pub closing: CancellationToken,
}

/// Everything a connection needs; cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) chat: Chat,
    pub(crate) registry: Registry,
    pub(crate) config: Arc<Config>,
    pub(crate) tracker: TaskTracker,
    pub(crate) stopping: Stopping,
    /// One permit per connection.
    pub(crate) permits: Arc<Semaphore>,
    /// What each client has sent.
    pub(crate) rates: Rates,
    /// What all of them have sent.
    pub(crate) app_rate: Arc<AppRate>,
}

impl Gateway {
    /// Makes the gateway. Connections run on `tracker` until `stopping` ends them.
    #[must_use]
    pub fn new(
        chat: Chat,
        registry: Registry,
        config: Config,
        tracker: TaskTracker,
        stopping: Stopping,
    ) -> Self {
        metrics::describe();
        let permits = config.max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            chat,
            registry,
            config: Arc::new(config),
            tracker,
            stopping,
            permits: Arc::new(Semaphore::new(permits)),
            rates: Rates::default(),
            app_rate: Arc::new(AppRate::new(Instant::now())),
        }
    }
}

/// Adds the routers of spec 01 §1 to `router`, and takes WebSocket upgrades on every path: SDKs
/// open whatever URL the operator gave them. Requests must carry their [`Peer`] as an extension.
pub fn attach(gateway: Gateway, router: Router) -> Router {
    let discovery = Router::new()
        .route("/v1/route", get(discovery::rtm_router))
        .route("/1/route", get(discovery::push_router))
        .route("/2/route", get(discovery::app_router))
        .with_state(gateway.clone());
    router
        .merge(discovery)
        .layer(middleware::from_fn_with_state(gateway, take_upgrades))
}

async fn take_upgrades(
    State(gateway): State<Gateway>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if upgrade::is_upgrade(request.headers()) {
        upgrade::accept(gateway, peer, request).await
    } else {
        next.run(request).await
    }
}
