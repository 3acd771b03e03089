//! Clients built with the first schema (`lc.protobuf.*`, `lc.protobase64.*`; spec 01 §3.4).

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    CommandType, ConvCommand, GenericCommand, LogsCommand, OpType, SessionCommand,
};
use parlor_wire::subprotocol::{Generation, Subprotocol};
use serde_json::json;

use crate::scene;

fn old() -> impl Iterator<Item = Subprotocol> {
    Subprotocol::ALL
        .into_iter()
        .filter(|known| known.generation() == Generation::First)
}

/// Opens as those clients do: without a bitmap.
async fn open(client: &mut Client, client_id: &str) {
    let body = SessionCommand {
        ua: Some("js/3.4.1".to_owned()),
        ..SessionCommand::default()
    };
    let open = command::open_with(client.app_id(), client_id, body);
    let opened = client.request(open).await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
}

fn assert_readable(frames: impl IntoIterator<Item = GenericCommand>) {
    for frame in frames {
        assert!(frame.cmd <= Some(14) && frame.op <= Some(101), "{frame:?}");
    }
}

#[tokio::test]
async fn w52_old_clients_hear_nothing_they_cannot_read() {
    let server = TestServer::start().await;
    for subprotocol in old() {
        let alice_id = format!("alice on {}", subprotocol.name());
        let bob_id = format!("bob for {alice_id}");
        let mut alice = Client::connect(&server, subprotocol).await;
        open(&mut alice, &alice_id).await;
        let mut bob = Client::login(&server, &bob_id).await;
        let cid = scene::start(&mut bob, &[&bob_id, &alice_id]).await;
        scene::expect_start(&mut bob).await;
        scene::expect_start(&mut alice).await;
        // The answers to these are `loggedin` and `loggedout`, which came later.
        alice
            .send_numbered(command::bare(CommandType::Login, None))
            .await;
        alice
            .send_numbered(command::bare(CommandType::Logout, None))
            .await;
        let update = command::update(&cid, &json!({ "name": "n" }));
        bob.conv(update, OpType::Updated).await;
        bob.say(&cid, "hello").await;
        let add = command::conv(
            OpType::Add,
            ConvCommand {
                cid: Some(cid.clone()),
                m: vec!["carol".to_owned()],
                ..ConvCommand::default()
            },
        );
        let replies = [
            alice.request(add).await,
            alice.request(command::query(&json!({}))).await,
            alice.request(command::on(OpType::Count, &cid)).await,
            alice.request(command::text(&cid, "hi")).await,
            alice.request(command::online(&[&bob_id])).await,
            alice.request(command::echo()).await,
            alice.request(command::on(OpType::Add, "nowhere")).await,
        ];
        assert_readable(replies);
        assert!(!alice.arrived().is_empty());
        assert_readable(alice.take_arrived());
    }
}

#[tokio::test]
async fn w53_old_clients_read_history_with_a_bool_for_a_direction() {
    let server = TestServer::start().await;
    let (cid, [mut alice, _bob]) = scene::chat(&server, ["alice", "bob"]).await;
    for text in ["1", "2", "3"] {
        alice.say(&cid, text).await;
    }
    for subprotocol in old() {
        let mut bob = Client::connect(&server, subprotocol).await;
        open(&mut bob, "bob").await;
        for reversed in [0, 1] {
            let ask = LogsCommand {
                cid: Some(cid.clone()),
                direction: Some(reversed),
                limit: Some(2),
                ..LogsCommand::default()
            };
            let items = bob.logs(ask).await;
            let texts: Vec<_> = items
                .iter()
                .filter_map(|item| item.data.as_deref())
                .collect();
            assert_eq!(texts, ["2", "3"], "{}", subprotocol.name());
        }
    }
}
