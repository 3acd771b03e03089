//! The `parlor` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    parlor_server::cli::main()
}
