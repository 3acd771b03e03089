//! Messages that an app's server sends, patches and reads (spec 03 §2.3–2.5, §2.11–2.13).

use parlor_model::Clock;
use parlor_sign::{Action, AppCredentials, Signed};
use parlor_testkit::{APP_ID, APP_KEY, MASTER_KEY, TestServer, command};
use parlor_wire::proto::{DirectCommand, OpType};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scene;

fn messages(cid: &str) -> String {
    format!("/1.2/rtm/conversations/{cid}/messages")
}

/// Sends as the app's server and returns the answer.
async fn post(server: &TestServer, path: &str, body: Value) -> Value {
    scene::done(server, Method::POST, path, &body).await
}

/// Checks that a call fails with a code.
async fn refused(server: &TestServer, method: Method, path: &str, body: Value, code: u16) {
    let (status, answer) = scene::ask(server, method, path, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert_eq!(answer["code"], code, "{answer}");
}

/// Returns the texts of a conversation, the oldest first.
async fn texts(server: &TestServer, cid: &str) -> Vec<String> {
    let path = format!("/1.1/rtm/messages/history?convid={cid}&reversed=true");
    let records = scene::done(server, Method::GET, &path, &json!(null)).await;
    let records = records.as_array().expect("an array").iter();
    records
        .map(|record| record["data"].as_str().expect("data").to_owned())
        .collect()
}

fn check_key(message: &DirectCommand, sent: &Value) {
    assert_eq!(sent["msg-id"], scene::id_of(message));
    assert_eq!(sent["timestamp"], message.timestamp.expect("timestamp"));
}

#[tokio::test]
async fn r33_r34_members_get_what_the_apps_server_sends_in_a_name() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = post(
        &server,
        &messages(&cid),
        json!({ "from_client": "alice", "message": "hi" }),
    )
    .await;
    let key = json!({ "msg-id": sent["msg-id"], "timestamp": sent["timestamp"] });
    assert_eq!(sent["result"], key);
    assert!(sent["timestamp"].is_i64(), "{sent}");
    for client in [&mut alice, &mut bob] {
        let message = client.expect_message().await;
        check_key(&message, &sent);
        assert_eq!(message.from_peer_id.as_deref(), Some("alice"));
        assert_eq!(message.msg.as_deref(), Some("hi"));
        assert_eq!(message.transient, None);
    }

    let body = json!({
        "from_client": "alice",
        "message": { "_lctype": -1, "_lctext": "hi" },
        "no_sync": true,
        "mention_client_ids": ["bob"],
        "push_data": { "alert": "hi" },
    });
    let sent = post(&server, &messages(&cid), body).await;
    let message = bob.expect_message().await;
    check_key(&message, &sent);
    assert_eq!(message.mention_pids, ["bob"]);
    assert_eq!(
        message.msg.as_deref(),
        Some(r#"{"_lctext":"hi","_lctype":-1}"#)
    );
    // Alice has no part in the second one.
    scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
}

#[tokio::test]
async fn r35_the_old_call_is_transient_unless_it_says_otherwise() {
    let server = TestServer::start().await;
    let (cid, [_alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let old = |transient: Value| json!({ "from_peer": "alice", "conv_id": cid, "message": "old", "transient": transient });
    for (path, body, transient) in [
        ("/1.1/rtm/messages".to_owned(), old(json!(null)), true),
        ("/1.1/rtm/messages".to_owned(), old(json!(true)), true),
        ("/1.1/rtm/messages".to_owned(), old(json!(false)), false),
        (
            messages(&cid),
            json!({ "from_client": "alice", "message": "new" }),
            false,
        ),
    ] {
        let sent = post(&server, &path, body).await;
        let message = bob.expect_message().await;
        check_key(&message, &sent);
        assert_eq!(message.transient, transient.then_some(true), "{path}");
    }
    assert_eq!(texts(&server, &cid).await, ["old", "new"]);
}

#[tokio::test]
async fn r36_a_conversation_without_members_takes_messages() {
    let server = TestServer::start().await;
    let row = json!({ "name": "nobody here" });
    let row = post(&server, "/1.1/classes/_Conversation", row).await;
    let cid = row["objectId"].as_str().expect("objectId");
    let body = json!({ "from_peer": "foo", "conv_id": cid, "message": "x", "transient": false });
    let sent = post(&server, "/1.1/rtm/messages", body).await;
    let path = format!("/1.1/rtm/messages/history?convid={cid}&limit=1000&reversed=False");
    let records = scene::done(&server, Method::GET, &path, &json!(null)).await;
    assert_eq!(records.as_array().map(Vec::len), Some(1), "{records}");
    assert_eq!(records[0]["msg-id"], sent["msg-id"]);
    assert_eq!(
        (&records[0]["to"], &records[0]["conv-id"]),
        (&json!(cid), &json!(cid))
    );
    assert_eq!(
        (&records[0]["bin"], &records[0]["is-room"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(records[0]["is-conv"], true);
}

#[tokio::test]
async fn r37_r38_a_message_that_cannot_be_sent_says_why() {
    let server = TestServer::start().await;
    let (cid, _clients) = scene::chat(&server, ["alice"]).await;
    let room = post(&server, "/1.1/classes/_Conversation", json!({ "tr": true })).await;
    let room = room["objectId"].as_str().expect("objectId");
    let good = json!({ "from_client": "a", "message": "hi" });
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let many: Vec<String> = (0..21).map(|n| format!("c{n}")).collect();
    for (path, body, code) in [
        (
            messages(&cid),
            with("message", json!("x".repeat(5121))),
            4109,
        ),
        (
            messages(&cid),
            with("push_data", json!("x".repeat(5119))),
            4109,
        ),
        (messages(&cid), with("message", json!(7)), 1),
        (messages(&cid), with("message", json!(null)), 1),
        (messages(&cid), with("from_client", json!(null)), 1),
        (
            messages(&cid),
            with("from_client", json!("x".repeat(65))),
            4103,
        ),
        (messages(&cid), with("priority", json!("urgent")), 1),
        (messages(&cid), with("mention_client_ids", json!(many)), 1),
        (
            messages(&cid),
            with("mention_client_ids", json!([""])),
            4103,
        ),
        (messages(&cid), with("push_data", json!("a\0b")), 1),
        (messages("5a"), good.clone(), 4401),
        (messages("%00"), good.clone(), 4401),
        (messages(room), good.clone(), 4314),
        (
            format!("/1.2/rtm/chatrooms/{cid}/messages"),
            good.clone(),
            4316,
        ),
    ] {
        refused(&server, Method::POST, &path, body, code).await;
    }
    let body = with("message", json!("x".repeat(5120)));
    post(&server, &messages(&cid), body).await;
    assert_eq!(texts(&server, &cid).await.len(), 1);
}

#[tokio::test]
async fn r44_an_edit_is_told_to_all_and_stays() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "before").await;
    bob.expect_message().await;
    let path = format!("{}/{}", messages(&cid), scene::uid(&ack));
    let edit = json!({ "from_client": "alice", "message": "after", "timestamp": ack.t });
    let answer = scene::done(&server, Method::PUT, &path, &edit).await;
    assert_eq!(answer, json!({ "result": {} }));
    for client in [&mut alice, &mut bob] {
        let patch = client.expect_patch().await;
        assert_eq!(patch.mid.as_deref(), Some(scene::uid(&ack)));
        assert_eq!(patch.data.as_deref(), Some(&b"after"[..]));
        assert_ne!(patch.recall, Some(true));
    }
    assert_eq!(texts(&server, &cid).await, ["after"]);
}

#[tokio::test]
async fn r45_a_recall_names_its_message_exactly_and_is_told() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "before").await;
    bob.expect_message().await;
    let path = format!("{}/{}/recall", messages(&cid), scene::uid(&ack));
    let t = ack.t.expect("t");
    let recall = |timestamp: i64| json!({ "from_client": "alice", "timestamp": timestamp });
    refused(&server, Method::PUT, &path, recall(t + 1), 4404).await;
    let other = json!({ "from_client": "bob", "timestamp": t });
    refused(&server, Method::PUT, &path, other, 4403).await;
    scene::done(&server, Method::PUT, &path, &recall(t)).await;
    for client in [&mut alice, &mut bob] {
        let patch = client.expect_patch().await;
        assert_eq!(patch.recall, Some(true));
    }
    assert_eq!(texts(&server, &cid).await, [r#"{"_lctype":-127}"#]);
}

#[tokio::test]
async fn r46_a_deletion_is_told_to_nobody() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "delete me").await;
    bob.expect_message().await;
    let (mid, t) = (scene::uid(&ack), ack.t.expect("t"));
    let path = format!("{}/{mid}?from_client=alice&timestamp={t}", messages(&cid));
    let answer = scene::done(&server, Method::DELETE, &path, &json!(null)).await;
    assert_eq!(answer, json!({}));
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    assert_eq!(texts(&server, &cid).await, ["fence"]);
}

#[tokio::test]
async fn r48_what_clients_may_not_do_the_apps_server_may() {
    let server = TestServer::builder()
        .configure(|config| {
            config.message.allow_edit = false;
            config.message.allow_recall = false;
        })
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let ack = alice.say(&cid, "before").await;
    let mut body = json!({
        "from_peer": "alice",
        "conv_id": cid,
        "msg_id": scene::uid(&ack),
        "timestamp": ack.t,
        "message": "after",
    });
    post(&server, "/1.1/rtm/patch/message", body.clone()).await;
    assert_eq!(texts(&server, &cid).await, ["after"]);
    body["recall"] = json!(true);
    post(&server, "/1.1/rtm/patch/message", body).await;
    assert_eq!(texts(&server, &cid).await, [r#"{"_lctype":-127}"#]);
}

#[tokio::test]
async fn r49_a_room_gives_its_sender_nothing_back() {
    let server = TestServer::start().await;
    let [mut xenia, mut yuri] = scene::logins(&server, ["xenia", "yuri"]).await;
    let row = post(&server, "/1.1/classes/_Conversation", json!({ "tr": true })).await;
    let room = row["objectId"].as_str().expect("objectId").to_owned();
    for (client, name) in [(&mut xenia, "xenia"), (&mut yuri, "yuri")] {
        client
            .conv(command::add(&room, &[name]), OpType::Added)
            .await;
    }
    let path = format!("/1.2/rtm/chatrooms/{room}/messages");
    for body in [
        json!({ "from_client": "xenia", "message": "to the room", "priority": "HIGH" }),
        json!({ "from_client": "xenia", "message": "in passing", "transient": true }),
    ] {
        let sent = post(&server, &path, body).await;
        check_key(&yuri.expect_message().await, &sent);
    }
    // What comes to Xenia next is not her own.
    let sent = post(
        &server,
        &path,
        json!({ "from_client": "yuri", "message": "from yuri" }),
    )
    .await;
    check_key(&xenia.expect_message().await, &sent);
    assert_eq!(texts(&server, &room).await, ["to the room", "from yuri"]);
    for client in ["xenia", "yuri"] {
        let path = format!("/1.2/rtm/clients/{client}/unread-count");
        let unread = scene::done(&server, Method::GET, &path, &json!(null)).await;
        assert_eq!(unread, json!({ "count": 0 }));
    }
}

#[tokio::test]
async fn r56_who_sends_too_often_is_told_so() {
    let server = TestServer::builder()
        .configure(|config| {
            config.rate.enabled = true;
            config.rate.normal_per_minute = 10;
        })
        .start()
        .await;
    let (cid, _clients) = scene::chat(&server, ["alice"]).await;
    let body = json!({ "from_client": "alice", "message": "hi" });
    // Calls that are not allowed cost nothing.
    for _ in 0..10 {
        let stranger = reqwest::Client::new()
            .post(server.url(&messages(&cid)))
            .header("x-lc-id", server.app_id())
            .header("x-lc-key", APP_KEY)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
    }
    for _ in 0..5 {
        post(&server, &messages(&cid), body.clone()).await;
        let old = json!({ "from_peer": "alice", "conv_id": cid, "message": "hi" });
        post(&server, "/1.1/rtm/messages", old).await;
    }
    for _ in 0..2 {
        let (status, answer) = scene::ask(&server, Method::POST, &messages(&cid), &body).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer["code"], 429, "{answer}");
    }
    // Reading is not counted.
    assert_eq!(texts(&server, &cid).await.len(), 5);
}

#[tokio::test]
async fn r62_what_is_unread_is_what_sockets_report() {
    let server = TestServer::start().await;
    let (first, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let second = scene::start(&mut alice, &["alice", "bob"]).await;
    scene::expect_start(&mut alice).await;
    drop(bob);
    for (cid, messages) in [(&first, 3), (&second, 2)] {
        for _ in 0..messages {
            alice.say(cid, "unread").await;
        }
    }
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    let reported = bob.expect_unread().await;
    let of = |cid: &str| {
        let mut convs = reported.convs.iter();
        convs
            .find(|unread| unread.cid == cid)
            .map(|unread| unread.unread)
    };
    assert_eq!((of(&first), of(&second)), (Some(3), Some(2)));
    for (path, expected) in [
        ("/1.2/rtm/clients/bob/unread-count".to_owned(), 5),
        (
            format!("/1.2/rtm/clients/bob/unread-count?conv_id={first}"),
            3,
        ),
        (format!("/1.1/rtm/messages/unread/bob/{second}"), 2),
        ("/1.1/rtm/messages/unread/bob".to_owned(), 5),
        ("/1.1/rtm/messages/unread/alice".to_owned(), 0),
        ("/1.1/rtm/messages/unread/nobody".to_owned(), 0),
        ("/1.2/rtm/clients/bob/unread-count?conv_id=5a".to_owned(), 0),
    ] {
        let answer = reqwest::Client::new()
            .get(server.url(&path))
            .header("x-lc-id", server.app_id())
            .header("x-lc-key", APP_KEY)
            .send()
            .await
            .expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        assert_eq!(answer, json!({ "count": expected }), "{path}");
    }
}

#[tokio::test]
async fn clients_are_counted_now_and_today() {
    let server = TestServer::start().await;
    let [alice, _bob] = scene::logins(&server, ["alice", "bob"]).await;
    let _again = scene::logins(&server, ["bob"]).await;
    let stats = async || scene::done(&server, Method::GET, "/1.2/rtm/stats", &json!(null)).await;
    assert_eq!(
        stats().await,
        json!({ "result": { "online_user_count": 2, "user_count_today": 2 } })
    );
    drop(alice);
    parlor_testkit::eventually("alice to be gone", async || {
        let left = json!({ "result": { "online_user_count": 1, "user_count_today": 2 } });
        (stats().await == left).then_some(())
    })
    .await;
}

#[tokio::test]
async fn where_history_must_be_signed_both_published_orders_count() {
    let server = TestServer::builder()
        .configure(|config| config.signature.history = true)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    alice.say(&cid, "signed").await;
    let timestamp = Clock::system().now().as_millis();
    let sign = |conversation_id: &str, nonce_first: bool| {
        let credentials = AppCredentials {
            id: APP_ID.to_owned(),
            key: APP_KEY.to_owned(),
            master_key: MASTER_KEY.to_owned(),
            android_key: None,
        };
        let signed = Signed {
            client_id: "alice",
            timestamp,
            nonce: "n",
        };
        let action = Action::History {
            conversation_id: conversation_id.to_owned(),
            nonce_first,
        };
        let signature = parlor_sign::sign(&credentials, &signed, &action);
        format!("nonce=n&signature_ts={timestamp}&signature={signature}")
    };
    for nonce_first in [true, false] {
        let proof = sign(&cid, nonce_first);
        for path in [
            format!("{}?client_id=alice&{proof}", messages(&cid)),
            format!("/1.1/rtm/messages/history?convid={cid}&peerid=alice&{proof}"),
        ] {
            let records = scene::done(&server, Method::GET, &path, &json!(null)).await;
            assert_eq!(records[0]["data"], "signed", "{path}");
        }
    }
    for proof in [
        String::new(),
        format!("client_id=bob&{}", sign(&cid, true)),
        format!("client_id=alice&{}", sign("another", true)),
        format!(
            "client_id=alice&{}",
            sign(&cid, true).replace("nonce=n", "nonce=m")
        ),
    ] {
        let path = format!("{}?{proof}", messages(&cid));
        refused(&server, Method::GET, &path, json!(null), 4302).await;
    }
}
