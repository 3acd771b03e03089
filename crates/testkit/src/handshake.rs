//! The WebSocket upgrade, written by hand so that tests see every header.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::within;

/// The key and its answer are the example of RFC 6455.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A socket, encrypted or not.
pub type Socket = Box<dyn Stream>;

/// What a [`Socket`] can do.
pub trait Stream: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin> Stream for T {}

/// What the server answered to an upgrade request.
#[derive(Debug)]
pub struct Handshake {
    /// The HTTP status.
    pub status: u16,
    headers: Vec<(String, String)>,
    stream: Socket,
}

impl Handshake {
    /// Asks for an upgrade on `path` with more `headers` than the mandatory ones.
    pub async fn request(server: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        Self::try_request(server, path, headers)
            .await
            .expect("a server that listens")
    }

    /// Asks for an upgrade from a server that may be down.
    ///
    /// # Errors
    /// The socket's error when nobody answers.
    pub async fn try_request(
        server: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        Self::over(stream, path, headers).await
    }

    /// Asks for an upgrade over an open socket.
    ///
    /// # Errors
    /// The socket's error when nobody answers.
    pub async fn over(stream: TcpStream, path: &str, headers: &[(&str, &str)]) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let server = stream.peer_addr()?;
        Self::over_any(Box::new(stream), server, path, headers).await
    }

    /// Asks for an upgrade over an open socket of any kind.
    ///
    /// # Errors
    /// The socket's error when nobody answers.
    pub async fn over_any(
        mut stream: Socket,
        server: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Self> {
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = within("the answer to the upgrade", read_head(&mut stream)).await?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .expect("an HTTP status line");
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Self {
            status,
            headers,
            stream,
        })
    }

    /// Returns every value of a header, named in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Checks that the upgrade happened and returns the socket.
    ///
    /// # Panics
    /// When the server refused.
    #[must_use]
    pub fn upgraded(self) -> Socket {
        assert_eq!(self.status, 101, "refused: {:?}", self.headers);
        assert_eq!(self.header("sec-websocket-accept"), [ACCEPT]);
        self.stream
    }
}

/// Reads byte by byte, so that frames right behind the head stay in the socket.
async fn read_head(stream: &mut Socket) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head).expect("an HTTP head in ASCII"))
}
