//! A client that speaks raw frames over a real socket.
//!
//! **Invariant:** every frame that comes in is checked against the rules all frames obey
//! (spec 01 §3.3, §4): `service` and `serverTs` are set, an event names its recipient, and a
//! serial number answers an open request exactly once.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use parlor_wire::base64_text;
use parlor_wire::proto::{
    AckCommand, BlacklistCommand, CommandType, ConvCommand, ErrorCommand, GenericCommand, LogItem,
    LogsCommand, OpType, PatchItem, UnreadCommand,
};
use parlor_wire::subprotocol::{Encoding, Subprotocol};
use prost::Message as _;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::handshake::Socket;
use crate::{Handshake, TestServer, TlsFiles, command, within};

/// What a connection ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A close frame.
    Closed {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// The socket ended without a close frame.
    Dropped,
}

/// A connection with as many sessions as a test opens on it.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<Socket>,
    encoding: Encoding,
    app_id: String,
    next_serial: i32,
    outstanding: HashSet<i32>,
    /// Frames nobody asked for yet, in order of arrival.
    waiting: VecDeque<GenericCommand>,
    pongs: VecDeque<Bytes>,
}

impl Client {
    /// Connects to a server.
    pub async fn connect(server: &TestServer, subprotocol: Subprotocol) -> Self {
        Self::connect_to(server.http_addr(), server.app_id(), subprotocol).await
    }

    /// Connects to whatever listens on an address.
    pub async fn connect_to(addr: SocketAddr, app_id: &str, subprotocol: Subprotocol) -> Self {
        Self::try_connect(addr, app_id, subprotocol)
            .await
            .expect("a server that listens")
    }

    /// Connects to an address where a server may be down.
    ///
    /// # Errors
    /// The socket's error when nobody answers.
    pub async fn try_connect(
        addr: SocketAddr,
        app_id: &str,
        subprotocol: Subprotocol,
    ) -> io::Result<Self> {
        let offer = [("Sec-WebSocket-Protocol", subprotocol.name())];
        let handshake = Handshake::try_request(addr, "/", &offer).await?;
        Ok(Self::over(handshake.upgraded(), app_id, subprotocol.encoding()).await)
    }

    /// Connects to the encrypted side of a server.
    pub async fn connect_encrypted(
        server: &TestServer,
        files: &TlsFiles,
        subprotocol: Subprotocol,
    ) -> Self {
        let addr = server.https_addr();
        let stream = files.connect(addr).await.expect("a TLS handshake");
        let offer = [("Sec-WebSocket-Protocol", subprotocol.name())];
        let handshake = Handshake::over_any(Box::new(stream), addr, "/", &offer)
            .await
            .expect("an answer");
        Self::over(
            handshake.upgraded(),
            server.app_id(),
            subprotocol.encoding(),
        )
        .await
    }

