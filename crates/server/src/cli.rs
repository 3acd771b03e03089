//! The command line.

mod check_config;
mod migrate;
mod serve;
mod sign;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError};

/// Exit status for a configuration that is wrong, as in `sysexits.h`.
const EX_CONFIG: u8 = 78;

/// A self-hosted realtime messaging server for the LeanCloud Realtime SDKs.
#[derive(Debug, Parser)]
#[command(name = "parlor", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

// No doc comment: clap would take it for the description of the program.
#[derive(Args, Debug)]
struct Settings {
    /// Settings file; overrides the defaults, and `PARLOR_<SECTION>__<KEY>` overrides it
    #[arg(long, global = true, value_name = "FILE", env = "PARLOR_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGTERM or SIGINT
    Serve,
    /// Bring the database schema up to this version, then exit
    Migrate,
    /// Check the settings and print them, secrets left out
    CheckConfig,
    /// Print what is signed for a client, and its signature, to debug a signing backend
    Sign(sign::Arguments),
}

/// Runs the program. Exit status 0 is success, 78 a wrong setting, 2 a wrong command line, 1
/// everything else.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            if error.is::<ConfigError>() {
                ExitCode::from(EX_CONFIG)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let config = Config::load(cli.settings.config.as_deref(), std::env::vars_os())?;
    match cli.command {
        Command::Serve => serve::run(config),
        Command::Migrate => migrate::run(&config),
        Command::CheckConfig => check_config::run(&config),
        Command::Sign(arguments) => sign::run(&config, arguments),
    }
}

/// Prints an error with its causes on one line.
fn report(error: &anyhow::Error) {
    eprintln!("parlor: {error:#}");
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}
