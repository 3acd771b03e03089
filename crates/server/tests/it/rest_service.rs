//! What the app's server does with service conversations (spec 03 §2.2–2.5, §2.7, §2.11, §4.6).

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, DirectCommand, LogsCommand, OpType};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scene;

const SERVICES: &str = "/1.2/rtm/service-conversations";

async fn get(server: &TestServer, path: &str) -> Value {
    scene::done(server, Method::GET, path, &json!(null)).await
}

async fn post(server: &TestServer, path: &str, body: Value) -> Value {
    scene::done(server, Method::POST, path, &body).await
}

async fn delete(server: &TestServer, path: &str) -> Value {
    scene::done(server, Method::DELETE, path, &json!(null)).await
}

async fn refused(server: &TestServer, method: Method, path: &str, body: Value, code: u16) {
    let (status, answer) = scene::ask(server, method, path, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert_eq!(answer["code"], code, "{answer}");
    assert!(answer["error"].is_string(), "{answer}");
}

async fn create(server: &TestServer) -> String {
    let row = post(server, SERVICES, json!({ "name": "news" })).await;
    assert_eq!(row["sys"], true);
    row["objectId"].as_str().expect("objectId").to_owned()
}

async fn subscribe(server: &TestServer, cid: &str, client: &str) {
    let path = format!("{SERVICES}/{cid}/subscribers");
    let answer = post(server, &path, json!({ "client_id": client })).await;
    assert_eq!(answer, json!({}));
}

fn said(text: &str) -> Value {
    json!({ "from_client": "desk", "message": text })
}

async fn broadcast(server: &TestServer, cid: &str, text: &str) -> Value {
    post(server, &format!("{SERVICES}/{cid}/broadcasts"), said(text)).await
}

fn check(message: &DirectCommand, sent: &Value, text: &str) {
    assert_eq!(sent["msg-id"], scene::id_of(message));
    assert_eq!(sent["timestamp"], message.timestamp.expect("timestamp"));
    assert_eq!(message.msg.as_deref(), Some(text));
    assert_eq!(message.from_peer_id.as_deref(), Some("desk"));
    assert_eq!(message.conv_type, Some(3));
}

async fn history(client: &mut Client, cid: &str) -> Vec<String> {
    let logs = LogsCommand {
        cid: Some(cid.to_owned()),
        ..LogsCommand::default()
    };
    let items = client.logs(logs).await.into_iter();
    items.map(|item| item.data.expect("data")).collect()
}

/// Checks that the client has unread so much of one conversation, and what was last.
async fn expect_unread(client: &mut Client, cid: &str, count: i32, last: &str) {
    let unread = client.expect_unread().await;
    let [tuple] = &unread.convs[..] else {
        panic!("one conversation: {unread:?}");
    };
    assert_eq!((&*tuple.cid, tuple.unread), (cid, count));
    assert_eq!(tuple.data.as_deref(), Some(last));
    assert_eq!(tuple.conv_type, Some(3));
}

#[tokio::test]
async fn an_apps_server_keeps_its_service_conversations() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let cid = create(&server).await;
    let found = get(&server, SERVICES).await;
    assert_eq!(found["results"][0]["objectId"], *cid);
    let normal = scene::start(&mut alice, &["alice", "bob"]).await;
    assert_eq!(
        get(&server, SERVICES).await["results"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let path = format!("{SERVICES}/{cid}");
    let changed = scene::done(&server, Method::PUT, &path, &json!({ "name": "olds" })).await;
    assert!(changed["updatedAt"].is_string(), "{changed}");
    assert_eq!(alice.row(&cid).await["name"], "olds");
    // Another kind is refused.
    let subscribers = format!("{SERVICES}/{normal}/subscribers");
    let body = json!({ "client_id": "alice" });
    refused(&server, Method::POST, &subscribers, body.clone(), 4313).await;
    let unknown = format!("{SERVICES}/555555555555555555555555/subscribers");
    refused(&server, Method::POST, &unknown, body, 4303).await;
    assert_eq!(delete(&server, &path).await, json!({}));
    let rows = alice
        .rows(command::query(&json!({ "objectId": cid })))
        .await;
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test]
async fn r50_a_broadcast_reaches_subscribers_and_nobody_else() {
    let server = TestServer::start().await;
    let [mut bob, mut bob2, mut carol] = scene::logins(&server, ["bob", "bob", "carol"]).await;
    let cid = create(&server).await;
    subscribe(&server, &cid, "bob").await;
    subscribe(&server, &cid, "dave").await;
    assert_eq!(bob.row(&cid).await["joined"], true);
    let sent = broadcast(&server, &cid, "hello").await;
    let key = json!({ "msg-id": sent["msg-id"], "timestamp": sent["timestamp"] });
    assert_eq!(sent["result"], key);
    for device in [&mut bob, &mut bob2] {
        check(&device.expect_message().await, &sent, "hello");
    }
    let legacy = json!({ "from_peer": "desk", "conv_id": cid, "message": "again", "push": "p" });
    let sent = post(&server, "/1.1/rtm/broadcast/subscriber", legacy).await;
    for device in [&mut bob, &mut bob2] {
        check(&device.expect_message().await, &sent, "again");
    }
    assert_eq!(history(&mut bob, &cid).await, ["hello", "again"]);
    assert!(history(&mut carol, &cid).await.is_empty());
    carol.expect_none().await;

    // Who was away hears of it at login.
    let mut dave = Client::login(&server, "dave").await;
    expect_unread(&mut dave, &cid, 2, "again").await;
    dave.send(&command::read(&cid, None, None)).await;
    expect_unread(&mut dave, &cid, 0, "again").await;
    // And who leaves gets no more.
    delete(&server, &format!("{SERVICES}/{cid}/subscribers/bob")).await;
    let sent = broadcast(&server, &cid, "bye").await;
    check(&dave.expect_message().await, &sent, "bye");
    bob.expect_none().await;

    let path = format!("{SERVICES}/{cid}/broadcasts");
    let long = "x".repeat(5121);
    refused(&server, Method::POST, &path, said(&long), 4109).await;
    refused(&server, Method::POST, &path, json!({ "message": "x" }), 1).await;
    let unknown = format!("{SERVICES}/555555555555555555555555/broadcasts");
    refused(&server, Method::POST, &unknown, said("x"), 4401).await;
}

#[tokio::test]
async fn r51_a_message_to_some_clients_is_in_their_streams_only() {
    let server = TestServer::start().await;
    let [mut bob, mut carol, mut dave] = scene::logins(&server, ["bob", "carol", "dave"]).await;
    let cid = create(&server).await;
    subscribe(&server, &cid, "dave").await;
    let path = format!("{SERVICES}/{cid}/messages");
    let to = |clients: Value, text: &str| json!({ "from_client": "desk", "message": text, "to_clients": clients });
    let sent = post(
        &server,
        &path,
        to(json!(["bob", "carol", "bob", "zoe"]), "psst"),
    )
    .await;
    for client in [&mut bob, &mut carol] {
        check(&client.expect_message().await, &sent, "psst");
    }
    let mut transient = to(json!(["bob"]), "typing");
    transient["transient"] = json!(true);
    let now = post(&server, &path, transient).await;
    let message = bob.expect_message().await;
    check(&message, &now, "typing");
    assert_eq!(message.transient, Some(true));
    let legacy = json!({
        "from_peer": "desk", "conv_id": cid, "message": "old", "to_peers": ["carol"],
        "transient": false,
    });
    let old = post(&server, "/1.1/rtm/messages", legacy).await;
    check(&carol.expect_message().await, &old, "old");
    dave.expect_none().await;
    assert_eq!(history(&mut bob, &cid).await, ["psst"]);
    assert_eq!(history(&mut carol, &cid).await, ["psst", "old"]);
    let mut zoe = Client::login(&server, "zoe").await;
    expect_unread(&mut zoe, &cid, 1, "psst").await;

    let stream = format!("{SERVICES}/{cid}/subscribers/carol/messages");
    let records = get(&server, &stream).await;
    let records = records.as_array().expect("an array");
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["msg-id"], old["msg-id"], "newest first");
    assert_eq!(records[1]["to"], *cid);
    assert_eq!(records[1]["from"], "desk");
    assert_eq!(records[1]["conv-id"].as_str().map(str::len), Some(32));
    assert_ne!(records[1]["conv-id"], *cid);
    let reversed = get(&server, &format!("{stream}?reversed=true&limit=1")).await;
    assert_eq!(reversed[0]["msg-id"], sent["msg-id"]);

    let many: Vec<String> = (0..21).map(|n| format!("client{n}")).collect();
    refused(&server, Method::POST, &path, to(json!(many), "x"), 1).await;
    refused(&server, Method::POST, &path, to(json!([]), "x"), 1).await;
    refused(&server, Method::POST, &path, said("x"), 1).await;
    let unknown = format!("{SERVICES}/555555555555555555555555/messages");
    refused(
        &server,
        Method::POST,
        &unknown,
        to(json!(["bob"]), "x"),
        4401,
    )
    .await;
}

#[tokio::test]
async fn r52_subscribers_come_in_pages_of_fifty() {
    let server = TestServer::start().await;
    let cid = create(&server).await;
    for n in 0..120 {
        subscribe(&server, &cid, &format!("client{n:03}")).await;
    }
    let list = format!("{SERVICES}/{cid}/subscribers");
    let mut seen = Vec::new();
    for expected in [50, 50, 20, 0] {
        let cursor = seen
            .last()
            .map_or(String::new(), |last| format!("&client_id={last}"));
        let page = get(&server, &format!("{list}?limit=1000{cursor}")).await;
        let page = page.as_array().expect("a bare array");
        assert_eq!(page.len(), expected);
        for record in page {
            assert_eq!(record["conv_id"], *cid);
            assert!(record["timestamp"].is_i64(), "{record}");
            seen.push(
                record["subscriber"]
                    .as_str()
                    .expect("subscriber")
                    .to_owned(),
            );
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 120);
    assert_eq!(
        get(&server, &format!("{list}/count")).await,
        json!({ "count": 120 })
    );
    let legacy =
        format!("/1.1/rtm/conversation/subscribers?conv_id={cid}&limit=2&client_id=client117");
    assert_eq!(
        get(&server, &legacy).await.as_array().map(Vec::len),
        Some(2)
    );
    let legacy = format!("/1.1/rtm/conversation/subscribers/count?conv_id={cid}");
    assert_eq!(get(&server, &legacy).await, json!({ "count": 120 }));
}

#[tokio::test]
async fn r53_whether_a_client_is_subscribed_is_a_bare_word() {
    let server = TestServer::start().await;
    let cid = create(&server).await;
    let text = async |client: &str| {
        let path = format!("/1.1/rtm/conversation/subscribed?conv_id={cid}&client_id={client}");
        let answer = reqwest::Client::new()
            .get(server.url(&path))
            .header("x-lc-id", server.app_id())
            .header("x-lc-key", format!("{},master", parlor_testkit::MASTER_KEY))
            .send()
            .await
            .expect("an answer");
        answer.text().await.expect("a text")
    };
    assert_eq!(text("alice").await, "false");
    for path in [
        "/1.1/rtm/conversation/subscription",
        "/1.1/rtm/broadcast/subscription",
    ] {
        let body = json!({ "conv_id": cid, "client_id": "alice" });
        assert_eq!(post(&server, path, body).await, json!({}));
        assert_eq!(text("alice").await, "true");
    }
    let other = create(&server).await;
    subscribe(&server, &other, "alice").await;
    let list = "/1.2/rtm/clients/alice/service-conversations";
    let all = get(&server, list).await;
    let ids = |page: &Value| -> Vec<String> {
        let page = page.as_array().expect("a bare array").iter();
        page.map(|one| one["conv_id"].as_str().expect("conv_id").to_owned())
            .collect()
    };
    assert_eq!(ids(&all), [cid.clone(), other.clone()]);
    let (first, since) = (
        all[0]["conv_id"].as_str().unwrap_or(""),
        &all[0]["timestamp"],
    );
    let next = get(
        &server,
        &format!("{list}?conv_id={first}&timestamp={since}"),
    )
    .await;
    assert_eq!(ids(&next), std::slice::from_ref(&other));
    let newest = get(&server, &format!("{list}?direction=old&limit=1")).await;
    assert_eq!(ids(&newest), [other]);
    let legacy = get(
        &server,
        "/1.1/rtm/conversation/subscription?client_id=alice",
    )
    .await;
    assert_eq!(legacy, all);
    let half = format!("{list}?conv_id={first}");
    refused(&server, Method::GET, &half, json!(null), 1).await;
    let path = format!("/1.1/rtm/conversation/subscription?conv_id={cid}&client_id=alice");
    assert_eq!(delete(&server, &path).await, json!({}));
    assert_eq!(text("alice").await, "false");
}

#[tokio::test]
async fn r54_a_global_broadcast_reaches_everybody_until_it_is_withdrawn() {
    let server = TestServer::start().await;
    let [mut bob, carol] = scene::logins(&server, ["bob", "carol"]).await;
    carol.drop_socket();
    let cid = create(&server).await;
    let body = |text: &str| json!({ "from_client": "desk", "conv_id": cid, "message": text });
    let path = "/1.2/rtm/broadcasts";
    let first = post(&server, path, body("first")).await;
    check(&bob.expect_message().await, &first, "first");
    let mut transient = body("now");
    transient["transient"] = json!(true);
    let now = post(&server, path, transient).await;
    check(&bob.expect_message().await, &now, "now");
    let legacy =
        json!({ "from_peer": "desk", "conv_id": cid, "message": "second", "push_data": {} });
    let second = post(&server, "/1.1/rtm/broadcast", legacy).await;
    check(&bob.expect_message().await, &second, "second");

    // Carol was here before, zoe never was: she gets the latest one only.
    let mut carol = Client::login(&server, "carol").await;
    expect_unread(&mut carol, &cid, 2, "second").await;
    assert_eq!(history(&mut carol, &cid).await, ["first", "second"]);
    let mut zoe = Client::login(&server, "zoe").await;
    expect_unread(&mut zoe, &cid, 1, "second").await;
    zoe.send(&command::read(&cid, None, None)).await;
    expect_unread(&mut zoe, &cid, 0, "second").await;

    let list = format!("{path}?conv_id={cid}");
    let live = get(&server, &list).await;
    assert_eq!(live.as_array().map(Vec::len), Some(2));
    assert_eq!(live[0]["msg-id"], second["msg-id"]);
    assert_eq!(live[0]["data"], "second");
    let month_ms = 31 * 86_400_000_i64;
    let life = live[0]["valid_till"].as_i64().expect("valid_till")
        - live[0]["timestamp"].as_i64().expect("timestamp");
    assert!((1..=month_ms).contains(&life), "{life}");
    let mid = second["msg-id"].as_str().expect("msg-id");
    assert_eq!(delete(&server, &format!("{path}/{mid}")).await, json!({}));
    refused(
        &server,
        Method::DELETE,
        &format!("{path}/{mid}"),
        json!(null),
        4404,
    )
    .await;
    let mid = first["msg-id"].as_str().expect("msg-id");
    let legacy = format!("/1.1/rtm/broadcast?mid={mid}");
    assert_eq!(delete(&server, &legacy).await, json!({}));
    assert_eq!(get(&server, &list).await, json!([]));
    let mut yves = Client::login(&server, "yves").await;
    yves.expect_none().await;

    // Its time is up at once, but who is online has it.
    let mut brief = body("brief");
    brief["valid_till"] = json!(1);
    let brief = post(&server, path, brief).await;
    check(&bob.expect_message().await, &brief, "brief");
    let mut xenia = Client::login(&server, "xenia").await;
    xenia.expect_none().await;
}

#[tokio::test]
async fn c52_what_clients_say_is_in_the_class_of_system_messages() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let cid = create(&server).await;
    let first = alice.say(&cid, "help me").await;
    bob.say(&cid, "me too").await;
    bob.direct(command::binary(&cid, b"\x00\xff")).await;
    broadcast(&server, &cid, "not this").await;
    let class = "/1.1/classes/_SysMessage";
    let found = get(&server, &format!("{class}?count=1")).await;
    assert_eq!(found["count"], 3);
    let row = &found["results"][0];
    assert_eq!(row["msgId"], scene::uid(&first));
    assert_eq!(row["timestamp"], first.t.expect("t"));
    assert_eq!(row["ackAt"], first.t.expect("t"));
    assert_eq!(row["from"], "alice");
    assert_eq!(row["data"], "help me");
    assert_eq!(row["bin"], false);
    assert_eq!(row["fromIp"], "127.0.0.1");
    let conv = json!({ "__type": "Pointer", "className": "_Conversation", "objectId": cid });
    assert_eq!(row["conv"], conv);
    assert!(row["objectId"].is_string() && row["createdAt"].is_string());
    let newest = get(&server, &format!("{class}?order=-createdAt&limit=1")).await;
    assert_eq!(newest["results"][0]["data"], "AP8=");
    assert_eq!(newest["results"][0]["bin"], true);
    let of_bob = get(
        &server,
        &format!("{class}?where=%7B%22from%22%3A%22bob%22%7D"),
    )
    .await;
    assert_eq!(of_bob["results"].as_array().map(Vec::len), Some(2));
    let strange = format!("{class}?where=%7B%22data%22%3A%22x%22%7D");
    refused(&server, Method::GET, &strange, json!(null), 1).await;
}

#[tokio::test]
async fn an_edit_is_told_to_whom_the_message_was_for() {
    let server = TestServer::start().await;
    let [mut bob, mut carol] = scene::logins(&server, ["bob", "carol"]).await;
    let cid = create(&server).await;
    subscribe(&server, &cid, "bob").await;
    let sent = broadcast(&server, &cid, "helo").await;
    bob.expect_message().await;
    let mid = sent["msg-id"].as_str().expect("msg-id");
    let path = format!("{SERVICES}/{cid}/messages/{mid}");
    let edit = json!({
        "from_client": "desk", "message": "hello", "timestamp": sent["timestamp"],
    });
    scene::done(&server, Method::PUT, &path, &edit).await;
    let patched = bob
        .expect_event(CommandType::Patch, Some(OpType::Modify))
        .await;
    let patches = patched.patch_message.expect("a patch message").patches;
    assert_eq!(patches[0].data.as_deref(), Some(&b"hello"[..]));
    assert_eq!(history(&mut bob, &cid).await, ["hello"]);
    let recall = json!({ "from_client": "desk", "timestamp": sent["timestamp"] });
    scene::done(&server, Method::PUT, &format!("{path}/recall"), &recall).await;
    let patched = bob
        .expect_event(CommandType::Patch, Some(OpType::Modify))
        .await;
    let patches = patched.patch_message.expect("a patch message").patches;
    assert_eq!(patches[0].recall, Some(true));
    carol.expect_none().await;
}

#[tokio::test]
async fn only_the_master_key_speaks_in_service_conversations() {
    let server = TestServer::start().await;
    let cid = create(&server).await;
    for (method, path) in [
        (Method::POST, format!("{SERVICES}/{cid}/messages")),
        (Method::POST, format!("{SERVICES}/{cid}/broadcasts")),
        (Method::POST, format!("{SERVICES}/{cid}/subscribers")),
        (Method::GET, format!("{SERVICES}/{cid}/subscribers")),
        (Method::POST, "/1.2/rtm/broadcasts".to_owned()),
        (Method::GET, "/1.1/classes/_SysMessage".to_owned()),
    ] {
        let answer = reqwest::Client::new()
            .request(method, server.url(&path))
            .header("x-lc-id", server.app_id())
            .header("x-lc-key", parlor_testkit::APP_KEY)
            .json(&json!({}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
}
