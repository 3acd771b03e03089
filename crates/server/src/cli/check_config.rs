//! `parlor check-config`

use crate::config::Config;
use crate::listener::Certificate;

/// Prints the settings in force; loading them, and the files they name, is the check.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    println!("{config:#?}");
    if config.listen.https.is_some() {
        let certificate = Certificate::load(&config.tls)?;
        if let Some(expires_at) = certificate.expires_at {
            println!("the TLS certificate expires at {}", expires_at.to_iso());
        }
    }
    println!("the settings are valid");
    Ok(())
}
