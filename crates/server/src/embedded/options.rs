//! What the caller decides about the embedded cluster.

use std::path::PathBuf;

/// How to run the embedded PostgreSQL.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The server's data directory; the cluster lives in `postgres` below it.
    pub data_dir: PathBuf,
    /// Where `initdb` and `postgres` are, when they are not where distributions put them.
    pub bin_dir: Option<PathBuf>,
    /// The size of the largest connection pool that will be opened on it.
    pub pool_connections: u32,
    /// Whether a commit survives a power cut. Off only for throw-away clusters of tests.
    pub durable: bool,
}

impl EmbeddedOptions {
    /// Returns options for a durable cluster below `data_dir`, with room for `pool_connections`.
    pub fn new(data_dir: impl Into<PathBuf>, pool_connections: u32) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            pool_connections,
            durable: true,
        }
    }

    /// Returns options for a cluster that a test throws away: fast, and lost with the machine.
    pub fn throw_away(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            durable: false,
            // Many test servers share one cluster, each with a pool of its own.
            pool_connections: 400,
            ..Self::new(data_dir, 0)
        }
    }
}
