//! Whom PostgreSQL runs as, and how its programs are started.
//!
//! PostgreSQL refuses to run as root, so a server that is root runs it as the owner of the
//! existing cluster, or as the user `postgres` that packages create.
//!
//! **Invariant:** on Linux every program started here dies with the thread that started it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::EmbeddedError;

/// Account that the server packages of all distributions create.
const PACKAGED_USER: &str = "postgres";

/// The signal a program gets when the server dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParentDeath {
    /// PostgreSQL's fast shutdown: it ends its sessions and writes a checkpoint.
    Interrupt,
    /// At once, for programs whose work is thrown away when they do not finish.
    Kill,
}

/// The user and group that own the cluster and run PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
    /// Whether the server is root and has to step down to this account.
    step_down: bool,
    /// Whether it passes directories that are closed to it, as below root's home.
    pass_closed: bool,
}

impl Account {
    /// Chooses the account for a cluster directory, which may not exist yet.
    pub(super) fn choose(cluster_dir: &Path) -> Result<Self, EmbeddedError> {
        let uid = rustix::process::geteuid().as_raw();
        let owner = match fs::metadata(cluster_dir) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(EmbeddedError::file("read", cluster_dir)(error)),
        };
        if uid != 0 {
            return match owner {
                Some((owner, _)) if owner != uid => Err(EmbeddedError::OtherOwner {
                    cluster_dir: cluster_dir.to_owned(),
                    owner,
                    uid,
                }),
                _ => Ok(Self {
                    uid,
                    gid: rustix::process::getegid().as_raw(),
                    step_down: false,
                    pass_closed: false,
                }),
            };
        }
        let (uid, gid) = match owner {
            Some((owner, group)) if owner != 0 => (owner, group),
            _ => packaged_account().ok_or(EmbeddedError::NoAccount)?,
        };
        Ok(Self {
            uid,
            gid,
            step_down: true,
            pass_closed: false,
        })
    }

    /// Returns the user's number.
    pub(super) fn uid(self) -> u32 {
        self.uid
    }

    /// Gives a directory to this account.
    pub(super) fn own(self, path: &Path) -> Result<(), EmbeddedError> {
        if self.step_down {
            chown(path, Some(self.uid), Some(self.gid))
                .map_err(EmbeddedError::file("change the owner of", path))?;
        }
        Ok(())
    }

    /// Returns this account, able to enter a directory.
    ///
    /// Root's home is closed to everybody else, and a newcomer's checkout often lies there. The
    /// account then keeps one capability of root, to pass directories and read files; it still
    /// owns and writes only its own.
    pub(super) fn reaching(self, directory: &Path) -> Result<Self, EmbeddedError> {
        if !self.step_down || self.can_enter(directory)? {
            return Ok(self);
        }
        let passing = Self {
            pass_closed: true,
            ..self
        };
        if cfg!(target_os = "linux") && passing.can_enter(directory)? {
            tracing::warn!(
                directory = %directory.display(),
                uid = self.uid,
                "PostgreSQL's user may not enter the data directory, it gets CAP_DAC_READ_SEARCH; \
                 a data_dir outside of closed directories needs no capability"
            );
            return Ok(passing);
        }
        let mut outermost = directory;
        for ancestor in directory.ancestors().skip(1) {
            if self.can_enter(ancestor)? {
                break;
            }
            outermost = ancestor;
        }
        Err(EmbeddedError::Unreachable {
            uid: self.uid,
            path: outermost.to_owned(),
        })
    }

    fn can_enter(self, directory: &Path) -> Result<bool, EmbeddedError> {
        // Asking the kernel as that account is right where modes, groups and access lists mix.
        // Looking at `.` needs the right to enter; asking for the right leaves capabilities out.
        self.command("test".as_ref(), ParentDeath::Kill)
            .arg("-e")
            .arg(directory.join("."))
            .status()
            .map(|status| status.success())
            .map_err(spawn_error(Path::new("test")))
    }

    /// Returns a command that runs `program` as this account and dies with the calling thread.
    ///
    /// It sees nothing of the server's environment, which may hold secrets, and is out of reach
    /// of the terminal's Ctrl-C, so that the server can finish its work before it stops it.
    pub(super) fn command(self, program: &OsStr, death: ParentDeath) -> Command {
        let mut command = if cfg!(target_os = "linux") {
            let mut command = Command::new("setpriv");
            command.args([
                "--pdeathsig",
                match death {
                    ParentDeath::Interrupt => "INT",
                    ParentDeath::Kill => "KILL",
                },
            ]);
            if self.step_down {
                command
                    .arg(format!("--reuid={}", self.uid))
                    .arg(format!("--regid={}", self.gid))
                    .arg("--clear-groups");
            }
            if self.pass_closed {
                command.args([
                    "--inh-caps=+dac_read_search",
                    "--ambient-caps=+dac_read_search",
                ]);
            }
            command.arg("--").arg(program);
            command
        } else {
            let mut command = Command::new(program);
            if self.step_down {
                command.uid(self.uid).gid(self.gid);
            }
            command
        };
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null());
        command
    }
}

/// Returns a function for `map_err` of starting a program through [`Account::command`].
pub(super) fn spawn_error(program: &Path) -> impl FnOnce(std::io::Error) -> EmbeddedError {
    move |error| {
        if cfg!(target_os = "linux") && error.kind() == std::io::ErrorKind::NotFound {
            EmbeddedError::NoSetpriv
        } else {
            EmbeddedError::BadProgram {
                program: program.to_owned(),
                reason: error.to_string(),
            }
        }
    }
}

/// Looks up user and group of [`PACKAGED_USER`] wherever the system keeps its accounts.
fn packaged_account() -> Option<(u32, u32)> {
    let number = |flag: &str| {
        let output = Command::new("id")
            .args([flag, PACKAGED_USER])
            .output()
            .ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    Some((number("-u")?, number("-g")?))
}
