//! The cluster's directory: finding it, and making it on the first start.
//!
//! **Invariant:** `<data_dir>/postgres` appears complete or not at all. It is made beside its
//! final place and renamed, so a start that was interrupted leaves nothing half-made in the way.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::{Account, ParentDeath, spawn_error};
use super::binaries::Binaries;
use super::error::EmbeddedError;
use super::lock::DataDirLock;
use super::log::last_complaints;
use super::options::EmbeddedOptions;
use super::{predecessor, socket};

/// The database that the URL names.
const DATABASE: &str = "parlor";

/// Sessions beyond the pool's: superuser reserve, `psql` and `pg_dump` of the operator.
const SPARE_CONNECTIONS: u32 = 10;

/// A cluster that exists and can be run.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Its directory.
    pub(super) directory: PathBuf,
    /// Where its socket lies.
    pub(super) socket_dir: PathBuf,
    /// Whom it runs as.
    pub(super) account: Account,
    binaries: Binaries,
    max_connections: u32,
    durable: bool,
    /// Held as long as the cluster may be run.
    _lock: DataDirLock,
}

impl Cluster {
    /// Opens the cluster of a locked data directory, making it when there is none.
    pub(super) async fn open(
        lock: DataDirLock,
        options: &EmbeddedOptions,
    ) -> Result<Self, EmbeddedError> {
        let directory = lock.data_dir.join("postgres");
        let account = Account::choose(&directory)?.reaching(&lock.data_dir)?;
        let made_by = made_by(&directory)?;
        let binaries = Binaries::find(options.bin_dir.as_deref(), made_by, &directory)?;
        if made_by.is_none() {
            make(
                &lock.data_dir,
                &directory,
                account,
                &binaries,
                options.durable,
            )
            .await?;
        }
        let (socket_dir, account) = socket::directory(&directory, account)?;
        Ok(Self {
            socket_dir,
            directory,
            account,
            binaries,
            max_connections: options.pool_connections + SPARE_CONNECTIONS,
            durable: options.durable,
            _lock: lock,
        })
    }

    /// Returns the URL of the cluster's database.
    pub(super) fn url(&self) -> String {
        socket::url(&self.socket_dir, DATABASE)
    }

    /// Returns the command that runs the postmaster.
    pub(super) fn postmaster(&self) -> Command {
        let program = self.binaries.program("postgres");
        let mut command = self
            .account
            .command(program.as_os_str(), ParentDeath::Interrupt);
        command.arg("-D").arg(&self.directory);
        let max_connections = self.max_connections.to_string();
        let durable = if self.durable { "on" } else { "off" };
        let settings: [(&str, &str); 14] = [
            ("listen_addresses", ""),
            ("port", "5432"),
            ("unix_socket_permissions", "0700"),
            ("max_connections", &max_connections),
            // Beside a server that keeps what is hot itself; the system caches the rest.
            ("shared_buffers", "128MB"),
            ("fsync", durable),
            ("full_page_writes", durable),
            ("synchronous_commit", durable),
            // Its compile times are far above those of the statements here.
            ("jit", "off"),
            ("timezone", "UTC"),
            ("logging_collector", "off"),
            // Statements and the details of an error hold what users wrote.
            ("log_error_verbosity", "terse"),
            ("log_min_error_statement", "panic"),
            ("log_line_prefix", ""),
        ];
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
            .arg("-k")
            .arg(&self.socket_dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Returns the path of the postmaster's program, for messages.
    pub(super) fn program(&self) -> PathBuf {
        self.binaries.program("postgres")
    }

    /// Returns the major version that runs the cluster.
    pub(super) fn major(&self) -> u32 {
        self.binaries.major()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.socket_dir != self.directory {
            // Empty now; a directory left behind by a crash is found again by the next start.
            let _ = fs::remove_dir(&self.socket_dir);
        }
    }
}

/// Reads which major version made the cluster; `None` when there is none.
fn made_by(directory: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = directory.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(content) => content.trim().parse().map(Some).map_err(|_| {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it holds no version");
            EmbeddedError::file("read", &path)(error)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::file("read", &path)(error)),
    }
}

/// Makes the cluster and its database.
async fn make(
    data_dir: &Path,
    directory: &Path,
    account: Account,
    binaries: &Binaries,
    durable: bool,
) -> Result<(), EmbeddedError> {
    tracing::info!(
        directory = %directory.display(),
        version = binaries.major(),
        "making a PostgreSQL cluster, once"
    );
    let new = data_dir.join("postgres.new");
    predecessor::wait(&new).await?;
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(EmbeddedError::file("remove", &new)(error));
        }
        _ => {}
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&new)
        .map_err(EmbeddedError::file("create", &new))?;
    account.own(&new)?;

    let program = binaries.program("initdb");
    let mut initdb = account.command(program.as_os_str(), ParentDeath::Kill);
    initdb
        .arg("--pgdata")
        .arg(&new)
        .args([
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=reject",
        ])
        // Text sorts by code point, everywhere alike and fast; letters have Unicode's cases.
        .args(["--encoding=UTF8", "--locale=C"])
        .args(cfg!(target_os = "linux").then_some("--lc-ctype=C.UTF-8"))
        .arg(if durable {
            "--data-checksums"
        } else {
            "--no-sync"
        });
    complete(initdb, "initdb", "", &program, &new)?;

    // The server's own single-user mode needs no second program and no running postmaster. Each
    // line of its input is a statement; an error has to be told to end it.
    let program = binaries.program("postgres");
    let mut single = account.command(program.as_os_str(), ParentDeath::Kill);
    single
        .args(["--single", "-c", "exit_on_error=on"])
        .args(["-c", if durable { "fsync=on" } else { "fsync=off" }])
        .arg("-D")
        .arg(&new)
        .arg("postgres");
    let statement = format!("CREATE DATABASE {DATABASE};\n");
    complete(single, "postgres --single", &statement, &program, &new)?;

    fs::rename(&new, directory).map_err(EmbeddedError::file("rename", &new))?;
    File::open(data_dir)
        .and_then(|parent| parent.sync_all())
        .map_err(EmbeddedError::file("sync", data_dir))
}

/// Runs a program of the making to its end.
fn complete(
    mut command: Command,
    name: &'static str,
    input: &str,
    program: &Path,
    directory: &Path,
) -> Result<(), EmbeddedError> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(spawn_error(program))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended before it read this says why in its output.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(spawn_error(program))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = last_complaints(&output.stderr);
    if text.is_empty() {
        text = last_complaints(&output.stdout);
    }
    Err(EmbeddedError::Initialize {
        program: name,
        directory: directory.to_owned(),
        output: text,
    })
}
