//! Keeps the postmaster running, from a thread of its own.
//!
//! The parent-death signal is tied to the thread that started a process, not to the process. So
//! one thread starts the postmaster, waits for it and starts it again, until it is told to stop;
//! it has its own small runtime, independent of the caller's.
//!
//! **Invariant:** the thread owns lock, cluster and postmaster. When it has ended, PostgreSQL
//! has, and the data directory is free.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cluster::Cluster;
use super::error::EmbeddedError;
use super::lock::DataDirLock;
use super::options::EmbeddedOptions;
use super::postmaster::Postmaster;

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// Long enough not to fill the log, short enough to be back soon after, say, a full disk.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// A run that held this long was not part of a series of failures.
const STEADY: Duration = Duration::from_secs(60);

/// A private PostgreSQL that runs until this value is stopped or dropped.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: String,
    stop: CancellationToken,
    /// Resolves when the thread has ended.
    ended: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedPostgres {
    /// Starts the cluster of a data directory, making it first if need be.
    ///
    /// Blocks the caller until PostgreSQL accepts connections: some tenths of a second, a second
    /// or two when the cluster is made.
    pub fn start(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let lock = DataDirLock::acquire(&options.data_dir)?;
        let options = options.clone();
        let stop = CancellationToken::new();
        let ended = CancellationToken::new();
        let (started, outcome) = mpsc::sync_channel(1);
        let (stopping, guard) = (stop.clone(), ended.clone().drop_guard());
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                let _guard = guard;
                run(lock, &options, &stopping, &started);
            })
            .map_err(EmbeddedError::file(
                "start a thread for",
                "postgres".as_ref(),
            ))?;
        let url = match outcome.recv() {
            Ok(outcome) => outcome?,
            // The thread sends before it ends, unless it panicked.
            Err(mpsc::RecvError) => {
                return Err(EmbeddedError::Exited {
                    status: "its supervisor panicked".to_owned(),
                    output: String::new(),
                });
            }
        };
        Ok(Self {
            url,
            stop,
            ended,
            thread: Some(thread),
        })
    }

    /// Returns the `postgres://` URL of the database `parlor`. It stays the same over restarts.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops PostgreSQL and waits until it has ended and the data directory is free.
    pub async fn stop(self) {
        self.stop.cancel();
        self.ended.cancelled().await;
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// The thread's work.
fn run(
    lock: DataDirLock,
    options: &EmbeddedOptions,
    stop: &CancellationToken,
    started: &mpsc::SyncSender<Result<String, EmbeddedError>>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = EmbeddedError::file("start a runtime for", &options.data_dir)(error);
            let _ = started.send(Err(failure));
            return;
        }
    };
    runtime.block_on(async {
        let tracker = TaskTracker::new();
        match first_start(lock, options, &tracker).await {
            Ok((cluster, postmaster)) => {
                // The caller waits for it.
                let _ = started.send(Ok(cluster.url()));
                supervise(&cluster, postmaster, &tracker, stop).await;
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    });
}

async fn first_start(
    lock: DataDirLock,
    options: &EmbeddedOptions,
    tracker: &TaskTracker,
) -> Result<(Cluster, Postmaster), EmbeddedError> {
    let cluster = Cluster::open(lock, options).await?;
    let mut postmaster = Postmaster::spawn(&cluster, tracker).await?;
    postmaster.ready().await?;
    tracing::info!(
        directory = %cluster.directory.display(),
        version = cluster.major(),
        "PostgreSQL started"
    );
    Ok((cluster, postmaster))
}

/// Replaces a postmaster that ended by itself until told to stop.
async fn supervise(
    cluster: &Cluster,
    mut postmaster: Postmaster,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let since = Instant::now();
        let ended = tokio::select! {
            ended = postmaster.exited() => Some(ended),
            () = stop.cancelled() => None,
        };
        let Some((status, output)) = ended else {
            return postmaster.stop().await;
        };
        if since.elapsed() >= STEADY {
            backoff = FIRST_BACKOFF;
        }
        tracing::error!(status, output, "PostgreSQL ended; starting it again");
        postmaster = match restart(cluster, tracker, stop, &mut backoff).await {
            Some(postmaster) => postmaster,
            None => return,
        };
        tracing::info!("PostgreSQL is back");
    }
}

/// Tries until the postmaster is ready; `None` when told to stop.
async fn restart(
    cluster: &Cluster,
    tracker: &TaskTracker,
    stop: &CancellationToken,
    backoff: &mut Duration,
) -> Option<Postmaster> {
    loop {
        tokio::select! {
            () = sleep(*backoff) => {}
            () = stop.cancelled() => return None,
        }
        *backoff = (*backoff * 2).min(LONGEST_BACKOFF);
        let spawned = tokio::select! {
            spawned = Postmaster::spawn(cluster, tracker) => spawned,
            () = stop.cancelled() => return None,
        };
        let failure = match spawned {
            Ok(mut postmaster) => {
                let ready = tokio::select! {
                    ready = postmaster.ready() => Some(ready),
                    () = stop.cancelled() => None,
                };
                match ready {
                    Some(Ok(())) => return Some(postmaster),
                    Some(Err(error)) => error,
                    None => {
                        postmaster.stop().await;
                        return None;
                    }
                }
            }
            Err(error) => error,
        };
        tracing::error!(error = %failure, "PostgreSQL cannot be started again");
    }
}
