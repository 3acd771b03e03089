//! The app's credentials: configured, or made at the first start and kept.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use parlor_sign::AppCredentials;
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Where generated credentials are kept, below the data directory.
const FILE: &str = "app.toml";

/// Letters and digits only, so that ids and keys survive every shell, URL and header.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Where the credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The operator set them; they are never printed.
    Configured,
    /// An earlier start or this one made them.
    Generated,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: String,
    key: String,
    master_key: String,
}

/// Returns the credentials of the one app that is served, making them when there are none.
pub(crate) fn load_or_generate(config: &Config) -> anyhow::Result<(AppCredentials, Origin)> {
    if let Some(loaded) = load(config)? {
        return Ok(loaded);
    }
    let stored = generate(&config.data_dir.join(FILE))?;
    Ok((stored.into(), Origin::Generated))
}

/// Returns the credentials that are configured or that an earlier start made.
pub(crate) fn load(config: &Config) -> anyhow::Result<Option<(AppCredentials, Origin)>> {
    if !config.app.id.is_empty() {
        let credentials = AppCredentials {
            id: config.app.id.clone(),
            key: config.app.key.clone(),
            master_key: config.app.master_key.clone(),
            android_key: Some(config.app.android_key.clone()).filter(|key| !key.is_empty()),
        };
        return Ok(Some((credentials, Origin::Configured)));
    }
    let path = config.data_dir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    // The parser's message would quote the line, which may hold a key.
    let stored: Stored = toml::from_str(&text)
        .map_err(|_| anyhow::anyhow!("{} is damaged: restore or delete it", path.display()))?;
    Ok(Some((stored.into(), Origin::Generated)))
}

impl From<Stored> for AppCredentials {
    fn from(stored: Stored) -> Self {
        Self {
            id: stored.id,
            key: stored.key,
            master_key: stored.master_key,
            android_key: None,
        }
    }
}

fn generate(path: &Path) -> anyhow::Result<Stored> {
    let stored = Stored {
        id: random_text(24)?,
        key: random_text(24)?,
        master_key: random_text(32)?,
    };
    let text = format!(
        "# Made at the first start. Clients carry id and key; keep the master key secret.\n{}",
        toml::to_string(&stored)?
    );
    write_private(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(stored)
}

/// Writes a file only its owner may read, all of it or nothing.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut unfinished = PathBuf::from(path);
    unfinished.set_extension("toml.new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

fn random_text(length: usize) -> anyhow::Result<String> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 64];
        getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
        // Bytes over the last whole multiple of 62 would make some letters likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    text.truncate(length);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn generated_credentials_are_private_and_stay() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::defaults();
        config.data_dir = directory.path().join("data");
        let (first, origin) = load_or_generate(&config).unwrap();
        assert_eq!(origin, Origin::Generated);
        assert_eq!(first.id.len(), 24);
        assert_ne!(first.key, first.master_key);
        let mode = std::fs::metadata(config.data_dir.join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let (second, _) = load_or_generate(&config).unwrap();
        assert_eq!(second, first);
        assert_eq!(load(&config).unwrap().unwrap().0, first);
    }

    #[test]
    fn loading_makes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::defaults();
        config.data_dir = directory.path().join("data");
        assert!(load(&config).unwrap().is_none());
        assert!(!config.data_dir.exists());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::defaults();
        config.data_dir = directory.path().to_owned();
        std::fs::write(directory.path().join(FILE), "master_key = \"s3cret").unwrap();
        let error = format!("{:#}", load_or_generate(&config).unwrap_err());
        assert!(error.contains("app.toml is damaged"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
