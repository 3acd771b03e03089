//! PostgreSQL processes of an earlier server on the same cluster.
//!
//! A server that was killed takes its PostgreSQL down with it, but that takes a moment, and a
//! killed postmaster leaves sessions that take a moment to notice. Starting over them would fail.
//!
//! **Invariant:** called with the data directory locked, so whatever still runs there is nobody's.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::error::EmbeddedError;

/// The final checkpoint of a busy cluster takes seconds; longer than this needs a person.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Waits until no PostgreSQL process works in `cluster_dir`, then forgets its pid file.
///
/// Where there is no `/proc`, PostgreSQL's own check of the pid file has to do.
pub(super) async fn wait(cluster_dir: &Path) -> Result<(), EmbeddedError> {
    let deadline = Instant::now() + PATIENCE;
    let mut told = false;
    while let Some(pid) = processes(cluster_dir).first().copied() {
        if !told {
            told = true;
            tracing::info!(pid, "waiting for PostgreSQL of an earlier run to stop");
            interrupt_postmaster(cluster_dir);
        }
        if Instant::now() >= deadline {
            return Err(EmbeddedError::StillRunning {
                cluster_dir: cluster_dir.to_owned(),
                pid,
            });
        }
        tokio::time::sleep(POLL).await;
    }
    if cfg!(target_os = "linux") {
        // PostgreSQL would refuse to start when the number in there belongs to any other process
        // by now, which after a restart of a container is the rule.
        let _ = fs::remove_file(cluster_dir.join("postmaster.pid"));
    }
    Ok(())
}

/// Asks a postmaster to stop that for some reason did not hear of its parent's death.
fn interrupt_postmaster(cluster_dir: &Path) {
    let postmaster = fs::read_to_string(cluster_dir.join("postmaster.pid"))
        .ok()
        .and_then(|content| content.lines().next()?.trim().parse().ok())
        .filter(|pid| processes(cluster_dir).contains(pid))
        .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(pid) = postmaster {
        // It may just have ended.
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Lists the PostgreSQL processes whose working directory is `cluster_dir`: all of a cluster's
/// processes stay there.
fn processes(cluster_dir: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == cluster_dir)
                && fs::read_to_string(entry.path().join("comm"))
                    .is_ok_and(|name| name.starts_with("postgres"))
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}
