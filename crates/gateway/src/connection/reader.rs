//! The actor of one connection: owns the sessions, reads frames, runs commands in order.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use parlor_cluster::{ConnectionHandle, Outgoing, mailbox};
use parlor_model::Peer;
use parlor_wire::close_code::CloseCode;
use parlor_wire::notice::Notice;
use parlor_wire::subprotocol::{Encoding, Subprotocol};
use parlor_wire::{base64_text, frame, json};
use tokio::task::JoinHandle;

use super::{Session, writer};
use crate::command;
use crate::metrics::ConnectionGauge;
use crate::router::{Gateway, Stopping};

/// How long the peer is given to take what is queued, and to answer the close.
const FAREWELL: Duration = Duration::from_secs(5);

/// The state of one connection.
pub(crate) struct Connection {
    pub(crate) gateway: Gateway,
    pub(crate) subprotocol: Subprotocol,
    pub(crate) peer: Peer,
    pub(crate) handle: ConnectionHandle,
    /// In the order they were opened; the first is meant when a frame names none.
    pub(crate) sessions: Vec<Session>,
    /// Whether an open or login has succeeded on this connection.
    pub(crate) logged_in: bool,
    /// Whether its clients were asked to go elsewhere.
    told_to_go: bool,
}

/// Runs a connection until one side ends it.
pub(crate) async fn run(gateway: Gateway, socket: WebSocket, subprotocol: Subprotocol, peer: Peer) {
    let _gauge = ConnectionGauge::new();
    let (sink, mut stream) = socket.split();
    let (handle, mailbox) = mailbox(gateway.config.mailbox_frames);
    let mut writer = gateway.tracker.spawn(writer::run(
        sink,
        mailbox,
        handle.overflow_signal(),
        subprotocol,
    ));
    let mut connection = Connection {
        gateway,
        subprotocol,
        peer,
        handle,
        sessions: Vec::new(),
        logged_in: false,
        told_to_go: false,
    };
    tracing::debug!(subprotocol = subprotocol.name(), "connected");
    let ending = connection.read(&mut stream, &mut writer).await;
    tracing::debug!(?ending, "disconnected");

    // Off the registry first, so that nothing new is put into the mailbox.
    let Connection {
        gateway,
        sessions,
        handle,
        told_to_go,
        ..
    } = connection;
    if told_to_go || gateway.stopping.closing.is_cancelled() {
        // The server goes away, not its clients.
        for session in sessions {
            session.will.revoke();
        }
    } else {
        drop(sessions);
    }
    if let Ending::ByUs(code) = ending {
        handle.deliver(Outgoing::Close {
            code: code.number(),
            reason: code.reason(),
        });
    }
    drop(handle);
    // It has ended already when it is why the connection ends, and may not be awaited twice.
    if !writer.is_finished() && tokio::time::timeout(FAREWELL, &mut writer).await.is_err() {
        writer.abort();
    }
    if matches!(ending, Ending::ByUs(_)) {
        // Unread bytes at close would reset the socket and lose the close frame.
        let _ = tokio::time::timeout(FAREWELL, drain(&mut stream)).await;
    }
}

/// Why a connection ended.
#[derive(Debug)]
enum Ending {
    /// The peer closed it, vanished, or was cut off by the writer.
    ByPeer,
    /// We close it.
    ByUs(CloseCode),
}

