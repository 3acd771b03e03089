//! A running server, from the first listener to the last.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_gateway::Ports;
use parlor_sign::AppCredentials;
use parlor_store::Store;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::config::{Config, seconds};
use crate::credentials::{self, Origin};
use crate::embedded::{EmbeddedOptions, EmbeddedPostgres};
use crate::listener::{Door, InForce, Limits, Site, TrustedProxies};
use crate::operator::{self, Operator};
use crate::telemetry;
use crate::wiring::{self, Tasks};

/// How long connections and requests may take to end. With the grace of `goaway` and the two
/// below it stays under the 30 seconds that Kubernetes gives a process.
const DOORS_DRAIN: Duration = Duration::from_secs(8);
/// How long the message writer may take to commit what it has accepted.
const SERVICE_DRAIN: Duration = Duration::from_secs(10);
/// How long the database may take to say goodbye.
const DATABASE_DRAIN: Duration = Duration::from_secs(2);

/// Sockets that operators may have open at once: a few probes and scrapers.
const OPERATOR_SOCKETS: usize = 256;

/// A server that accepts clients until [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    /// Where clients connect.
    pub http_addr: SocketAddr,
    /// Where clients connect that speak TLS.
    pub https_addr: Option<SocketAddr>,
    /// Where operators look.
    pub admin_addr: SocketAddr,
    /// The app that is served.
    pub credentials: AppCredentials,
    /// Whether this or an earlier start made the credentials.
    pub(crate) origin: Origin,
    store: Store,
    postgres: Option<EmbeddedPostgres>,
    /// Fires first: the node is not ready for clients any more.
    leaving: CancellationToken,
    /// Fires when clients are asked to go elsewhere.
    draining: CancellationToken,
    /// How long they are given to do it.
    goaway_grace: Duration,
    /// Requests of clients.
    clients: Tasks,
    /// Connections of clients.
    doors: Tasks,
    /// What works behind the doors.
    service: Tasks,
    /// The operator's listener; first to come and last to go.
    operators: Tasks,
    /// Ends the operator's listener also when a start fails or this value is just dropped.
    _operators_end: DropGuard,
}

impl Running {
    /// Starts a server and returns when it accepts clients. Port 0 picks a free one.
    ///
    /// # Errors
    /// One line that names the key, path or program to mend.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let metrics = metrics_of_this_process()?;
        let operators = Tasks::default();
        let operators_end = operators.cancel.clone().drop_guard();
        let (clients, doors, service) = (Tasks::default(), Tasks::default(), Tasks::default());
        // Bound before the database starts, so that a taken port, or a certificate that does not
        // load, is told at once.
        let request_timeout = seconds(config.listen.request_timeout_secs);
        let sockets = Limits::new(config.gateway.max_connections, request_timeout);
        let http = Door::bind("listen.http", config.listen.http, sockets.clone()).await?;
        let https = match config.listen.https {
            Some(addr) => {
                let certificate = InForce::follow(config.tls.clone(), &operators)?;
                let door = Door::bind("listen.https", addr, sockets).await?;
                Some(door.encrypted(certificate))
            }
            None => None,
        };
        let sockets = Limits::new(OPERATOR_SOCKETS, request_timeout);
        let admin = Door::bind("listen.admin", config.listen.admin, sockets).await?;
        let (http_addr, admin_addr) = (http.addr, admin.addr);
        let https_addr = https.as_ref().map(|https| https.addr);

        // A migration may take long: meanwhile the process says that it is alive, not ready.
        let (leaving, draining) = (CancellationToken::new(), CancellationToken::new());
        let operator = Operator::new(metrics.clone(), leaving.clone());
        let proxies = Arc::new(TrustedProxies(config.listen.trusted_proxies.clone()));
        let site = |router| Site {
            router,
            proxies: Arc::clone(&proxies),
        };
        admin.open(site(operator::router(operator.clone())), &operators);
        let upkeep = telemetry::keep_metrics(metrics, operators.cancel.clone());
        operators.tracker.spawn(upkeep);

        let (url, postgres) = database(&config).await?;
        // After the database, whose lock keeps a second server from making its own.
        let (credentials, origin) = credentials::load_or_generate(&config)?;
        let store = wiring::open_store(&config, &url).await?;
        let ports = Ports {
            plain: http_addr.port(),
            encrypted: https_addr.map(|addr| addr.port()),
        };
        let router = wiring::build(
            &config,
            &credentials,
            &store,
            ports,
            &draining,
            &doors,
            &service,
        );
        if let Some(https) = https {
            https.open(site(router.clone()), &clients);
        }
        http.open(site(router), &clients);
        operator.ready_with(store.clone());
        tracing::info!(
            %http_addr,
            https_addr = https_addr.map(tracing::field::display),
            %admin_addr, app.id = credentials.id, "accepting clients");
        Ok(Self {
            http_addr,
            https_addr,
            admin_addr,
            credentials,
            origin,
            store,
            postgres,
            leaving,
            draining,
            goaway_grace: seconds(config.gateway.goaway_grace_secs),
            clients,
            doors,
            service,
            operators,
            _operators_end: operators_end,
        })
    }

    /// Asks clients to go elsewhere, stops accepting, ends connections, commits and delivers what
    /// was accepted, closes the database. Each step has a deadline; a step that misses it is
    /// logged and left behind.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.leaving.cancel();
        self.drain().await;
        tokio::join!(
            self.clients.finish("requests", DOORS_DRAIN),
            self.doors.finish("connections", DOORS_DRAIN),
        );
        self.service.finish("message writer", SERVICE_DRAIN).await;
        if timeout(DATABASE_DRAIN, self.store.close()).await.is_err() {
            tracing::warn!("database connections did not close in time");
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        self.operators.finish("operator", DATABASE_DRAIN).await;
        tracing::info!("stopped");
    }

    /// Gives clients time to go elsewhere. Requests are answered meanwhile: SDKs that are asked
    /// to go ask a router first, and JavaScript clients fail badly when none answers.
    async fn drain(&self) {
        if self.goaway_grace.is_zero() {
            return;
        }
        self.draining.cancel();
        self.doors.tracker.close();
        let gone = timeout(self.goaway_grace, self.doors.tracker.wait()).await;
        if gone.is_err() {
            tracing::info!(
                left = self.doors.tracker.len(),
                "closing what did not go away"
            );
        }
    }
}

/// The recorder is one per process; servers that tests run in one process share it.
fn metrics_of_this_process() -> anyhow::Result<PrometheusHandle> {
    static METRICS: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut metrics = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(metrics) = &*metrics {
        return Ok(metrics.clone());
    }
    let started = telemetry::start_metrics()?;
    Ok(metrics.insert(started).clone())
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
