//! Why the embedded PostgreSQL cannot run, each reason in one line an operator can act on.

use std::io;
use std::path::{Path, PathBuf};

/// A failure to start the embedded PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The file system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another server has the data directory.
    #[error("data directory {} is in use by another parlor{}", data_dir.display(), holder_pid(*pid))]
    InUse {
        /// The directory both want.
        data_dir: PathBuf,
        /// The other process, when it could be read.
        pid: Option<u32>,
    },
    /// There is no PostgreSQL on this machine.
    #[error(
        "PostgreSQL is not installed{}: apt-get install postgresql, or set database.url to use an existing one",
        looked_in(bin_dir.as_deref())
    )]
    NotInstalled {
        /// The only directory looked in, when it is configured.
        bin_dir: Option<PathBuf>,
    },
    /// A server program does not run or does not say its version.
    #[error("{} does not work: {reason}", program.display())]
    BadProgram {
        /// The program.
        program: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// PostgreSQL is older than the schema needs.
    #[error("PostgreSQL {found} in {} is too old: {} or newer is needed", bin_dir.display(), super::binaries::OLDEST_MAJOR)]
    TooOld {
        /// The newest major version there is.
        found: u32,
        /// Where it is.
        bin_dir: PathBuf,
    },
    /// The cluster was made by a major version that is not installed any more.
    #[error(
        "{} was made by PostgreSQL {made_by}, which is not installed: apt-get install postgresql-{made_by}, or upgrade the directory with pg_upgrade",
        cluster_dir.display()
    )]
    OtherVersion {
        /// The cluster.
        cluster_dir: PathBuf,
        /// Its major version.
        made_by: u32,
    },
    /// PostgreSQL refuses root, and there is no account to run it as.
    #[error(
        "PostgreSQL cannot run as root and there is no user postgres: create it with adduser --system --group postgres, or run parlor as another user"
    )]
    NoAccount,
    /// The account that PostgreSQL runs as cannot reach its directory.
    #[error(
        "PostgreSQL runs as uid {uid}, which may not enter {}: allow it with chmod a+x, or choose another data_dir",
        path.display()
    )]
    Unreachable {
        /// The account.
        uid: u32,
        /// The outermost directory that is closed to it.
        path: PathBuf,
    },
    /// The cluster belongs to somebody else.
    #[error(
        "{} belongs to uid {owner}, but parlor runs as uid {uid}: run it as the same user as before, or chown -R the data directory",
        cluster_dir.display()
    )]
    OtherOwner {
        /// The cluster.
        cluster_dir: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who runs the server.
        uid: u32,
    },
    /// The program that ties PostgreSQL's life to the server's is missing.
    #[error("setpriv is not installed: apt-get install util-linux")]
    NoSetpriv,
    /// No directory has a path short enough for a socket.
    #[error("the path {} is too long for a unix socket: choose a shorter data_dir or TMPDIR", path.display())]
    SocketPath {
        /// The shortest path there was.
        path: PathBuf,
    },
    /// The place for the socket is taken by somebody else.
    #[error("{} exists but is not a private directory of uid {uid}: remove it", path.display())]
    SocketDirectory {
        /// The directory.
        path: PathBuf,
        /// Who should own it.
        uid: u32,
    },
    /// The cluster could not be made.
    #[error("{program} failed in {}: {output}", directory.display())]
    Initialize {
        /// The program that failed.
        program: &'static str,
        /// The new cluster.
        directory: PathBuf,
        /// The end of its output.
        output: String,
    },
    /// Processes of an earlier run do not end.
    #[error(
        "PostgreSQL of an earlier run still uses {} (pid {pid}) and does not stop: stop it with kill -INT {pid}",
        cluster_dir.display()
    )]
    StillRunning {
        /// The cluster.
        cluster_dir: PathBuf,
        /// One of the processes.
        pid: u32,
    },
    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL ended at start ({status}): {output}")]
    Exited {
        /// How it ended.
        status: String,
        /// The end of its log.
        output: String,
    },
}

impl EmbeddedError {
    /// Returns a function for `map_err` that names what was tried on which path.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

fn holder_pid(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

fn looked_in(bin_dir: Option<&Path>) -> String {
    bin_dir
        .map(|path| {
            format!(
                " in {} (database.postgres_bin_dir): initdb and postgres are not there",
                path.display()
            )
        })
        .unwrap_or_default()
}
