//! Where PostgreSQL's programs are.
//!
//! **Invariant:** an existing cluster is only ever run by the major version that made it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::EmbeddedError;

/// The oldest major version whose SQL the migrations may use.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Directories that packages install to. `*` stands for any name, the highest number first.
const USUAL_DIRECTORIES: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
];

/// The programs of one installed PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    /// The directory that holds `initdb` and `postgres`.
    bin_dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// Finds the programs: the configured directory, or `PATH` and then the usual directories.
    ///
    /// `made_by` is the major version of the existing cluster.
    pub(super) fn find(
        configured: Option<&Path>,
        made_by: Option<u32>,
        cluster_dir: &Path,
    ) -> Result<Self, EmbeddedError> {
        let candidates = match configured {
            Some(bin_dir) => vec![bin_dir.to_owned()],
            None => search_path(),
        };
        let missing = EmbeddedError::NotInstalled {
            bin_dir: configured.map(Path::to_owned),
        };
        Self::choose(&candidates, made_by, cluster_dir, major_version, missing)
    }

    /// Takes the first candidate that fits, or says why the last one did not.
    fn choose(
        candidates: &[PathBuf],
        made_by: Option<u32>,
        cluster_dir: &Path,
        major_version: impl Fn(&Path) -> Result<u32, EmbeddedError>,
        mut refused: EmbeddedError,
    ) -> Result<Self, EmbeddedError> {
        for bin_dir in candidates {
            if !(bin_dir.join("initdb").is_file() && bin_dir.join("postgres").is_file()) {
                continue;
            }
            let major = major_version(&bin_dir.join("postgres"))?;
            let binaries = Self {
                bin_dir: bin_dir.clone(),
                major,
            };
            match made_by {
                Some(made_by) if made_by == major => return Ok(binaries),
                Some(made_by) => {
                    refused = EmbeddedError::OtherVersion {
                        cluster_dir: cluster_dir.to_owned(),
                        made_by,
                    };
                }
                None if major >= OLDEST_MAJOR => return Ok(binaries),
                None => {
                    refused = EmbeddedError::TooOld {
                        found: major,
                        bin_dir: bin_dir.clone(),
                    };
                }
            }
        }
        Err(refused)
    }

    /// Returns the path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Returns the major version.
    pub(super) fn major(&self) -> u32 {
        self.major
    }
}

fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.extend(USUAL_DIRECTORIES.iter().flat_map(|pattern| expand(pattern)));
    directories
}

/// Lists the directories that match a pattern with at most one `*`, the highest number first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((head, tail)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = head.rsplit_once('/').unwrap_or(("", head));
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(prefix)?.parse().ok()?;
            Some((number, PathBuf::from(format!("{parent}/{name}{tail}"))))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, path)| path).collect()
}

fn major_version(postgres: &Path) -> Result<u32, EmbeddedError> {
    let bad = |reason: String| EmbeddedError::BadProgram {
        program: postgres.to_owned(),
        reason,
    };
    let output = Command::new(postgres)
        .arg("--version")
        .output()
        .map_err(|error| bad(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_major(&text).ok_or_else(|| bad(format!("its version is {:?}", text.trim())))
}

/// Reads the major version off a line like `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn parse_major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once(") ")?;
    let digits = version
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a directory that looks like an installed PostgreSQL.
    fn install(root: &Path, major: u32) -> PathBuf {
        let bin_dir = root.join(format!("{major}/bin"));
        fs::create_dir_all(&bin_dir).expect("a directory");
        for name in ["initdb", "postgres"] {
            fs::write(bin_dir.join(name), "").expect("a file");
        }
        bin_dir
    }

    /// Reads the version off the path that [`install`] chose.
    fn version_in_path(postgres: &Path) -> Result<u32, EmbeddedError> {
        let directory = postgres.ancestors().nth(2).and_then(Path::file_name);
        let number = directory.and_then(|name| name.to_str()).map(str::parse);
        Ok(number.expect("a name").expect("a number"))
    }

    fn choose(candidates: &[PathBuf], made_by: Option<u32>) -> Result<u32, EmbeddedError> {
        let missing = EmbeddedError::NotInstalled { bin_dir: None };
        let cluster_dir = Path::new("/data/postgres");
        Binaries::choose(candidates, made_by, cluster_dir, version_in_path, missing)
            .map(|found| found.major())
    }

    #[test]
    fn a_version_line_is_read() {
        for (line, expected) in [
            (
                "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 17.2\n", Some(17)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) devel", None),
            ("", None),
        ] {
            assert_eq!(parse_major(line), expected, "{line:?}");
        }
    }

    #[test]
    fn the_highest_number_comes_first() {
        let root = tempfile::tempdir().expect("a directory");
        let installed = [9, 17, 15].map(|major| install(root.path(), major));
        let found = expand(&format!("{}/*/bin", root.path().display()));
        assert_eq!(
            found,
            [&installed[1], &installed[2], &installed[0]].map(PathBuf::clone)
        );
        assert_eq!(
            expand("/usr/local/pgsql/bin"),
            [PathBuf::from("/usr/local/pgsql/bin")]
        );
    }

    #[test]
    fn a_cluster_is_run_by_the_version_that_made_it() {
        let root = tempfile::tempdir().expect("a directory");
        let candidates = [17, 15, 13].map(|major| install(root.path(), major));
        assert_eq!(choose(&candidates, None).expect("the first"), 17);
        assert_eq!(choose(&candidates, Some(15)).expect("the same"), 15);
        assert_eq!(
            choose(&candidates, Some(16))
                .expect_err("not there")
                .to_string(),
            "/data/postgres was made by PostgreSQL 16, which is not installed: apt-get install \
             postgresql-16, or upgrade the directory with pg_upgrade"
        );
    }

    #[test]
    fn nothing_installed_and_too_old_are_told_apart() {
        let root = tempfile::tempdir().expect("a directory");
        assert_eq!(
            choose(&[root.path().join("none")], None)
                .expect_err("nothing there")
                .to_string(),
            "PostgreSQL is not installed: apt-get install postgresql, or set database.url to use \
             an existing one"
        );
        let old = choose(&[install(root.path(), 14)], None);
        assert!(matches!(old, Err(EmbeddedError::TooOld { found: 14, .. })));
    }
}
