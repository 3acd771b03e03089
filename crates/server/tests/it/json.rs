//! JSON frames (spec 01 §2.3), as JavaScript 2.x, .NET and the C# LiveQuery client send them.

use parlor_testkit::{Client, JsonClient, TestServer, command};
use parlor_wire::proto::{CommandType, OpType};
use serde_json::{Value, json};

use crate::scene;

/// Every name of the JSON form, and the form without a name.
const NAMES: [Option<&str>; 4] = [
    None,
    Some("lc.json.1"),
    Some("lc.json.2"),
    Some("lc.json.3"),
];

async fn started(client: &mut JsonClient, members: &[&str]) -> String {
    let started = client
        .request(json!({
            "cmd": "conv", "op": "start", "m": members, "unique": false, "transient": false,
            "attr": { "name": "茶", "attr": { "n": 1 } },
        }))
        .await;
    assert_eq!(started["op"], "started", "{started}");
    assert!(started["cdate"].is_string(), "{started}");
    started["cid"].as_str().expect("cid").to_owned()
}

async fn expect(client: &mut JsonClient, command: &str, operation: Option<&str>) -> Value {
    let event = client.next_event().await;
    assert_eq!(event["cmd"], command, "{event}");
    assert_eq!(
        event.get("op").and_then(Value::as_str),
        operation,
        "{event}"
    );
    assert_eq!(event["service"], 2, "{event}");
    assert!(event["peerId"].is_string(), "{event}");
    event
}

#[tokio::test]
async fn w7_json_is_spoken_with_and_without_a_name() {
    let server = TestServer::start().await;
    for name in NAMES {
        let mut client = JsonClient::connect(&server, name).await;
        let opened = client.open("alice").await;
        assert_eq!(opened["cmd"], "session");
        assert_eq!(opened["peerId"], "alice");
        assert_eq!(opened["i"], 1);
        assert!(
            opened["st"].is_string() && opened["stTtl"].is_i64(),
            "{opened}"
        );
        for absent in ["code", "error", "reason"] {
            assert!(opened.get(absent).is_none(), "{opened}");
        }
    }
}

#[tokio::test]
async fn w10_a_heartbeat_is_answered_by_the_same_two_characters() {
    let server = TestServer::start().await;
    for name in NAMES {
        let mut client = JsonClient::connect(&server, name).await;
        client.send_text("{}").await;
        assert_eq!(client.next_text().await, "{}");
        client.open("alice").await;
        client.send_text("{}").await;
        assert_eq!(client.next_text().await, "{}");
    }
}

#[tokio::test]
async fn w12_a_failure_is_told_at_the_top_and_in_an_object_of_its_own() {
    let server = TestServer::start().await;
    let mut client = JsonClient::login(&server, Some("lc.json.3"), "日本 😀").await;
    let unknown = "555555555555555555555555";
    let refused = client
        .request(json!({ "cmd": "conv", "op": "add", "cid": unknown, "m": ["bob"] }))
        .await;
    assert_eq!(refused["code"], 4303);
    assert_eq!(refused["reason"], "CONVERSATION_NOT_FOUND");
    assert_eq!(refused["error"]["code"], 4303);
    assert_eq!(refused["error"]["detail"], "CONVERSATION_NOT_FOUND");
    assert_eq!(refused["peerId"], "日本 😀");
    // A message is refused by an ack in this form too.
    let ack = client
        .request(json!({ "cmd": "direct", "cid": unknown, "msg": "hi" }))
        .await;
    assert_eq!(ack["cmd"], "ack");
    assert_eq!(ack["code"], 4401);
    assert_eq!(ack["reason"], "INVALID_MESSAGING_TARGET");
    for (frame, code) in [
        (json!({ "cmd": "nonsense" }), 4114),
        (json!({ "cmd": "conv", "op": "explode" }), 4114),
        (
            json!({ "cmd": "conv", "op": "add", "cid": unknown, "m": "bob" }),
            4114,
        ),
        (
            json!({ "cmd": "conv", "op": "query", "where": "text" }),
            4310,
        ),
        (
            json!({ "cmd": "conv", "op": "query", "limit": 1e300 }),
            4310,
        ),
        (json!({ "cmd": "logs", "cid": unknown, "t": "soon" }), 4114),
        (
            json!({ "cmd": "session", "op": "open", "peerId": "bob", "tag": [] }),
            4114,
        ),
    ] {
        let refused = client.request(frame.clone()).await;
        assert_eq!(refused["code"], code, "{refused} to {frame}");
        assert!(refused["detail"].is_string(), "{refused}");
    }
}

