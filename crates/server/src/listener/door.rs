//! One listening address: accepts sockets and serves the router on each, until told to stop.
//!
//! **Invariant:** a peer that dawdles over its TLS handshake or over the head of a request is cut
//! off, and there are never more sockets in that state than allowed. WebSockets leave this place with their upgrade; the
//! gateway counts them.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use parlor_model::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{InForce, TrustedProxies};
use crate::wiring::Tasks;

/// How long accepting rests when the system refuses, most likely for want of open files.
const ACCEPT_REST: Duration = Duration::from_secs(1);

/// What sockets may take before they are WebSockets; doors that share it share the sockets.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// One permit per socket.
    sockets: Arc<Semaphore>,
    /// For the TLS handshake, and for the head of each request.
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

/// What is served on every socket. Requests carry their [`Peer`] as an extension.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) proxies: Arc<TrustedProxies>,
}

/// A bound address that nobody is let in at yet.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    /// Where it is.
    pub(crate) addr: SocketAddr,
    limits: Limits,
    /// What peers must be greeted with; without one they are not encrypted.
    certificate: Option<InForce>,
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
            certificate: None,
        })
    }

    /// Lets only peers in that speak TLS.
    pub(crate) fn encrypted(self, certificate: InForce) -> Self {
        Self {
            certificate: Some(certificate),
            ..self
        }
    }

    /// Lets peers in from now on and until `tasks` are cancelled.
    pub(crate) fn open(self, site: Site, tasks: &Tasks) {
        let Tasks { tracker, cancel } = tasks.clone();
        tasks.tracker.spawn(async move {
            while let Some((socket, address, permit)) = self.accept(&cancel).await {
                let visit = Visit {
                    site: site.clone(),
                    peer: Peer {
                        address: address.to_canonical(),
                        is_encrypted: self.certificate.is_some(),
                    },
                    request_timeout: self.limits.request_timeout,
                    cancel: cancel.clone(),
                    _permit: permit,
                };
                let acceptor = self.certificate.as_ref().map(InForce::acceptor);
                tracker.spawn(visit.serve(socket, acceptor));
            }
        });
    }

    /// Waits for the next peer; `None` when the door closes.
    async fn accept(
        &self,
        cancel: &CancellationToken,
    ) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
        let next = async {
            // Before accepting: what waits in the system's queue costs nothing here.
            let sockets = Arc::clone(&self.limits.sockets);
            let permit = sockets.acquire_owned().await.ok()?;
            loop {
                match self.listener.accept().await {
                    Ok((socket, peer)) => return Some((socket, peer.ip(), permit)),
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
    site: Site,
    /// Who has connected, a client or a proxy.
    peer: Peer,
    request_timeout: Duration,
    cancel: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Visit {
    async fn serve(self, socket: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Frames are small and already gathered per wake-up: waiting for more only delays them.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let Some(acceptor) = acceptor else {
            return self.serve_http(socket).await;
        };
        let handshake = timeout(self.request_timeout, acceptor.accept(socket));
        let done = tokio::select! {
            done = handshake => done,
            () = self.cancel.cancelled() => return,
        };
        match done {
            Ok(Ok(socket)) => self.serve_http(socket).await,
            Ok(Err(error)) => refused(&error),
            Err(elapsed) => refused(&elapsed),
        }
    }

    async fn serve_http(self, socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Site { router, proxies } = self.site;
        let service = router.map_request(move |mut request: Request<Incoming>| {
            let peer = proxies.peer_of(self.peer, request.headers());
            request.extensions_mut().insert(peer);
            request
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_timeout)
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(service))
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

/// Scanners and clients that do not trust the certificate end like this all the time.
fn refused(error: &(dyn std::error::Error + 'static)) {
    tracing::debug!(error, "TLS handshake failed");
    metrics::counter!("parlor_tls_handshakes_failed_total").increment(1);
}
