//! The lock on a data directory.
//!
//! **Invariant:** the kernel's lock decides, not the file's content: it goes with the process
//! that held it, so a file left behind by a killed server locks nobody out.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::EmbeddedError;

/// Exclusive use of a data directory, until dropped.
#[derive(Debug)]
pub(super) struct DataDirLock {
    /// The directory's path, absolute and without links.
    pub(super) data_dir: PathBuf,
    _file: File,
}

impl DataDirLock {
    /// Creates the directory when it is missing, and takes its lock or fails at once.
    pub(super) fn acquire(data_dir: &Path) -> Result<Self, EmbeddedError> {
        DirBuilder::new()
            .recursive(true)
            // Others may pass through, since PostgreSQL may run as another user; what is secret
            // inside is closed by itself.
            .mode(0o711)
            .create(data_dir)
            .map_err(EmbeddedError::file("create", data_dir))?;
        let data_dir =
            fs::canonicalize(data_dir).map_err(EmbeddedError::file("resolve", data_dir))?;
        let path = data_dir.join("parlor.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EmbeddedError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The number only makes the message better.
                let _ = file.read_to_string(&mut holder);
                return Err(EmbeddedError::InUse {
                    data_dir,
                    pid: holder.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(EmbeddedError::file("lock", &path)(error));
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(EmbeddedError::file("write", &path))?;
        Ok(Self {
            data_dir,
            _file: file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{DataDirLock, EmbeddedError};

    #[test]
    fn the_second_lock_names_the_holder_and_the_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        let data_dir = directory.path().join("made/data");
        let lock = DataDirLock::acquire(&data_dir).expect("nobody else has it");
        let Err(EmbeddedError::InUse {
            data_dir: named,
            pid,
        }) = DataDirLock::acquire(&data_dir)
        else {
            panic!("locked twice");
        };
        assert_eq!(named, lock.data_dir);
        assert_eq!(pid, Some(std::process::id()));
        drop(lock);
        DataDirLock::acquire(&data_dir).expect("a lock ends with its holder");
    }
}
