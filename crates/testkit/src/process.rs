//! The real binary in a process of its own, to be killed.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context;
use tempfile::TempDir;

use crate::server::{APP_ID, APP_KEY, MASTER_KEY};
use crate::{eventually, postgres};

/// Below what the system hands out for outgoing connections, so that nobody takes the port
/// while the server is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A server process with an embedded PostgreSQL in a data directory of its own. Both are gone
/// when this value is.
#[derive(Debug)]
pub struct ServerProcess {
    binary: PathBuf,
    http_addr: SocketAddr,
    admin_addr: SocketAddr,
    environment: Vec<(&'static str, &'static str)>,
    child: Option<Child>,
    data_dir: TempDir,
}

impl ServerProcess {
    /// Starts a binary and waits until it is ready.
    pub async fn start(binary: impl Into<PathBuf>) -> Self {
        Self::start_with(binary, &[]).await
    }

    /// Starts a binary with more settings and waits until it is ready.
    pub async fn start_with(
        binary: impl Into<PathBuf>,
        environment: &[(&'static str, &'static str)],
    ) -> Self {
        let data_dir = postgres::data_dir().expect("a data directory");
        let mut process = Self {
            binary: binary.into(),
            http_addr: free_address(),
            admin_addr: free_address(),
            environment: environment.to_vec(),
            child: None,
            data_dir,
        };
        process.start_again().await;
        process
    }

    /// Starts the binary again after it was killed, at the same addresses and on the same data.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log file");
        let child = Command::new(&self.binary)
            .arg("serve")
            .env("PARLOR_DATA_DIR", self.data_dir.path())
            .env("PARLOR_APP__ID", APP_ID)
            .env("PARLOR_APP__KEY", APP_KEY)
            .env("PARLOR_APP__MASTER_KEY", MASTER_KEY)
            .env("PARLOR_LISTEN__HTTP", self.http_addr.to_string())
            .env("PARLOR_LISTEN__ADMIN", self.admin_addr.to_string())
            .env("PARLOR_LIMITS__SENDS_PER_MINUTE", "0")
            .env("PARLOR_LIMITS__HISTORY_PER_MINUTE", "0")
            .env("PARLOR_LIMITS__OTHERS_PER_MINUTE", "0")
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        self.child = Some(child);
        self.ready().await;
    }

    /// Waits until the server says that it is ready.
    ///
    /// # Panics
    /// When it ended instead.
    pub async fn ready(&mut self) {
        let url = format!("http://{}/readyz", self.admin_addr);
        let log = self.log();
        let child = self.child.as_mut().expect("it runs");
        eventually("the server to be ready", || {
            if let Ok(Some(status)) = child.try_wait() {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                panic!("the server ended with {status}:\n{log}");
            }
            let answer = reqwest::get(url.clone());
            async {
                answer
                    .await
                    .ok()
                    .filter(|answer| answer.status().is_success())
            }
        })
        .await;
    }

    /// Kills the server without warning.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// Asks the server to end and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        signal("TERM", child.id()).expect("it can be told");
        child.wait().expect("it ends")
    }

    /// Kills the server's PostgreSQL without warning and waits until another one runs.
    ///
    /// # Panics
    /// When none runs, or the server ended with it.
    pub async fn kill_postgres(&mut self) {
        let killed = self.postgres_id().expect("PostgreSQL runs");
        signal("KILL", killed).expect("PostgreSQL can be killed");
        eventually("another PostgreSQL", || async {
            self.postgres_id().filter(|running| *running != killed)
        })
        .await;
        self.ready().await;
    }

    /// Returns the process id of the server's PostgreSQL.
    #[must_use]
    pub fn postgres_id(&self) -> Option<u32> {
        let path = self.data_dir.path().join("postgres/postmaster.pid");
        let text = std::fs::read_to_string(path).ok()?;
        text.lines().next()?.parse().ok()
    }

    /// Returns where clients connect.
    #[must_use]
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Returns the app it serves.
    #[must_use]
    pub const fn app_id(&self) -> &'static str {
        APP_ID
    }

    /// Returns its data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// Returns what the server has logged so far.
    #[must_use]
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.data_dir.path().join("server.log")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Asked nicely first, so that PostgreSQL is gone before its files are.
            let _ = signal("TERM", child.id());
            let _ = child.wait();
        }
    }
}

/// `kill` is a shell built-in and a program everywhere; a system call would need unsafe code.
fn signal(name: &str, process_id: u32) -> anyhow::Result<()> {
    let status = Command::new("kill")
        .args(["-s", name, &process_id.to_string()])
        .status()
        .context("kill cannot be run")?;
    anyhow::ensure!(status.success(), "no process {process_id}");
    Ok(())
}

/// Returns an address nobody listens on.
fn free_address() -> SocketAddr {
    let mut random = [0; 2];
    loop {
        getrandom::fill(&mut random).expect("randomness");
        let port = PORTS.start + u16::from_be_bytes(random) % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
