//! `parlor check-config`

use crate::config::Config;

/// Prints the settings in force; loading them was the check.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    println!("{config:#?}");
    println!("the settings are valid");
    Ok(())
}