impl Connection {
    async fn read(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        writer: &mut JoinHandle<()>,
    ) -> Ending {
        let config = self.gateway.config.clone();
        let Stopping { draining, closing } = self.gateway.stopping.clone();
        let handle = self.handle.clone();
        let connected = Instant::now();
        let mut heard = connected;
        // One timer for both limits, moved only when it fires: frames cost no timer work.
        let timer = tokio::time::sleep(config.login_timeout.min(config.idle_timeout));
        tokio::pin!(timer);
        loop {
            tokio::select! {
                message = stream.next() => {
                    heard = Instant::now();
                    let flow = match message {
                        Some(Ok(message)) => self.receive(message).await,
                        Some(Err(error)) => ControlFlow::Break(ending_of(&error)),
                        None => ControlFlow::Break(Ending::ByPeer),
                    };
                    if let ControlFlow::Break(ending) = flow {
                        return ending;
                    }
                }
                () = &mut timer => {
                    let idle_until = heard + config.idle_timeout;
                    let login_until = connected + config.login_timeout;
                    let now = Instant::now();
                    if now >= idle_until {
                        return Ending::ByUs(CloseCode::ReadTimeout);
                    }
                    if !self.logged_in && now >= login_until {
                        return Ending::ByUs(CloseCode::LoginTimeout);
                    }
                    let next = if self.logged_in { idle_until } else { idle_until.min(login_until) };
                    timer.as_mut().reset(next.into());
                }
                () = handle.session_ended() => self.remove_ended(),
                () = draining.cancelled(), if !self.told_to_go && !self.sessions.is_empty() => {
                    self.tell_to_go();
                }
                () = closing.cancelled() => return Ending::ByUs(CloseCode::GoingAway),
                _ = &mut *writer => return Ending::ByPeer,
            }
        }
    }

    /// Asks the connection's clients to go elsewhere, once: SDKs do it for all of them (spec 01
    /// §2.7).
    fn tell_to_go(&mut self) {
        self.told_to_go = true;
        if let Some(session) = self.sessions.first() {
            let now = self.gateway.chat.clock().now();
            let notice = Notice::GoAway.encode(&session.caller.client_id, now);
            self.handle.deliver(Outgoing::Frame(notice));
        }
    }

    async fn receive(&mut self, message: Message) -> ControlFlow<Ending> {
        let frame = match (message, self.subprotocol.encoding()) {
            (Message::Binary(frame), _) => frame,
            (Message::Text(text), Encoding::Json) => text.into(),
            (Message::Text(text), Encoding::Binary | Encoding::Base64Text) => {
                match base64_text::from_text(text.as_str()) {
                    Ok(frame) => frame,
                    Err(_) => return unparseable(),
                }
            }
            // The WebSocket layer answers pings by itself.
            (Message::Ping(_) | Message::Pong(_), _) => return ControlFlow::Continue(()),
            (Message::Close(_), _) => return ControlFlow::Break(Ending::ByPeer),
        };
        self.receive_frame(&frame).await
    }

    async fn receive_frame(&mut self, frame: &Bytes) -> ControlFlow<Ending> {
        if frame.len() > self.gateway.config.max_frame_bytes {
            return ControlFlow::Break(Ending::ByUs(CloseCode::FrameTooLong));
        }
        let decoded = match self.subprotocol.encoding() {
            Encoding::Json => json::decode(frame),
            Encoding::Binary | Encoding::Base64Text => frame::decode(frame),
        };
        match decoded {
            Ok(command) => {
                // Who was ended a moment ago says nothing more.
                self.remove_ended();
                command::execute(self, command).await;
                ControlFlow::Continue(())
            }
            Err(error) => {
                tracing::debug!(%error, "frame cannot be decoded");
                unparseable()
            }
        }
    }

    /// Finds the session a frame is for: the one it names, else the first opened.
    pub(crate) fn session(&self, named: Option<&str>) -> Option<&Session> {
        match named {
            Some(named) => self
                .sessions
                .iter()
                .find(|session| session.caller.client_id.as_str() == named),
            None => self.sessions.first(),
        }
    }
}

const fn unparseable() -> ControlFlow<Ending> {
    ControlFlow::Break(Ending::ByUs(CloseCode::UnparseableRawMessage))
}

/// Tells a frame that is far too long from a peer that is gone.
fn ending_of(error: &axum::Error) -> Ending {
    tracing::debug!(%error, "socket failed");
    let too_long = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<tokio_tungstenite::tungstenite::Error>())
        .is_some_and(|error| matches!(error, tokio_tungstenite::tungstenite::Error::Capacity(_)));
    if too_long {
        Ending::ByUs(CloseCode::FrameTooLong)
    } else {
        Ending::ByPeer
    }
}

async fn drain(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}
