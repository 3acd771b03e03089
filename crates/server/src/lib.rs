//! The process: configuration, telemetry, embedded PostgreSQL, wiring, signals, subcommands.
