//! Where the cluster's socket lies, and the URL that reaches it.
//!
//! The socket lies in the cluster's own directory, which is closed to everybody else. When that
//! path does not fit into a socket address, it lies in a private directory below the temporary
//! directory, under a name that stays the same for the cluster.
//!
//! **Invariant:** the directory is open to its owner only; that is what "trust" is safe behind.

use std::env;
use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::EmbeddedError;

/// A socket's file name carries a port even when no port is open.
const FILE_NAME: &str = ".s.PGSQL.5432";

/// Longest path that fits into `sun_path` with its final zero byte on every Unix: 108 bytes on
/// Linux, 104 on the BSDs and macOS.
const MAX_PATH_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Returns the directory for the socket of `cluster_dir`, making it when it is not the cluster's,
/// and the account able to enter it.
pub(super) fn directory(
    cluster_dir: &Path,
    account: Account,
) -> Result<(PathBuf, Account), EmbeddedError> {
    if fits(cluster_dir) {
        return Ok((cluster_dir.to_owned(), account));
    }
    let metadata = fs::metadata(cluster_dir).map_err(EmbeddedError::file("read", cluster_dir))?;
    let path = env::temp_dir().join(format!("parlor-{:x}-{:x}", metadata.dev(), metadata.ino()));
    if !fits(&path) {
        return Err(EmbeddedError::SocketPath { path });
    }
    match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => account.own(&path)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            check_private(&path, account.uid())?;
        }
        Err(error) => return Err(EmbeddedError::file("create", &path)(error)),
    }
    let account = account.reaching(&path)?;
    Ok((path, account))
}

/// Refuses a directory in a shared place that somebody else may have put there.
fn check_private(path: &Path, uid: u32) -> Result<(), EmbeddedError> {
    let metadata = fs::symlink_metadata(path).map_err(EmbeddedError::file("read", path))?;
    if metadata.is_dir() && metadata.uid() == uid && metadata.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(EmbeddedError::SocketDirectory {
            path: path.to_owned(),
            uid,
        })
    }
}

/// Removes what a killed PostgreSQL left behind. Only for a cluster that nobody runs.
pub(super) fn clear(directory: &Path) {
    for suffix in ["", ".lock"] {
        // Usually there is nothing to remove; PostgreSQL complains about what is in its way.
        let _ = fs::remove_file(directory.join(format!("{FILE_NAME}{suffix}")));
    }
}

/// Returns the URL of a database behind the socket in `directory`, as user `postgres`.
pub(super) fn url(directory: &Path, database: &str) -> String {
    let mut host = String::new();
    for byte in directory.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            host.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(host, "%{byte:02X}");
        }
    }
    format!("postgres:///{database}?host={host}&port=5432&user=postgres")
}

fn fits(directory: &Path) -> bool {
    directory
        .join(FILE_NAME)
        .to_str()
        .is_some_and(|path| path.len() <= MAX_PATH_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_escapes_what_a_query_cannot_hold() {
        assert_eq!(
            url(Path::new("/srv/my data/ü+&?/postgres"), "parlor"),
            "postgres:///parlor?host=/srv/my%20data/%C3%BC%2B%26%3F/postgres&port=5432&user=postgres"
        );
    }

    #[test]
    fn a_long_path_gets_a_stable_private_directory() {
        let root = tempfile::tempdir().expect("a directory");
        let short = root.path().join("short");
        let long = root.path().join("x".repeat(100));
        for path in [&short, &long] {
            fs::create_dir(path).expect("a directory");
        }
        let account = Account::choose(&root.path().join("none")).expect("an account");
        assert_eq!(directory(&short, account).expect("fits").0, short);

        let (fallback, _) = directory(&long, account).expect("made");
        assert!(fits(&fallback));
        assert_eq!(
            fs::metadata(&fallback).expect("there").mode() & 0o777,
            0o700
        );
        assert_eq!(directory(&long, account).expect("found again").0, fallback);

        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(&fallback, open).expect("opened");
        assert!(matches!(
            directory(&long, account),
            Err(EmbeddedError::SocketDirectory { .. })
        ));
        fs::remove_dir(&fallback).expect("empty");
    }
}
