//! `parlor serve`

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::Running;
use crate::config::Config;
use crate::credentials::Origin;
use crate::telemetry;

/// Runs the server until SIGTERM or SIGINT.
pub(super) fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config.log)?;
    allow_open_files(config.gateway.max_connections);
    super::runtime()?.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
        let public_url = config.listen.public_url.clone();
        let running = tokio::select! {
            running = Running::start(config) => running?,
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        // Nobody may be reading any more; that is no reason to stop.
        let _ = writeln!(std::io::stdout(), "{}", greeting(&running, &public_url));
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::select! {
            () = running.shutdown() => Ok(()),
            _ = terminate.recv() => bail!("stopped by a second signal, before all was in order"),
            _ = interrupt.recv() => bail!("stopped by a second signal, before all was in order"),
        }
    })
}

/// Raises the limit of open files as far as the system lets us, and warns when the configured
/// connections do not fit.
fn allow_open_files(connections: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if allowed < connections as u64 {
        tracing::warn!(
            allowed,
            connections,
            "fewer files may be open than gateway.max_connections, raise the hard limit (ulimit -Hn)"
        );
    }
}

/// What an operator sees first. The master key is shown only when the server made it itself.
fn greeting(running: &Running, public_url: &str) -> String {
    let url = if public_url.is_empty() {
        format!("http://{}", reachable(running.http_addr))
    } else {
        public_url.to_owned()
    };
    let credentials = &running.credentials;
    let master_key = match running.origin {
        Origin::Configured => "(as configured)",
        Origin::Generated => &credentials.master_key,
    };
    // The SDK asks for an encrypted socket unless told otherwise.
    let ssl = if url.starts_with("https://") {
        ""
    } else {
        ", ssl: false"
    };
    format!(
        "\nParlor is running.\n\n  URL        {url}\n  AppId      {id}\n  AppKey     {key}\n  \
         MasterKey  {master_key}\n  Operators  http://{admin}/healthz /readyz /metrics\n\n\
         Paste this into a file next to `npm install leancloud-realtime@5.0.0-rc.8`:\n\n  \
         const {{ Realtime, TextMessage }} = require('leancloud-realtime');\n  \
         const realtime = new Realtime({{ appId: '{id}', appKey: '{key}', server: '{url}'{ssl} }});\n  \
         (async () => {{\n    \
         const alice = await realtime.createIMClient('alice');\n    \
         const chat = await alice.createConversation({{ members: ['bob'], name: 'Hello' }});\n    \
         console.log(await chat.send(new TextMessage('Hello from Parlor')));\n  \
         }})();\n",
        id = credentials.id,
        key = credentials.key,
        admin = reachable(running.admin_addr),
    )
}

/// Returns where this machine reaches a listener: one on all addresses has none of its own.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
