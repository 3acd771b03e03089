//! One run of the postmaster.
//!
//! **Invariant:** a value of this type has a process that is not yet reaped, so a signal to its
//! number reaches nobody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use super::account::spawn_error;
use super::cluster::Cluster;
use super::error::EmbeddedError;
use super::{log, predecessor, socket};

const POLL: Duration = Duration::from_millis(10);
/// Recovery of a busy cluster after a crash may take minutes; the operator is told meanwhile.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// A fast shutdown ends with a checkpoint of at most `shared_buffers`. After this long it is cut
/// short, which is as safe as a crash and costs the next start a recovery; with the server's own
/// deadlines it stays within the 30 seconds that service managers give a process.
const FAST_STOP: Duration = Duration::from_secs(8);
const IMMEDIATE_STOP: Duration = Duration::from_secs(1);
/// Sessions that outlive a killed postmaster for a moment hold its error output open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running postmaster.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    pid_file: PathBuf,
    log: JoinHandle<String>,
}

impl Postmaster {
    /// Starts it on a cluster that nobody runs; it does not accept connections yet.
    pub(super) async fn spawn(
        cluster: &Cluster,
        tracker: &TaskTracker,
    ) -> Result<Self, EmbeddedError> {
        predecessor::wait(&cluster.directory).await?;
        if cfg!(target_os = "linux") {
            socket::clear(&cluster.socket_dir);
        }
        let program = cluster.program();
        let mut child = Command::from(cluster.postmaster())
            .spawn()
            .map_err(spawn_error(&program))?;
        let stderr = child.stderr.take().expect("the command pipes it");
        Ok(Self {
            child,
            pid_file: cluster.directory.join("postmaster.pid"),
            log: tracker.spawn(log::forward(stderr)),
        })
    }

    /// Waits until it accepts connections, or fails when it ends before.
    pub(super) async fn ready(&mut self) -> Result<(), EmbeddedError> {
        let mut tell_at = Instant::now() + TELL_EVERY;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(EmbeddedError::Exited {
                    status: status.to_string(),
                    output: self.last_words().await,
                });
            }
            if is_ready(&self.pid_file, self.child.id()) {
                return Ok(());
            }
            if Instant::now() >= tell_at {
                tell_at += TELL_EVERY;
                tracing::warn!("PostgreSQL is still starting; it may be recovering from a crash");
            }
            sleep(POLL).await;
        }
    }

    /// Waits for its end, which nobody asked for, and returns how it came and what it said.
    pub(super) async fn exited(&mut self) -> (String, String) {
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        (status, self.last_words().await)
    }

    /// Stops it, with a checkpoint if that does not take too long.
    pub(super) async fn stop(mut self) {
        for (signal, patience) in [
            (Signal::INT, FAST_STOP),
            (Signal::QUIT, IMMEDIATE_STOP),
            (Signal::KILL, IMMEDIATE_STOP),
        ] {
            self.signal(signal);
            match timeout(patience, self.child.wait()).await {
                Ok(Ok(status)) => return report_stop(status),
                Ok(Err(error)) => return tracing::error!(%error, "cannot wait for PostgreSQL"),
                Err(_) => tracing::warn!(?signal, "PostgreSQL does not stop"),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::warn!(%error, ?signal, "cannot signal PostgreSQL");
        }
    }

    async fn last_words(&mut self) -> String {
        match timeout(LAST_WORDS, &mut self.log).await {
            Ok(Ok(words)) => words,
            _ => String::new(),
        }
    }
}

fn report_stop(status: ExitStatus) {
    if status.success() {
        tracing::info!("PostgreSQL stopped");
    } else {
        tracing::warn!(%status, "PostgreSQL stopped");
    }
}

/// Reads the postmaster's own statement: the eighth line of its pid file is its status.
fn is_ready(pid_file: &Path, pid: Option<u32>) -> bool {
    let Ok(content) = fs::read_to_string(pid_file) else {
        return false;
    };
    let mut lines = content.lines();
    let written_by = lines.next().and_then(|line| line.trim().parse().ok());
    // The file may still be that of an earlier run.
    written_by == pid && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}
