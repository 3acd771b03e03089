//! Logs to standard error and the metrics recorder.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Buckets of durations, in seconds: a commit takes about a millisecond, a timeout thirty seconds.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// Buckets of batch sizes, in messages.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Recorded values are kept one by one until somebody scrapes or this time has passed.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Sends logs to standard error from now on.
pub(crate) fn start_logging(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("log.filter: {:?} is no filter", log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging was started before: {error}"))
}

/// Installs the recorder of the process and returns what renders it. Metric handles are taken
/// when services are built, so this comes first.
pub(crate) fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full("parlor_commit_messages".to_owned()), &BATCHES)?
        .install_recorder()?)
}

/// Folds recorded values into their buckets until cancelled, so that a server that nobody
/// scrapes does not collect them for ever.
pub(crate) async fn keep_metrics(metrics: PrometheusHandle, cancel: CancellationToken) {
    let mut rounds = tokio::time::interval(METRICS_UPKEEP);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = rounds.tick() => metrics.run_upkeep(),
            () = cancel.cancelled() => return,
        }
    }
}