#[tokio::test]
async fn w57_what_is_no_json_object_closes_and_the_next_client_is_served() {
    let server = TestServer::start().await;
    let deep = format!("{}1{}", "{\"cmd\":".repeat(1000), "}".repeat(1000));
    for text in [
        "hello",
        "[]",
        "CA==",
        "{\"cmd\":\"echo\",\"i\":1e999}",
        &deep,
    ] {
        let mut client = JsonClient::login(&server, Some("lc.json.3"), "mallory").await;
        client.send_text(text).await;
        assert_eq!(client.close_code().await, 4114, "{text}");
    }
    let mut client = JsonClient::login(&server, None, "alice").await;
    client
        .send_text(&format!("{{\"cmd\":\"{}\"}}", "x".repeat(80 * 1024)))
        .await;
    assert_eq!(client.close_code().await, 4109);
    JsonClient::login(&server, None, "alice").await;
}

#[tokio::test]
async fn json_and_protobuf_clients_talk_to_each_other() {
    let server = TestServer::start().await;
    for name in NAMES {
        let (alice_id, bob_id) = (format!("alice {name:?}"), format!("bob {name:?}"));
        let mut alice = JsonClient::login(&server, name, &alice_id).await;
        let mut bob = Client::login(&server, &bob_id).await;
        let cid = started(&mut alice, &[&bob_id]).await;
        let joined = expect(&mut alice, "conv", Some("joined")).await;
        assert_eq!(joined["initBy"], *alice_id);
        let members = expect(&mut alice, "conv", Some("members-joined")).await;
        assert_eq!(members["m"].as_array().expect("m").len(), 2);
        scene::expect_start(&mut bob).await;

        // r and transient as JavaScript 2.x sends them.
        let sent = json!({
            "cmd": "direct", "cid": cid, "msg": "grüße 😀", "r": 1, "transient": false,
        });
        let ack = alice.request(sent).await;
        assert_eq!(ack["cmd"], "ack");
        assert!(ack["uid"].is_string() && ack["t"].is_i64(), "{ack}");
        let heard = bob.expect_message().await;
        assert_eq!(heard.msg.as_deref(), Some("grüße 😀"));
        assert_eq!(heard.id.as_deref(), ack["uid"].as_str());

        let ack = bob.say(&cid, "您好").await;
        let heard = expect(&mut alice, "direct", None).await;
        assert_eq!(heard["msg"], "您好");
        assert_eq!(heard["fromPeerId"], *bob_id);
        assert_eq!(heard["id"], *scene::uid(&ack));
        assert_eq!(heard["timestamp"], ack.t.expect("t"));
        assert_eq!(heard["peerId"], *alice_id);

        let history = alice
            .request(json!({ "cmd": "logs", "cid": cid, "limit": 20 }))
            .await;
        let texts: Vec<_> = history["logs"]
            .as_array()
            .expect("logs")
            .iter()
            .map(|item| item["data"].as_str().expect("data"))
            .collect();
        assert_eq!(texts, ["grüße 😀", "您好"]);

        let found = alice
            .request(json!({
                "cmd": "conv", "op": "query", "where": { "objectId": cid }, "sort": "-lm",
                "limit": 10, "skip": 0, "flag": 0,
            }))
            .await;
        assert_eq!(found["results"][0]["name"], "茶", "{found}");
        assert_eq!(found["results"][0]["attr"], json!({ "n": 1 }), "{found}");

        bob.conv(
            command::update(&cid, &json!({ "name": "Ω" })),
            OpType::Updated,
        )
        .await;
        let updated = expect(&mut alice, "conv", Some("updated")).await;
        assert_eq!(updated["attr"], json!({ "name": "Ω" }));
    }
}

