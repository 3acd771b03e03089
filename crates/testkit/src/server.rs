//! The real server, in this process.
//!
//! It has a runtime of its own, so that it runs beside the test and not in turns with it, and
//! so that dropping it can wait for its shutdown.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use parlor_server::{Config, Running};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::panics::PanicWatch;
use crate::{TlsFiles, within};

/// The app that every test server serves.
pub const APP_ID: &str = "parlor-test-app";
/// Its key.
pub const APP_KEY: &str = "test-app-key";
/// Its master key.
pub const MASTER_KEY: &str = "test-master-key";

/// Shared by all servers of a test process, which run several at once.
const DATABASE_CONNECTIONS: u32 = 5;

/// A server on port 0 with a database of its own; dropping it shuts it down.
///
/// Clients that are declared after it are dropped before it and do not hold its shutdown up.
#[derive(Debug)]
pub struct TestServer {
    http_addr: SocketAddr,
    https_addr: Option<SocketAddr>,
    admin_addr: SocketAddr,
    config: Config,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    panics: PanicWatch,
    // Last, because it can only be dropped when the server is gone.
    database: Option<Database>,
}

/// Changes the configuration of a [`TestServer`] before it starts.
#[derive(Debug)]
pub struct TestServerBuilder {
    config: Config,
}

impl TestServerBuilder {
    /// Changes the configuration.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Gives it a TLS listener with these files.
    #[must_use]
    pub fn encrypted(self, files: &TlsFiles) -> Self {
        self.configure(|config| {
            config.listen.https = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
            config.tls.certificate_file = files.certificate_file();
            config.tls.key_file = files.key_file();
        })
    }

    /// Starts the server.
    pub async fn start(self) -> TestServer {
        let database = Database::create().expect("a database for the test");
        TestServer::launch(self.config, database).await
    }
}

impl TestServer {
    /// Starts a server with the default configuration.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Prepares a server.
    #[must_use]
    pub fn builder() -> TestServerBuilder {
        let mut config = Config::defaults();
        APP_ID.clone_into(&mut config.app.id);
        APP_KEY.clone_into(&mut config.app.key);
        MASTER_KEY.clone_into(&mut config.app.master_key);
        config.listen.http = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.listen.admin = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.database.max_connections = DATABASE_CONNECTIONS;
        // Clients of a test that restarts its server have nowhere else to go.
        config.gateway.goaway_grace_secs = 0;
        // Tests are faster than people; the test of the limits sets them.
        config.limits.sends_per_minute = 0;
        config.limits.history_per_minute = 0;
        config.limits.others_per_minute = 0;
        TestServerBuilder { config }
    }

    /// Shuts the server down and starts another one on its database.
    pub async fn restart(mut self) -> Self {
        self.shut_down();
        let database = self.database.take().expect("taken here only");
        Self::launch(self.config.clone(), database).await
    }

    /// Tells the server to shut down, without waiting for it.
    pub fn begin_shutdown(&mut self) {
        // Dropping the sender is the signal.
        self.stop = None;
    }

    /// Returns where clients connect.
    #[must_use]
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Returns where clients connect that speak TLS.
    ///
    /// # Panics
    /// When it was not given any files for that.
    #[must_use]
    pub const fn https_addr(&self) -> SocketAddr {
        self.https_addr.expect("a server with a TLS listener")
    }

    /// Returns where operators look.
    #[must_use]
    pub const fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// Returns the app it serves.
    #[must_use]
    pub const fn app_id(&self) -> &'static str {
        APP_ID
    }

    /// Returns the URL of a path of its HTTP side.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http_addr)
    }

    async fn launch(mut config: Config, database: Database) -> Self {
        database.url().clone_into(&mut config.database.url);
        let (started, running) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let its_config = config.clone();
        let panics = PanicWatch::start();
        let name = panics.thread_name().to_owned();
        let thread = thread::Builder::new()
            .name(name.clone())
            .spawn(move || serve(its_config, name, started, stopped))
            .expect("a thread");
        let Addresses { http, https, admin } = within("the server to start", running)
            .await
            .expect("the server starts");
        Self {
            http_addr: http,
            https_addr: https,
            admin_addr: admin,
            config,
            stop: Some(stop),
            thread: Some(thread),
            panics,
            database: Some(database),
        }
    }

    fn shut_down(&mut self) {
        self.begin_shutdown();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let ended = thread.join();
        assert!(
            ended.is_ok() || thread::panicking(),
            "the server panicked while it shut down"
        );
        // One connection's panic would else go unnoticed by everybody but that connection.
        assert!(
            self.panics.is_quiet() || thread::panicking(),
            "a task of the server panicked"
        );
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Where a server listens.
#[derive(Debug)]
struct Addresses {
    http: SocketAddr,
    https: Option<SocketAddr>,
    admin: SocketAddr,
}

fn serve(
    config: Config,
    thread_name: String,
    started: oneshot::Sender<Addresses>,
    stopped: oneshot::Receiver<()>,
) {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(thread_name)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async {
            let running = match Running::start(config).await {
                Ok(running) => running,
                Err(error) => panic!("the server does not start: {error:#}"),
            };
            let addresses = Addresses {
                http: running.http_addr,
                https: running.https_addr,
                admin: running.admin_addr,
            };
            // A test that gave up waiting drops the sender below as well.
            let _ = started.send(addresses);
            let _ = stopped.await;
            running.shutdown().await;
        });
}
