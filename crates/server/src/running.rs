//! A running server, from the first listener to the last.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::serve::ListenerExt;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_sign::AppCredentials;
use parlor_store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::credentials::{self, Origin};
use crate::embedded::{EmbeddedOptions, EmbeddedPostgres};
use crate::operator::{self, Operator};
use crate::telemetry;
use crate::wiring::{self, Tasks};

/// How long connections may take to end, and after them the message writer.
const DRAIN: Duration = Duration::from_secs(20);

/// A server that accepts clients until [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    /// Where clients connect.
    pub http_addr: SocketAddr,
    /// Where operators look.
    pub admin_addr: SocketAddr,
    /// The app that is served.
    pub credentials: AppCredentials,
    /// Whether this or an earlier start made the credentials.
    pub(crate) origin: Origin,
    store: Store,
    postgres: Option<EmbeddedPostgres>,
    listening: CancellationToken,
    listeners: TaskTracker,
    doors: Tasks,
    service: Tasks,
}

impl Running {
    /// Starts a server and returns when it accepts clients. Port 0 picks a free one.
    ///
    /// # Errors
    /// One line that names the key, path or program to mend.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let metrics = metrics_of_this_process();
        let (credentials, origin) = credentials::load_or_generate(&config)?;
        // Bound before the database starts, so that a taken port is told at once.
        let http = bind("listen.http", config.listen.http).await?;
        let admin = bind("listen.admin", config.listen.admin).await?;
        let (http_addr, admin_addr) = (http.local_addr()?, admin.local_addr()?);

        let (url, postgres) = database(&config).await?;
        let store = wiring::open_store(&config, &url).await?;
        let (doors, service) = (Tasks::default(), Tasks::default());
        let router = wiring::build(&config, &credentials, &store, &doors, &service);
        let operator = operator::router(Operator {
            store: store.clone(),
            metrics,
        });

        let listening = CancellationToken::new();
        let listeners = TaskTracker::new();
        serve(&listeners, http, router, listening.clone());
        serve(&listeners, admin, operator, listening.clone());
        tracing::info!(%http_addr, %admin_addr, app.id = credentials.id, "accepting clients");
        Ok(Self {
            http_addr,
            admin_addr,
            credentials,
            origin,
            store,
            postgres,
            listening,
            listeners,
            doors,
            service,
        })
    }

    /// Stops accepting, ends connections, commits and delivers what was accepted, closes the
    /// database. Each step has a deadline; a step that misses it is logged and left behind.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.doors.cancel.cancel();
        self.listening.cancel();
        finish("connections", &self.doors.tracker).await;
        finish("requests", &self.listeners).await;
        self.service.cancel.cancel();
        finish("message writer", &self.service.tracker).await;
        if tokio::time::timeout(DRAIN, self.store.close())
            .await
            .is_err()
        {
            tracing::warn!("database connections did not close in time");
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        tracing::info!("stopped");
    }
}

async fn finish(what: &str, tracker: &TaskTracker) {
    tracker.close();
    if tokio::time::timeout(DRAIN, tracker.wait()).await.is_err() {
        tracing::warn!(left = tracker.len(), "{what} did not end in time");
    }
}

/// The recorder is one per process; tests run several servers in one.
fn metrics_of_this_process() -> Option<PrometheusHandle> {
    static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    METRICS
        .get_or_init(|| {
            telemetry::start_metrics()
                .inspect_err(|error| tracing::warn!(%error, "no metrics"))
                .ok()
        })
        .clone()
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{key}: cannot listen on {address}"))
}

/// Returns the database to use, starting the embedded one when none is configured.
async fn database(config: &Config) -> anyhow::Result<(String, Option<EmbeddedPostgres>)> {
    if let Some(url) = config.database_url() {
        return Ok((url.to_owned(), None));
    }
    let bin_dir = &config.database.postgres_bin_dir;
    let options = EmbeddedOptions {
        bin_dir: (!bin_dir.is_empty()).then(|| bin_dir.into()),
        ..EmbeddedOptions::new(&config.data_dir, config.database.max_connections)
    };
    let start: JoinHandle<_> =
        tokio::task::spawn_blocking(move || EmbeddedPostgres::start(&options));
    let postgres = start.await.context("starting PostgreSQL panicked")??;
    Ok((postgres.url().to_owned(), Some(postgres)))
}

fn serve(
    tracker: &TaskTracker,
    listener: TcpListener,
    router: Router,
    listening: CancellationToken,
) {
    tracker.spawn(async move {
        // Frames are small and already gathered per wake-up: waiting for more only delays them.
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
        });
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(listening.cancelled_owned())
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "listener failed");
        }
    });
}
