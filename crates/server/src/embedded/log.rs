//! What PostgreSQL writes to its error output, as events of the server's log.
//!
//! **Invariant:** the pipe is read until its end, whatever comes; PostgreSQL never blocks on it.

use std::collections::VecDeque;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Enough to hold the reason of a failed start with its hint.
const KEPT_LINES: usize = 8;

/// Forwards lines until the pipe closes, and returns its last complaints as one line.
pub(super) async fn forward(pipe: impl AsyncRead + Unpin) -> String {
    let mut reader = BufReader::new(pipe);
    let mut complaints = VecDeque::with_capacity(KEPT_LINES);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        emit(text.trim());
        if is_complaint(text.trim()) {
            if complaints.len() == KEPT_LINES {
                complaints.pop_front();
            }
            complaints.push_back(text.trim().to_owned());
        }
    }
    Vec::from(complaints).join("; ")
}

/// Returns the last complaints of a program's whole output as one line.
pub(super) fn last_complaints(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let complaints: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| is_complaint(line))
        .collect();
    complaints[complaints.len().saturating_sub(KEPT_LINES)..].join("; ")
}

/// Tells reasons and hints from reports of progress.
fn is_complaint(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("LOG:")
}

fn emit(line: &str) {
    match line.split_once(':').map(|(severity, _)| severity) {
        Some("PANIC") => tracing::error!(target: "parlor::postgres", "{line}"),
        Some("FATAL" | "WARNING") => tracing::warn!(target: "parlor::postgres", "{line}"),
        // A failed statement is reported by whoever ran it.
        _ => tracing::debug!(target: "parlor::postgres", "{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn complaints_are_kept_and_progress_is_not() {
        let mut output = String::from("FATAL:  no space\n\nHINT:  buy some\n");
        for number in 0..100 {
            output.push_str(&format!("LOG:  step {number}\n"));
        }
        let expected = "FATAL:  no space; HINT:  buy some";
        assert_eq!(forward(output.as_bytes()).await, expected);
        assert_eq!(last_complaints(output.as_bytes()), expected);
        assert_eq!(forward(&b"\xff\xfe\n"[..]).await, "\u{fffd}\u{fffd}");
    }

    #[tokio::test]
    async fn only_the_last_complaints_are_kept() {
        let output: String = (0..20).map(|number| format!("{number}\n")).collect();
        let expected = "12; 13; 14; 15; 16; 17; 18; 19";
        assert_eq!(forward(output.as_bytes()).await, expected);
        assert_eq!(last_complaints(output.as_bytes()), expected);
    }
}
