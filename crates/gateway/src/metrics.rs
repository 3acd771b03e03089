//! What the gateway counts. Labels never hold ids.

use std::time::Instant;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use parlor_model::SessionEnd;

/// Describes every metric of this crate.
pub(crate) fn describe() {
    describe_gauge!("parlor_connections", "sockets open now");
    describe_gauge!("parlor_sessions", "clients logged in now, once per session");
    describe_counter!(
        "parlor_connections_closed_total",
        "sockets closed by the server, by close code"
    );
    describe_counter!(
        "parlor_sessions_ended_total",
        "sessions ended from outside, by cause: conflict, kicked, superseded"
    );
    describe_counter!(
        "parlor_commands_total",
        "client commands, by command and outcome"
    );
    describe_counter!(
        "parlor_commands_limited_total",
        "commands refused because they came too fast, by command"
    );
    describe_counter!(
        "parlor_missed_messages_total",
        "messages pushed to clients that were away, to sessions that take no counts"
    );
    describe_histogram!(
        "parlor_command_seconds",
        Unit::Seconds,
        "time from decoding a command to the end of its execution, by command"
    );
}

/// Counts a connection for as long as it lives.
pub(crate) struct ConnectionGauge;

impl ConnectionGauge {
    pub(crate) fn new() -> Self {
        gauge!("parlor_connections").increment(1);
        Self
    }
}

impl Drop for ConnectionGauge {
    fn drop(&mut self) {
        gauge!("parlor_connections").decrement(1);
    }
}

/// Counts a session for as long as it lives.
pub(crate) struct SessionGauge;

impl SessionGauge {
    pub(crate) fn new() -> Self {
        gauge!("parlor_sessions").increment(1);
        Self
    }
}

impl Drop for SessionGauge {
    fn drop(&mut self) {
        gauge!("parlor_sessions").decrement(1);
    }
}

/// Counts a connection that the server closes.
pub(crate) fn closed(code: u16) {
    counter!("parlor_connections_closed_total", "code" => code.to_string()).increment(1);
}

/// Counts a session that was ended from outside.
pub(crate) fn session_ended(end: &SessionEnd) {
    let cause = match end {
        SessionEnd::Superseded => "superseded",
        SessionEnd::Conflict => "conflict",
        SessionEnd::Kicked { .. } => "kicked",
    };
    counter!("parlor_sessions_ended_total", "cause" => cause).increment(1);
}

/// Counts messages pushed to who was away.
pub(crate) fn missed(messages: usize) {
    if messages > 0 {
        counter!("parlor_missed_messages_total").increment(messages as u64);
    }
}

/// Counts an answered command.
pub(crate) fn answered(command: &'static str, outcome: &'static str) {
    counter!("parlor_commands_total", "command" => command, "outcome" => outcome).increment(1);
}

/// Counts a command that came too fast.
pub(crate) fn limited(command: &'static str) {
    counter!("parlor_commands_limited_total", "command" => command).increment(1);
}

/// Records how long a command ran.
pub(crate) fn executed(command: &'static str, started: Instant) {
    histogram!("parlor_command_seconds", "command" => command)
        .record(started.elapsed().as_secs_f64());
}
