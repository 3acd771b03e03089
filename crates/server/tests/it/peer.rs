//! Who a connection belongs to when proxies are in front.

use parlor_testkit::{Handshake, ServerProcess, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_parlor");

#[tokio::test]
async fn what_a_connection_does_is_logged_with_the_address_of_the_client() {
    let log = [("PARLOR_LOG__FILTER", "parlor_gateway=debug")];
    let server = ServerProcess::start_with(BINARY, &log).await;
    for (chain, address) in [
        (None, "127.0.0.1"),
        (Some("6.6.6.6, 203.0.113.7"), "203.0.113.7"),
        (Some("203.0.113.8, 127.0.0.9"), "203.0.113.8"),
        (Some("2001:db8::7"), "2001:db8::7"),
    ] {
        let mut headers = vec![("Sec-WebSocket-Protocol", "lc.protobuf2.3")];
        headers.extend(chain.map(|chain| ("X-Forwarded-For", chain)));
        let handshake = Handshake::request(server.http_addr(), "/", &headers).await;
        let _open = handshake.upgraded();
        let span = format!("gateway.connection{{peer.address={address}}}");
        eventually("the connection in the log", || async {
            let log = server.logged();
            log.lines()
                .any(|line| line.contains(&span) && line.contains("connected"))
                .then_some(())
        })
        .await;
    }
}