    /// Speaks over a socket that is already upgraded.
    ///
    /// # Panics
    /// When it is to speak JSON, which is for [`crate::JsonClient`].
    pub async fn over(stream: Socket, app_id: &str, encoding: Encoding) -> Self {
        assert_ne!(encoding, Encoding::Json, "JsonClient speaks JSON");
        Self {
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, None).await,
            encoding,
            app_id: app_id.to_owned(),
            next_serial: 1,
            outstanding: HashSet::new(),
            waiting: VecDeque::new(),
            pongs: VecDeque::new(),
        }
    }

    /// Connects and logs one client in.
    pub async fn login(server: &TestServer, client_id: &str) -> Self {
        let mut client = Self::connect(server, Subprotocol::Protobuf2V3).await;
        client.open(client_id).await;
        client
    }

    /// Returns the app this client believes it talks to.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Logs a client in and returns the reply.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn open(&mut self, client_id: &str) -> GenericCommand {
        let opened = self.request(command::open(&self.app_id, client_id)).await;
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
        opened
    }

    /// Sends a frame as it is.
    pub async fn send(&mut self, frame: &GenericCommand) {
        self.try_send(frame).await.expect("an open socket");
    }

    async fn try_send(&mut self, frame: &GenericCommand) -> Result<(), End> {
        if let Some(serial) = frame.i {
            self.outstanding.insert(serial);
        }
        let bytes = Bytes::from(frame.encode_to_vec());
        let message = match self.encoding {
            Encoding::Binary => Message::Binary(bytes),
            Encoding::Base64Text => Message::text(base64_text::to_text(&bytes)),
            Encoding::Json => unreachable!("JsonClient speaks JSON"),
        };
        within("the server to read", self.socket.send(message))
            .await
            .map_err(|_| End::Dropped)
    }

    /// Sends a WebSocket message as it is.
    pub async fn send_raw(&mut self, message: Message) {
        within("the server to read", self.socket.send(message))
            .await
            .expect("an open socket");
    }

    /// Expects an answer to a frame that is sent as raw bytes.
    pub fn expect_serial(&mut self, serial: i32) {
        self.outstanding.insert(serial);
    }

    /// Sends a frame under the next serial number and returns that number.
    pub async fn send_numbered(&mut self, frame: GenericCommand) -> i32 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.send(&GenericCommand {
            i: Some(serial),
            ..frame
        })
        .await;
        serial
    }

    /// Sends a frame under the next serial number and returns its reply. Events that arrive
    /// before the reply stay in [`Client::arrived`].
    pub async fn request(&mut self, frame: GenericCommand) -> GenericCommand {
        let serial = self.send_numbered(frame).await;
        self.reply(serial).await
    }

    /// Sends a frame for one of several clients on this connection and returns its reply.
    pub async fn request_as(&mut self, client_id: &str, frame: GenericCommand) -> GenericCommand {
        self.request(GenericCommand {
            peer_id: Some(client_id.to_owned()),
            ..frame
        })
        .await
    }

    /// Sends a frame under the next serial number and returns its reply, or how the
    /// connection ended before it came.
    ///
    /// # Errors
    /// [`End`] when there will be no reply.
    pub async fn try_request(&mut self, frame: GenericCommand) -> Result<GenericCommand, End> {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.try_send(&GenericCommand {
            i: Some(serial),
            ..frame
        })
        .await?;
        self.try_first("a reply", |frame| frame.i == Some(serial))
            .await
    }

    /// Waits for the reply to a serial number.
    pub async fn reply(&mut self, serial: i32) -> GenericCommand {
        self.first(&format!("the reply to i={serial}"), |frame| {
            frame.i == Some(serial)
        })
        .await
    }

    /// Waits for the next frame without a serial number.
    pub async fn next_event(&mut self) -> GenericCommand {
        self.first("an event", |frame| frame.i.is_none()).await
    }

    /// Waits for the next event and checks which one it is.
    ///
    /// # Panics
    /// When another event comes first.
    pub async fn expect_event(
        &mut self,
        command: CommandType,
        operation: Option<OpType>,
    ) -> GenericCommand {
        let event = self.next_event().await;
        assert_eq!(
            (event.cmd, event.op),
            (
                Some(command as i32),
                operation.map(|operation| operation as i32)
            ),
            "another event came first: {event:?}"
        );
        event
    }

    /// Waits for the next event, which must be about a conversation.
    pub async fn expect_conv(&mut self, operation: OpType) -> ConvCommand {
        self.expect_event(CommandType::Conv, Some(operation))
            .await
            .conv_message
            .expect("a conv message")
    }

    /// Waits for the next event, which must be a message.
    pub async fn expect_message(&mut self) -> parlor_wire::proto::DirectCommand {
        self.expect_event(CommandType::Direct, None)
            .await
            .direct_message
            .expect("a direct message")
    }

    /// Waits for the next event, which must be a patch.
    ///
    /// # Panics
    /// When it is something else, or not of one message.
    pub async fn expect_patch(&mut self) -> PatchItem {
        let event = self
            .expect_event(CommandType::Patch, Some(OpType::Modify))
            .await;
        let patch = event.patch_message.expect("a patch message");
        let [item] = <[_; 1]>::try_from(patch.patches).expect("one message");
        assert_eq!(patch.last_patch_time, item.patch_timestamp);
        item
    }

    /// Waits for the next event, which must be unread counts.
    pub async fn expect_unread(&mut self) -> UnreadCommand {
        self.expect_event(CommandType::Unread, None)
            .await
            .unread_message
            .expect("an unread message")
    }

    /// Checks that nothing but what was already taken has been sent to this connection: asks
    /// for an echo and looks what came before it.
    ///
    /// # Panics
    /// When an event came.
    pub async fn expect_none(&mut self) {
        let reply = self.request(command::echo()).await;
        assert_eq!(reply.cmd, Some(CommandType::Echo as i32));
        assert!(self.waiting.is_empty(), "unexpected: {:?}", self.waiting);
    }

    /// Returns the frames that arrived and were not taken yet.
    #[must_use]
    pub fn arrived(&self) -> &VecDeque<GenericCommand> {
        &self.waiting
    }

    /// Takes the frames that arrived and were not taken yet.
    pub fn take_arrived(&mut self) -> VecDeque<GenericCommand> {
        std::mem::take(&mut self.waiting)
    }

    /// Sends a command that must be refused with `error`, and returns the refusal.
    ///
    /// # Panics
    /// When it is not refused.
    pub async fn refused(&mut self, frame: GenericCommand) -> ErrorCommand {
        let reply = self.request(frame).await;
        assert_eq!(reply.cmd, Some(CommandType::Error as i32), "{reply:?}");
        reply.error_message.expect("an error message")
    }

    /// Sends a conversation command and returns the conversation part of its reply.
    ///
    /// # Panics
    /// When the reply is another one.
    pub async fn conv(&mut self, frame: GenericCommand, expected: OpType) -> ConvCommand {
        let reply = self.request(frame).await;
        assert_eq!(reply.op, Some(expected as i32), "{reply:?}");
        reply.conv_message.expect("a conv message")
    }

    /// Sends a blacklist command and returns the blacklist part of its reply.
    ///
    /// # Panics
    /// When the reply is another one.
    pub async fn blacklist(&mut self, frame: GenericCommand, expected: OpType) -> BlacklistCommand {
        let reply = self.request(frame).await;
        assert_eq!(reply.cmd, Some(CommandType::Blacklist as i32), "{reply:?}");
        assert_eq!(reply.op, Some(expected as i32), "{reply:?}");
        reply.blacklist_message.expect("a blacklist message")
    }

    /// Sends a message and returns its `ack`, whether success or failure.
    ///
    /// # Panics
    /// When the reply is no `ack`.
    pub async fn direct(&mut self, frame: GenericCommand) -> AckCommand {
        let reply = self.request(frame).await;
        assert_eq!(reply.cmd, Some(CommandType::Ack as i32), "{reply:?}");
        reply.ack_message.expect("an ack message")
    }

    /// Sends a text and returns its `ack`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn say(&mut self, cid: &str, text: &str) -> AckCommand {
        let ack = self.direct(command::text(cid, text)).await;
        assert_eq!(ack.code, None, "{ack:?}");
        ack
    }

    /// Edits or recalls a message and returns when that was.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn patch(&mut self, frame: GenericCommand) -> i64 {
        let reply = self.request(frame).await;
        assert_eq!(reply.op, Some(OpType::Modified as i32), "{reply:?}");
        let patched = reply.patch_message.expect("a patch message");
        patched.last_patch_time.expect("lastPatchTime")
    }

    /// Queries conversations and returns the rows.
    pub async fn rows(&mut self, frame: GenericCommand) -> Vec<Value> {
        let results = self.conv(frame, OpType::Results).await.results;
        serde_json::from_str(&results.expect("results").data).expect("a JSON array")
    }

    /// Returns the one row of a conversation.
    ///
    /// # Panics
    /// When there is another number of rows.
    pub async fn row(&mut self, cid: &str) -> Value {
        let rows = self
            .rows(command::query(&serde_json::json!({ "objectId": cid })))
            .await;
        let [row] = &rows[..] else {
            panic!("expected one row, got {rows:?}");
        };
        row.clone()
    }

    /// Reads history.
    pub async fn logs(&mut self, body: LogsCommand) -> Vec<LogItem> {
        let reply = self.request(command::logs(body)).await;
        assert_eq!(reply.cmd, Some(CommandType::Logs as i32), "{reply:?}");
        reply.logs_message.expect("a logs message").logs
    }

    /// Waits for the answer to a WebSocket ping and returns its payload.
    ///
    /// # Panics
    /// When the connection ends instead.
    pub async fn pong(&mut self) -> Bytes {
        loop {
            if let Some(payload) = self.pongs.pop_front() {
                return payload;
            }
            self.receive("a pong").await.expect("an open connection");
        }
    }

    /// Waits until the server ends the connection; frames on the way are kept.
    pub async fn ended(&mut self) -> End {
        loop {
            if let Err(end) = self.receive("the end of the connection").await {
                return end;
            }
        }
    }

    /// Waits until the server closes the connection and returns the code.
    ///
    /// # Panics
    /// When the socket ends without a close frame.
    pub async fn close_code(&mut self) -> u16 {
        match self.ended().await {
            End::Closed { code, .. } => code,
            End::Dropped => panic!("the socket ended without a close frame"),
        }
    }

    /// Ends the connection as a network failure does: no close frame, no session/close.
    pub fn drop_socket(self) {
        drop(self.socket);
    }

    async fn first(
        &mut self,
        what: &str,
        wanted: impl Fn(&GenericCommand) -> bool,
    ) -> GenericCommand {
        match self.try_first(what, wanted).await {
            Ok(frame) => frame,
            Err(end) => panic!("connection ended instead of {what}: {end:?}"),
        }
    }

    async fn try_first(
        &mut self,
        what: &str,
        wanted: impl Fn(&GenericCommand) -> bool,
    ) -> Result<GenericCommand, End> {
        let mut seen = 0;
        loop {
            if let Some(at) = (seen..self.waiting.len()).find(|at| wanted(&self.waiting[*at])) {
                return Ok(self.waiting.remove(at).expect("just found there"));
            }
            seen = self.waiting.len();
            self.receive(what).await?;
        }
    }

    /// Takes in one WebSocket message, or tells how the connection ended.
    async fn receive(&mut self, what: &str) -> Result<(), End> {
        match within(what, self.socket.next()).await {
            None | Some(Err(_)) => return Err(End::Dropped),
            Some(Ok(Message::Close(frame))) => {
                return Err(frame.map_or(End::Dropped, |frame| End::Closed {
                    code: frame.code.into(),
                    reason: frame.reason.to_string(),
                }));
            }
            Some(Ok(Message::Pong(payload))) => self.pongs.push_back(payload),
            Some(Ok(Message::Binary(bytes))) => {
                assert_eq!(
                    self.encoding,
                    Encoding::Binary,
                    "a binary frame over base64"
                );
                self.accept(&bytes);
            }
            Some(Ok(Message::Text(text))) => {
                assert_eq!(self.encoding, Encoding::Base64Text, "a text frame");
                self.accept(&base64_text::from_text(&text).expect("base64"));
            }
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
        }
        Ok(())
    }

    fn accept(&mut self, bytes: &[u8]) {
        let frame = GenericCommand::decode(bytes).expect("a frame");
        assert!(frame.cmd.is_some(), "no cmd: {frame:?}");
        assert!(frame.service.is_some(), "no service: {frame:?}");
        assert!(frame.server_ts > Some(0), "no serverTs: {frame:?}");
        match frame.i {
            Some(serial) => assert!(
                self.outstanding.remove(&serial),
                "nobody waits for this reply: {frame:?}"
            ),
            // Answered without a serial number too, and without a session.
            None if [CommandType::Echo, CommandType::Loggedin]
                .map(|command| Some(command as i32))
                .contains(&frame.cmd) => {}
            None => {
                assert_eq!(frame.service, Some(2), "not for messaging: {frame:?}");
                assert!(
                    frame.peer_id.as_ref().is_some_and(|id| !id.is_empty()),
                    "no recipient: {frame:?}"
                );
            }
        }
        self.waiting.push_back(frame);
    }
}
