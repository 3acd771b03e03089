//! The embedded PostgreSQL that the servers of one test process share.
//!
//! **Invariant:** it runs while somebody holds it and is gone, files and all, when nobody does.
//! Values in statics are never dropped, so the static holds it weakly.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Context;
use parlor_server::embedded::{EmbeddedOptions, EmbeddedPostgres};
use tempfile::TempDir;

static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());

#[derive(Debug)]
struct Running {
    // Before the directory, so that it has stopped when that goes.
    postgres: EmbeddedPostgres,
    _data_dir: TempDir,
}

/// A share in the embedded PostgreSQL of this process.
#[derive(Clone, Debug)]
pub(crate) struct SharedPostgres(Arc<Running>);

impl SharedPostgres {
    /// Returns the PostgreSQL that runs, or starts it.
    pub(crate) fn get() -> anyhow::Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.upgrade() {
            return Ok(Self(running));
        }
        let data_dir = data_dir()?;
        let options = EmbeddedOptions::throw_away(data_dir.path());
        let started = Arc::new(Running {
            postgres: EmbeddedPostgres::start(&options)?,
            _data_dir: data_dir,
        });
        *running = Arc::downgrade(&started);
        Ok(Self(started))
    }

    /// Returns the URL of a database in it.
    pub(crate) fn url(&self) -> &str {
        self.0.postgres.url()
    }
}

/// Returns a temporary data directory that PostgreSQL's own user can enter: under root it runs
/// as another user.
pub(crate) fn data_dir() -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("parlor-test-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("no temporary directory")
}
