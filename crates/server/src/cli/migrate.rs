//! `parlor migrate`

use anyhow::Context;

use crate::config::Config;
use crate::{telemetry, wiring};

/// Migrates the configured database. The embedded one is migrated by every start.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config.log)?;
    let url = config
        .database_url()
        .context("database.url is not set: the embedded database is migrated by `parlor serve`")?;
    super::runtime()?.block_on(async {
        wiring::migrate(config, url).await?;
        println!("the schema is up to date");
        Ok(())
    })
}
