//! Service conversations: subscriptions, what clients say to the app's server.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, ConvCommand, LogsCommand, OpType};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scene;

/// Creates a service conversation as the app's server does.
async fn create(server: &TestServer) -> String {
    let body = json!({ "name": "news", "sys": true });
    let row = scene::done(server, Method::POST, "/1.1/classes/_Conversation", &body).await;
    row["objectId"].as_str().expect("objectId").to_owned()
}

async fn subscribe(client: &mut Client, name: &str, cid: &str) -> ConvCommand {
    let reply = client.conv(command::add(cid, &[name]), OpType::Added).await;
    assert_eq!(reply.allowed_pids, [name]);
    assert!(reply.failed_pids.is_empty(), "{reply:?}");
    reply
}

async fn unsubscribe(client: &mut Client, name: &str, cid: &str) -> ConvCommand {
    let reply = client
        .conv(command::remove(cid, &[name]), OpType::Removed)
        .await;
    assert_eq!(reply.allowed_pids, [name]);
    reply
}

async fn is_member(client: &mut Client, cid: &str) -> Value {
    let ask = ConvCommand {
        cids: vec![cid.to_owned()],
        ..ConvCommand::default()
    };
    let reply = client
        .conv(command::conv(OpType::IsMember, ask), OpType::IsMember)
        .await;
    serde_json::from_str(&reply.results.expect("results").data).expect("JSON")
}

async fn count(client: &mut Client, cid: &str) -> Option<i32> {
    let reply = client
        .conv(command::on(OpType::Count, cid), OpType::Result)
        .await;
    reply.count
}

async fn history(client: &mut Client, cid: &str) -> Vec<String> {
    let logs = LogsCommand {
        cid: Some(cid.to_owned()),
        ..LogsCommand::default()
    };
    let items = client.logs(logs).await;
    assert!(items.iter().all(|item| item.conv_type == Some(3)));
    items
        .into_iter()
        .map(|item| item.data.expect("data"))
        .collect()
}

#[tokio::test]
async fn c52_a_client_subscribes_and_unsubscribes_itself() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob] = scene::logins(&server, ["alice", "alice", "bob"]).await;
    let cid = create(&server).await;
    let row = alice.row(&cid).await;
    assert_eq!(row["sys"], true);
    assert_eq!(row["joined"], false);
    assert_eq!(row["muted"], false);
    assert_eq!((row.get("m"), row.get("joinedAt")), (None, None));
    assert_eq!(
        is_member(&mut alice, &cid).await,
        json!({ cid.as_str(): false })
    );

    let subscribed = subscribe(&mut alice, "alice", &cid).await;
    assert_eq!(subscribed.udate.as_deref(), row["updatedAt"].as_str());
    let row = alice.row(&cid).await;
    assert_eq!(row["joined"], true);
    let since = row["joinedAt"].as_i64().expect("joinedAt");
    assert_eq!(
        is_member(&mut alice, &cid).await,
        json!({ cid.as_str(): true })
    );
    assert_eq!(
        is_member(&mut bob, &cid).await,
        json!({ cid.as_str(): false })
    );
    // Doing it again changes nothing.
    subscribe(&mut alice2, "alice", &cid).await;
    assert_eq!(alice.row(&cid).await["joinedAt"], since);
    subscribe(&mut bob, "bob", &cid).await;
    assert_eq!(count(&mut bob, &cid).await, Some(2));

    unsubscribe(&mut alice, "alice", &cid).await;
    unsubscribe(&mut alice, "alice", &cid).await;
    assert_eq!(
        is_member(&mut alice, &cid).await,
        json!({ cid.as_str(): false })
    );
    assert_eq!(alice.row(&cid).await["joined"], false);
    assert_eq!(count(&mut bob, &cid).await, Some(1));
    // Nobody was told of any of it, and it is no conversation of hers.
    for client in [&mut alice, &mut alice2, &mut bob] {
        client.expect_none().await;
    }
    let of_bob = bob.rows(command::query(&json!({ "m": "bob" }))).await;
    assert!(of_bob.is_empty(), "{of_bob:?}");
}

#[tokio::test]
async fn c52_what_a_client_says_reaches_its_own_devices_and_nobody_else() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob] = scene::logins(&server, ["alice", "alice", "bob"]).await;
    let cid = create(&server).await;
    // Not only subscribers may speak.
    subscribe(&mut bob, "bob", &cid).await;
    let ack = alice.say(&cid, "help me").await;
    let echo = alice2.expect_message().await;
    assert_eq!(echo.id, ack.uid);
    assert_eq!(echo.conv_type, Some(3));
    let transient = command::direct(parlor_wire::proto::DirectCommand {
        cid: Some(cid.clone()),
        msg: Some("typing".to_owned()),
        transient: Some(true),
        ..Default::default()
    });
    assert_eq!(alice.direct(transient).await.code, None);
    bob.say(&cid, "me too").await;

    assert_eq!(history(&mut alice, &cid).await, ["help me"]);
    assert_eq!(history(&mut alice2, &cid).await, ["help me"]);
    assert_eq!(history(&mut bob, &cid).await, ["me too"]);
    for client in [&mut alice, &mut alice2, &mut bob] {
        client.expect_none().await;
    }
    let mut alice3 = Client::login(&server, "alice").await;
    alice3.expect_none().await;
    let mut bob2 = Client::login(&server, "bob").await;
    bob2.expect_none().await;
}

#[tokio::test]
async fn what_belongs_to_the_apps_server_is_refused_to_clients() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let cid = create(&server).await;
    subscribe(&mut alice, "alice", &cid).await;
    for (request, code) in [
        (command::update(&cid, &json!({ "name": "mine" })), 4307),
        (command::add(&cid, &["bob"]), 4314),
        (command::add(&cid, &["alice", "bob"]), 4314),
        (command::remove(&cid, &["bob"]), 4314),
        (command::silence(&cid, &["bob"]), 4314),
        (command::block(&cid, &["bob"]), 4314),
    ] {
        let refusal = alice.refused(request).await;
        assert_eq!(refusal.code, code, "{refusal:?}");
    }
    // Who subscribes is nobody's business.
    let sample = alice
        .conv(command::on(OpType::Members, &cid), OpType::Members)
        .await;
    assert!(sample.m.is_empty(), "{sample:?}");
    let max_read = alice
        .conv(command::on(OpType::MaxRead, &cid), OpType::MaxRead)
        .await;
    assert_eq!(max_read.max_read_timestamp, None);
}

#[tokio::test]
async fn a_subscriber_mutes_for_itself() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let cid = create(&server).await;
    let refusal = alice.refused(command::on(OpType::Mute, &cid)).await;
    assert_eq!(refusal.code, 4317, "{refusal:?}");
    subscribe(&mut alice, "alice", &cid).await;
    subscribe(&mut bob, "bob", &cid).await;
    let before = alice.row(&cid).await;
    let muted = alice
        .conv(command::on(OpType::Mute, &cid), OpType::Updated)
        .await;
    assert!(muted.udate.as_deref() > before["updatedAt"].as_str());
    assert_eq!(alice.row(&cid).await["muted"], true);
    assert_eq!(bob.row(&cid).await["muted"], false);
    alice
        .conv(command::on(OpType::Unmute, &cid), OpType::Updated)
        .await;
    assert_eq!(alice.row(&cid).await["muted"], false);
    let nothing = bob.request(command::echo()).await;
    assert_eq!(nothing.cmd, Some(CommandType::Echo as i32));
    assert!(bob.arrived().is_empty());
}
