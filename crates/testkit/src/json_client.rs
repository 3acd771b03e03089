//! A client that speaks JSON frames over a real socket, written down as they travel.
//!
//! **Invariant:** nothing of the server's codec in here: what is sent and what is compared is
//! text. Every frame that comes in is checked to be ASCII and one object with a `cmd`, and a
//! failure to have `code` and `error` both.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::handshake::Socket;
use crate::{Handshake, TestServer, within};

/// A connection whose frames are JSON.
#[derive(Debug)]
pub struct JsonClient {
    socket: WebSocketStream<Socket>,
    app_id: String,
    next_serial: i32,
    /// Frames nobody asked for yet, in order of arrival.
    waiting: VecDeque<Value>,
}

impl JsonClient {
    /// Connects with a subprotocol, or like clients from before there were any.
    ///
    /// # Panics
    /// When the server names another one in its answer.
    pub async fn connect(server: &TestServer, subprotocol: Option<&str>) -> Self {
        let offer: Vec<(&str, &str)> = subprotocol
            .map(|name| ("Sec-WebSocket-Protocol", name))
            .into_iter()
            .collect();
        let handshake = Handshake::request(server.http_addr(), "/", &offer).await;
        let answered = handshake.header("sec-websocket-protocol");
        assert_eq!(answered.first().copied(), subprotocol);
        let stream = handshake.upgraded();
        Self {
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, None).await,
            app_id: server.app_id().to_owned(),
            next_serial: 1,
            waiting: VecDeque::new(),
        }
    }

    /// Connects and logs one client in.
    pub async fn login(server: &TestServer, subprotocol: Option<&str>, client_id: &str) -> Self {
        let mut client = Self::connect(server, subprotocol).await;
        client.open(client_id).await;
        client
    }

    /// Logs a client in and returns the reply.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn open(&mut self, client_id: &str) -> Value {
        let open = json!({
            "cmd": "session", "op": "open", "appId": self.app_id, "peerId": client_id,
        });
        let opened = self.request(open).await;
        assert_eq!(opened["op"], "opened", "{opened}");
        opened
    }

    /// Sends a text frame as it is.
    pub async fn send_text(&mut self, text: &str) {
        within("the server to read", self.socket.send(Message::text(text)))
            .await
            .expect("an open socket");
    }

    /// Sends a frame under the next serial number and returns its reply. Events that arrive
    /// before the reply stay for [`JsonClient::next_event`].
    ///
    /// # Panics
    /// When the frame is no object, or when the connection ends instead.
    pub async fn request(&mut self, mut frame: Value) -> Value {
        let serial = self.next_serial;
        self.next_serial += 1;
        frame["i"] = serial.into();
        self.send_text(&frame.to_string()).await;
        self.first(|frame| frame["i"] == serial).await
    }

    /// Waits for the next frame without a serial number.
    pub async fn next_event(&mut self) -> Value {
        self.first(|frame| frame.get("i").is_none()).await
    }

    /// Waits for the next text frame and returns it as it came.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn next_text(&mut self) -> String {
        match within("a text frame", self.socket.next()).await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("no text frame but {other:?}"),
        }
    }

    /// Waits until the server closes the connection and returns the code.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn close_code(&mut self) -> u16 {
        match within("the end of the connection", self.socket.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
            other => panic!("no close frame but {other:?}"),
        }
    }

    async fn first(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return self.waiting.remove(at).expect("just found there");
            }
            let frame = checked(&self.next_text().await);
            self.waiting.push_back(frame);
        }
    }
}

fn checked(text: &str) -> Value {
    assert!(text.is_ascii(), "not ASCII: {text}");
    let frame: Value = serde_json::from_str(text).expect("JSON");
    assert!(frame["cmd"].is_string(), "no cmd: {text}");
    let is_failure = frame["cmd"] == "error";
    assert_eq!(frame["error"].is_object(), is_failure, "{text}");
    assert!(!is_failure || frame["code"].is_number(), "{text}");
    frame
}
