//! One listening address: accepts sockets and serves the router on each, until told to stop.
//!
//! **Invariant:** a peer that dawdles over the head of a request is cut off, and there are never
//! more sockets in that state than allowed. WebSockets leave this place with their upgrade; the
//! gateway counts them.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::wiring::Tasks;

/// How long accepting rests when the system refuses, most likely for want of open files.
const ACCEPT_REST: Duration = Duration::from_secs(1);

/// What sockets may take before they are WebSockets; doors that share it share the sockets.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// One permit per socket.
    sockets: Arc<Semaphore>,
    /// For the head of each request.
    request_timeout: Duration,
}

impl Limits {
    /// Allows so many sockets at once, each so long for a request.
    pub(crate) fn new(sockets: usize, request_timeout: Duration) -> Self {
        Self {
            sockets: Arc::new(Semaphore::new(sockets.min(Semaphore::MAX_PERMITS))),
            request_timeout,
        }
    }
}

/// A bound address that nobody is let in at yet.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    /// Where it is.
    pub(crate) addr: SocketAddr,
    limits: Limits,
}

impl Door {
    /// Binds an address; `key` names the setting it comes from.
    pub(crate) async fn bind(key: &str, addr: SocketAddr, limits: Limits) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(addr)
            .await
            .with_context(|| format!("{key}: cannot listen on {addr}"))?;
        Ok(Self {
            addr: listener.local_addr()?,
            listener,
            limits,
        })
    }

    /// Lets peers in from now on and until `tasks` are cancelled.
    pub(crate) fn open(self, router: Router, tasks: &Tasks) {
        let Tasks { tracker, cancel } = tasks.clone();
        tasks.tracker.spawn(async move {
            while let Some((socket, permit)) = self.accept(&cancel).await {
                let visit = Visit {
                    router: router.clone(),
                    request_timeout: self.limits.request_timeout,
                    cancel: cancel.clone(),
                    _permit: permit,
                };
                tracker.spawn(visit.serve(socket));
            }
        });
    }

    /// Waits for the next peer; `None` when the door closes.
    async fn accept(
        &self,
        cancel: &CancellationToken,
    ) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let next = async {
            // Before accepting: what waits in the system's queue costs nothing here.
            let sockets = Arc::clone(&self.limits.sockets);
            let permit = sockets.acquire_owned().await.ok()?;
            loop {
                match self.listener.accept().await {
                    Ok((socket, _)) => return Some((socket, permit)),
                    Err(error) => rest_after(&error).await,
                }
            }
        };
        tokio::select! {
            accepted = next => accepted,
            () = cancel.cancelled() => None,
        }
    }
}

/// A peer that gave up early is no reason to pause; a system that has no more sockets is.
async fn rest_after(error: &io::Error) {
    if matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    ) {
        return;
    }
    tracing::error!(%error, "cannot accept a connection");
    tokio::time::sleep(ACCEPT_REST).await;
}

/// One socket for as long as it speaks HTTP.
struct Visit {
    router: Router,
    request_timeout: Duration,
    cancel: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Visit {
    async fn serve(self, socket: TcpStream) {
        // Frames are small and already gathered per wake-up: waiting for more only delays them.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        self.serve_http(socket).await;
    }

    async fn serve_http(self, socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_timeout)
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(self.router))
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let served = tokio::select! {
            served = &mut connection => served,
            () = self.cancel.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, "request failed");
        }
    }
}
