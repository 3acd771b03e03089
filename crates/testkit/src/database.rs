//! A fresh database for each server.
//!
//! With `DATABASE_URL` set, databases are made in the cluster it names. Otherwise this process
//! starts the server's own embedded PostgreSQL once, in a temporary directory; it stops when
//! the last database of this process is gone.
//!
//! `psql` does the two statements that needs: it comes with every PostgreSQL server package,
//! and the SQL driver stays in the store.

use std::process::Command;

use anyhow::{Context, bail};

use crate::postgres::SharedPostgres;

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    /// The URL of the database that statements about databases run in.
    maintenance_url: String,
    url: String,
    /// Keeps a cluster of ours running.
    _postgres: Option<SharedPostgres>,
}

impl Database {
    /// Makes an empty database.
    pub(crate) fn create() -> anyhow::Result<Self> {
        let (maintenance_url, postgres) = match std::env::var("DATABASE_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let postgres = SharedPostgres::get()?;
                (postgres.url().to_owned(), Some(postgres))
            }
        };
        let mut random = [0; 8];
        getrandom::fill(&mut random).context("no randomness")?;
        let name = format!("parlor_test_{:016x}", u64::from_be_bytes(random));
        psql(&maintenance_url, &format!("CREATE DATABASE {name}"))?;
        Ok(Self {
            url: with_database(&maintenance_url, &name)?,
            name,
            maintenance_url,
            _postgres: postgres,
        })
    }

    /// Returns the URL to connect to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a failed test left behind may still be connected.
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if let Err(error) = psql(&self.maintenance_url, &statement) {
            eprintln!("test database {} stays behind: {error:#}", self.name);
        }
    }
}

fn psql(url: &str, statement: &str) -> anyhow::Result<()> {
    let output = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--command",
            statement,
            "--dbname",
            url,
        ])
        .output()
        .context("psql cannot be run: apt-get install postgresql-client")?;
    if !output.status.success() {
        bail!(
            "{statement}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// Replaces the database's name in a `postgres://` URL.
fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let (base, parameters) = match url.split_once('?') {
        Some((base, parameters)) => (base, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let authority = base.find("://").context("DATABASE_URL is no URL")? + 3;
    let server = match base[authority..].find('/') {
        Some(slash) => &base[..authority + slash],
        None => base,
    };
    Ok(format!("{server}/{name}{parameters}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_is_replaced() {
        for (url, expected) in [
            ("postgres:///old?host=/s", "postgres:///new?host=/s"),
            ("postgres://u:p@h:5432/old", "postgres://u:p@h:5432/new"),
            ("postgres://h", "postgres://h/new"),
        ] {
            assert_eq!(with_database(url, "new").expect("a URL"), expected);
        }
        assert!(with_database("host=/s", "new").is_err());
    }
}