#[tokio::test]
async fn c59_bytes_cross_between_json_and_protobuf() {
    let server = TestServer::start().await;
    let mut alice = JsonClient::login(&server, Some("lc.json.3"), "alice").await;
    let mut bob = Client::login(&server, "bob").await;
    let cid = started(&mut alice, &["bob"]).await;
    scene::expect_start(&mut bob).await;
    alice
        .request(json!({ "cmd": "direct", "cid": cid, "binaryMsg": "AP8H", "bin": true }))
        .await;
    let heard = bob.expect_message().await;
    assert_eq!(heard.binary_msg.as_deref(), Some(&[0, 255, 7][..]));
    assert_eq!(heard.msg, None);
    bob.direct(command::binary(&cid, &[7, 255, 0])).await;
    expect(&mut alice, "conv", Some("joined")).await;
    expect(&mut alice, "conv", Some("members-joined")).await;
    let heard = expect(&mut alice, "direct", None).await;
    assert_eq!(heard["binaryMsg"], "B/8A");
    assert_eq!(heard["bin"], true);
    // A client that looks at nothing but the text finds it there.
    assert_eq!(heard["msg"], "B/8A");
    let history = alice.request(json!({ "cmd": "logs", "cid": cid })).await;
    assert_eq!(history["logs"][1]["data"], "B/8A");
    assert_eq!(history["logs"][1]["bin"], true);
}

#[tokio::test]
async fn lists_without_entries_are_lists() {
    let server = TestServer::start().await;
    let mut alice = JsonClient::login(&server, None, "alice").await;
    let online = alice
        .request(json!({ "cmd": "session", "op": "query", "sessionPeerIds": ["nobody"] }))
        .await;
    assert_eq!(online["op"], "query-result");
    assert_eq!(online["onlineSessionPeerIds"], json!([]));
    let cid = started(&mut alice, &[]).await;
    let history = alice.request(json!({ "cmd": "logs", "cid": cid })).await;
    assert_eq!(history["logs"], json!([]));
}

#[tokio::test]
async fn c67_what_was_missed_is_unread_in_json() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let ack = alice.say(&cid, "missed").await;
    let mut bob = JsonClient::login(&server, Some("lc.json.3"), "bob").await;
    let unread = expect(&mut bob, "unread", None).await;
    assert!(unread["notifTime"].is_i64(), "{unread}");
    let tuple = &unread["convs"][0];
    assert_eq!(tuple["cid"], *cid);
    assert_eq!(tuple["unread"], 1);
    assert_eq!(tuple["mid"], *scene::uid(&ack));
    assert_eq!(tuple["data"], "missed");
    // No answer comes to this, but the count is told.
    bob.send_text(&json!({ "cmd": "read", "convs": [{ "cid": cid }] }).to_string())
        .await;
    let unread = expect(&mut bob, "unread", None).await;
    assert_eq!(unread["convs"][0]["unread"], 0);
}

#[tokio::test]
async fn one_event_is_encoded_for_json_and_protobuf_readers() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let mut readers = Vec::new();
    for name in NAMES {
        readers.push(JsonClient::login(&server, name, "bob").await);
    }
    let ack = alice.say(&cid, "to all devices").await;
    let heard = bob.expect_event(CommandType::Direct, None).await;
    assert_eq!(heard.peer_id.as_deref(), Some("bob"));
    for reader in &mut readers {
        let heard = expect(reader, "direct", None).await;
        assert_eq!(heard["id"], *scene::uid(&ack));
        assert_eq!(heard["peerId"], "bob");
    }
}
