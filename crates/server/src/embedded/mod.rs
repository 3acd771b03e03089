//! The private PostgreSQL of a server that is given no database.
//!
//! [`EmbeddedPostgres::start`] makes a cluster in `<data_dir>/postgres` when there is none, runs
//! it on a unix socket only, and keeps it running until it is stopped. The server uses it when
//! `database.url` is not configured, and the test harness for throw-away databases.
//!
//! **Invariant:** at most one process uses a data directory, and the cluster never outlives the
//! process that started it, however that ends. Nothing here speaks SQL after the cluster is made,
//! and nothing is downloaded.

mod account;
mod binaries;
mod cluster;
mod error;
mod lock;
mod log;
mod options;
mod postmaster;
mod predecessor;
mod socket;
mod supervisor;

pub use error::EmbeddedError;
pub use options::EmbeddedOptions;
pub use supervisor::EmbeddedPostgres;
