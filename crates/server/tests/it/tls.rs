//! The encrypted listener, as a client sees it that verifies certificates.

use parlor_testkit::{Client, TestServer, TlsFiles, eventually, within};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn login(server: &TestServer, files: &TlsFiles, name: &str) -> Client {
    let subprotocol = Subprotocol::Protobuf2V3;
    let mut client = Client::connect_encrypted(server, files, subprotocol).await;
    client.open(name).await;
    client
}

/// Asks a router over TLS.
async fn route(server: &TestServer, files: &TlsFiles, path: &str) -> Value {
    let addr = server.https_addr();
    let mut socket = files.connect(addr).await.expect("a TLS handshake");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    let sent = socket.write_all(request.as_bytes()).await;
    sent.expect("an open socket");
    let mut answer = String::new();
    let read = within("the answer", socket.read_to_string(&mut answer)).await;
    read.expect("an orderly end");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).expect("JSON")
}

/// Tells which certificate the server shows now.
async fn shown(server: &TestServer, files: &TlsFiles) -> Option<Vec<u8>> {
    let socket = files.connect(server.https_addr()).await.ok()?;
    let (_, tls) = socket.get_ref();
    Some(tls.peer_certificates()?.first()?.to_vec())
}

async fn metric(server: &TestServer, line: &str) -> Option<f64> {
    let url = format!("http://{}/metrics", server.admin_addr());
    let text = reqwest::get(url).await.ok()?.text().await.ok()?;
    let value = text.lines().find_map(|found| found.strip_prefix(line))?;
    value.trim().parse().ok()
}

#[tokio::test]
async fn alice_talks_over_tls_to_bob_who_does_not() {
    let files = TlsFiles::new();
    let server = TestServer::builder().encrypted(&files).start().await;
    let mut alice = login(&server, &files, "alice").await;
    let mut bob = Client::login(&server, "bob").await;
    let cid = crate::scene::start(&mut alice, &["alice", "bob"]).await;
    for client in [&mut alice, &mut bob] {
        crate::scene::expect_start(client).await;
    }
    crate::scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    crate::scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
}

#[tokio::test]
async fn routers_send_clients_to_the_listener_that_speaks_their_scheme() {
    let files = TlsFiles::new();
    let server = TestServer::builder().encrypted(&files).start().await;
    let (http, https) = (server.http_addr(), server.https_addr());
    let app_id = server.app_id();
    for (secure, socket) in [
        ("&secure=1", format!("wss://{https}/")),
        ("&secure=true", format!("wss://{https}/")),
        // Whoever can reach the router over TLS can reach the socket so.
        ("&secure=false", format!("wss://{https}/")),
        ("", format!("wss://{https}/")),
    ] {
        let path = format!("/v1/route?appId={app_id}{secure}");
        let encrypted = route(&server, &files, &path).await;
        assert_eq!(encrypted["server"], socket, "{secure}");
        assert_eq!(encrypted["secondary"], socket, "{secure}");
        assert_eq!(encrypted["groupUrl"], format!("https://{https}"));
    }
    for (secure, socket) in [
        ("1", format!("wss://{https}/")),
        ("false", format!("ws://{http}/")),
    ] {
        let path = format!("/v1/route?appId={app_id}&secure={secure}");
        let plain = reqwest::get(server.url(&path)).await.unwrap();
        let plain: Value = plain.json().await.unwrap();
        assert_eq!(plain["server"], socket);
        assert_eq!(plain["groupUrl"], format!("http://{http}"));
    }
    let path = format!("/2/route?appId={app_id}");
    let hosts = route(&server, &files, &path).await;
    assert_eq!(hosts["rtm_router_server"], https.to_string());
    assert_eq!(hosts["api_server"], https.to_string());
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let files = TlsFiles::new();
    let server = TestServer::builder().encrypted(&files).start().await;
    let mut alice = login(&server, &files, "alice").await;
    let first = shown(&server, &files).await;

    let second = files.issue();
    eventually("the new certificate", || async {
        (shown(&server, &files).await? == second.as_ref()).then_some(())
    })
    .await;
    assert_ne!(first.as_deref(), Some(second.as_ref()));

    let failed = "parlor_tls_certificate_loads_total{outcome=\"failed\"}";
    assert_eq!(metric(&server, failed).await, None);
    let certificate = std::fs::read(files.certificate_file()).unwrap();
    std::fs::write(files.certificate_file(), "no certificate").unwrap();
    eventually("the broken certificate to be noticed", || {
        metric(&server, failed)
    })
    .await;
    assert_eq!(
        shown(&server, &files).await.as_deref(),
        Some(second.as_ref())
    );

    // A key that belongs to another certificate is broken too.
    files.issue();
    std::fs::write(files.certificate_file(), certificate).unwrap();
    eventually("the wrong key to be noticed", || async {
        metric(&server, failed)
            .await
            .filter(|failed| *failed >= 2.0)
    })
    .await;
    assert_eq!(
        shown(&server, &files).await.as_deref(),
        Some(second.as_ref())
    );

    let third = files.issue();
    eventually("the third certificate", || async {
        (shown(&server, &files).await? == third.as_ref()).then_some(())
    })
    .await;
    let expires = "parlor_tls_certificate_expires_timestamp_seconds";
    assert!(metric(&server, expires).await > Some(0.0));
    alice.expect_none().await;
}

#[tokio::test]
async fn a_peer_that_dawdles_over_its_handshake_holds_nobody_up() {
    let files = TlsFiles::new();
    let server = TestServer::builder()
        .encrypted(&files)
        .configure(|config| config.listen.request_timeout_secs = 1)
        .start()
        .await;
    let mut silent = TcpStream::connect(server.https_addr()).await.unwrap();
    let mut slow = TcpStream::connect(server.https_addr()).await.unwrap();
    slow.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
    let mut plain = TcpStream::connect(server.https_addr()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut alice = login(&server, &files, "alice").await;
    for dawdler in [&mut silent, &mut slow, &mut plain] {
        let mut answer = Vec::new();
        // Whether the last byte was read decides between an end and a reset.
        let _ = within("the end", dawdler.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    alice.expect_none().await;
}

#[tokio::test]
async fn a_shutdown_says_goodbye_at_both_listeners() {
    let files = TlsFiles::new();
    let server = TestServer::builder().encrypted(&files).start().await;
    let mut alice = login(&server, &files, "alice").await;
    let mut bob = Client::login(&server, "bob").await;
    let addresses = [server.http_addr(), server.https_addr()];
    let stopped = tokio::task::spawn_blocking(move || drop(server));
    assert_eq!(alice.close_code().await, 1001);
    assert_eq!(bob.close_code().await, 1001);
    drop((alice, bob));
    within("the server to end", stopped).await.unwrap();
    for address in addresses {
        assert!(TcpStream::connect(address).await.is_err());
    }
}
