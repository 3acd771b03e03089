//! What a client missed while it was away, asked for over REST.

use parlor_testkit::{APP_ID, APP_KEY, Client, TestServer, command, eventually, within};
use parlor_wire::proto::{CommandType, DirectCommand, GenericCommand, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::scene;

/// What Java clients can handle: everything but asking for what they missed.
const JAVA_BITMAP: i64 = 0xAF;

const JAVASCRIPT: &str = "&notification_type=permanent";
const SWIFT: &str = "";

/// Somebody who was here and knows until when.
struct Away {
    name: String,
    st: String,
    since: i64,
}

impl Away {
    /// Logs a client in and cuts its connection.
    async fn after_login(server: &TestServer, name: &str, config_bitmap: i64) -> Self {
        let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
        let body = SessionCommand {
            config_bitmap: Some(config_bitmap),
            ..SessionCommand::default()
        };
        let opened = client.request(command::open_with(APP_ID, name, body)).await;
        client.drop_socket();
        Self::since_opened(name, &opened)
    }

    fn since_opened(name: &str, opened: &GenericCommand) -> Self {
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
        let body = opened.session_message.as_ref().expect("a session message");
        Self {
            name: name.to_owned(),
            st: body.st.clone().expect("st"),
            since: opened.server_ts.expect("serverTs"),
        }
    }

    async fn ask(&self, server: &TestServer, since: i64, more: &str) -> (StatusCode, Value) {
        let name = &self.name;
        let path = format!("/1.1/rtm/notifications?client_id={name}&start_ts={since}{more}");
        let answer = reqwest::Client::new()
            .get(server.url(&path))
            .header("x-lc-id", APP_ID)
            .header("x-lc-key", APP_KEY)
            .header("x-lc-im-session-token", &self.st)
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    async fn missed(&self, server: &TestServer, more: &str) -> Value {
        let (status, answer) = self.ask(server, self.since, more).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

fn operations(notifications: &Value) -> Vec<&str> {
    let list = notifications.as_array().expect("an array");
    list.iter()
        .map(|one| one["op"].as_str().or(one["cmd"].as_str()).expect("a name"))
        .collect()
}

/// Lets alice start a conversation with bob, rename it, add carol and remove bob.
async fn a_lot_happens(alice: &mut Client) -> String {
    let cid = scene::start(alice, &["alice", "bob"]).await;
    let attributes =
        json!({ "name": "new", "attr.topic": "tea", "n": { "__op": "Increment", "amount": 2 } });
    alice
        .conv(command::update(&cid, &attributes), OpType::Updated)
        .await;
    alice
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    alice
        .conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    cid
}

#[tokio::test]
async fn c22_c23_what_was_missed_is_told_in_either_spelling() {
    let server = TestServer::start().await;
    let bob = Away::after_login(&server, "bob", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    let cid = a_lot_happens(&mut alice).await;

    let answer = bob.missed(&server, JAVASCRIPT).await;
    let told = &answer["notifications"];
    assert_eq!(
        operations(told),
        [
            "joined",
            "members_joined",
            "updated",
            "members_joined",
            "left"
        ]
    );
    assert_eq!(answer["hasMore"], false);
    assert_eq!(answer["invalidLocalConvCache"], false);
    assert!(answer.get("permanent").is_none(), "{answer}");
    for one in told.as_array().expect("an array") {
        assert_eq!(one["cmd"], "conv");
        assert_eq!(one["cid"], *cid);
        assert_eq!(one["initBy"], "alice");
        assert_eq!(one["notificationType"], 1);
        assert!(one["serverTs"].as_i64() > Some(bob.since));
        assert!(one["udate"].is_string());
    }
    assert_eq!(told[1]["m"], json!(["alice", "bob"]));
    assert_eq!(told[3]["m"], json!(["carol"]));
    let text = |value: &Value| -> Value {
        serde_json::from_str(value["data"].as_str().expect("a text")).expect("JSON")
    };
    assert_eq!(
        text(&told[2]["attr"]),
        json!({ "name": "new", "attr.topic": "tea", "n": 2 })
    );
    assert_eq!(
        text(&told[2]["attrModified"]),
        json!({ "name": "new", "attr": { "topic": "tea" }, "n": 2 })
    );

    let answer = bob.missed(&server, SWIFT).await;
    let told = &answer["permanent"]["notifications"];
    assert_eq!(
        operations(told),
        [
            "joined",
            "members-joined",
            "updated",
            "members-joined",
            "left"
        ]
    );
    assert_eq!(
        told[2]["attr"],
        json!({ "name": "new", "attr.topic": "tea", "n": { "__op": "Increment", "amount": 2 } })
    );
    assert_eq!(
        told[2]["attrModified"],
        json!({ "name": "new", "attr": { "topic": "tea" }, "n": 2 })
    );
    assert_eq!(
        answer["droppable"],
        json!({ "invalidLocalConvCache": false, "notifications": [] })
    );

    let answer = bob.missed(&server, "&notification_type=droppable").await;
    assert_eq!(
        answer,
        json!({ "notifications": [], "hasMore": false, "invalidLocalConvCache": false })
    );
    let (status, answer) = bob.ask(&server, 0, "&notification_type=other").await;
    assert_eq!((status.as_u16(), &answer["code"]), (400, &json!(1)));
}

#[tokio::test]
async fn c22_only_what_happened_strictly_later_is_told_also_after_a_restart() {
    let server = TestServer::start().await;
    let bob = Away::after_login(&server, "bob", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    let cid = scene::start(&mut alice, &["alice", "bob"]).await;
    let all = within("a change in a later millisecond", async {
        loop {
            let rename = command::update(&cid, &json!({ "name": "new" }));
            alice.conv(rename, OpType::Updated).await;
            let all = bob.missed(&server, JAVASCRIPT).await["notifications"].clone();
            if at(&all[0]) < at(&all[all.as_array().map_or(0, Vec::len) - 1]) {
                return all;
            }
        }
    })
    .await;
    drop(alice);

    let server = server.restart().await;
    let first = at(&all[0]);
    assert_eq!(operations(&all)[..2], ["joined", "members_joined"]);
    let (_, from_first) = bob.ask(&server, first - 1, JAVASCRIPT).await;
    assert_eq!(from_first["notifications"], all);
    let (_, after_first) = bob.ask(&server, first, JAVASCRIPT).await;
    let later: Vec<&Value> = all
        .as_array()
        .expect("an array")
        .iter()
        .filter(|one| at(one) > first)
        .collect();
    assert_eq!(after_first["notifications"], json!(later));
    let last = at(later[later.len() - 1]);
    let (_, nothing) = bob.ask(&server, last, JAVASCRIPT).await;
    assert_eq!(nothing["notifications"], json!([]));
}

fn at(notification: &Value) -> i64 {
    notification["serverTs"].as_i64().expect("serverTs")
}

#[tokio::test]
async fn c22_a_long_absence_is_told_in_pages_or_at_once() {
    let server = TestServer::start().await;
    let bob = Away::after_login(&server, "bob", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    let cid = scene::start(&mut alice, &["alice", "bob"]).await;
    for number in 0..220 {
        let update = command::update(&cid, &json!({ "number": number }));
        alice.conv(update, OpType::Updated).await;
    }
    let mut since = bob.since;
    let mut pages = Vec::new();
    let mut told = Vec::new();
    loop {
        let (_, answer) = bob.ask(&server, since, JAVASCRIPT).await;
        let page = answer["notifications"]
            .as_array()
            .expect("an array")
            .clone();
        // What happened at one moment stays on one page.
        assert!(page.len() >= 100 || answer["hasMore"] == false, "{answer}");
        pages.push(page.len());
        since = at(page.last().expect("a page is not empty"));
        told.extend(page);
        if answer["hasMore"] == false {
            break;
        }
    }
    assert!(pages.len() >= 2, "{pages:?}");
    let numbers: Vec<Value> = told[2..]
        .iter()
        .map(|one| {
            let modified = one["attrModified"]["data"].as_str().expect("a text");
            let modified: Value = serde_json::from_str(modified).expect("JSON");
            modified["number"].clone()
        })
        .collect();
    assert_eq!(json!(numbers), json!((0..220).collect::<Vec<i32>>()));

    let answer = bob.missed(&server, SWIFT).await;
    let at_once = answer["permanent"]["notifications"].as_array();
    assert_eq!(at_once.map(Vec::len), Some(222));
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], false);
}

#[tokio::test]
async fn who_missed_more_than_is_kept_is_told_to_look_again() {
    let server = TestServer::builder()
        .configure(|config| config.notification.max_per_client = 4)
        .start()
        .await;
    let bob = Away::after_login(&server, "bob", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    a_lot_happens(&mut alice).await;
    let answer = bob.missed(&server, SWIFT).await;
    assert_eq!(
        operations(&answer["permanent"]["notifications"]),
        ["members-joined", "updated", "members-joined", "left"]
    );
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], true);
    drop(alice);

    // What is too much is cut off when the server cleans up, which it does first of all.
    let server = server.restart().await;
    let answer = eventually("the rest to be cut off", || async {
        let answer = bob.missed(&server, JAVASCRIPT).await;
        (answer["invalidLocalConvCache"] == true).then_some(answer)
    })
    .await;
    // Two happened at the moment at which it is cut, so both are gone.
    assert_eq!(
        operations(&answer["notifications"]),
        ["updated", "members_joined", "left"]
    );
    let rest = at(&answer["notifications"][0]);
    let (_, answer) = bob.ask(&server, rest, JAVASCRIPT).await;
    assert_eq!(answer["invalidLocalConvCache"], false);
}

#[tokio::test]
async fn c24_nothing_is_kept_for_who_does_not_ask_and_it_is_told_so() {
    let server = TestServer::start().await;
    let bob = Away::after_login(&server, "bob", JAVA_BITMAP).await;
    let carol = Away::after_login(&server, "carol", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    scene::start(&mut alice, &["alice", "bob"]).await;
    let answer = bob.missed(&server, SWIFT).await;
    assert_eq!(answer["permanent"]["notifications"], json!([]));
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], true);
    // Who was not told of is told nothing, and knows that.
    let answer = carol.missed(&server, SWIFT).await;
    assert_eq!(answer["permanent"]["notifications"], json!([]));
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], false);
    // Before it logged in nothing was kept.
    let (_, answer) = carol.ask(&server, carol.since - 60_000, SWIFT).await;
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], true);
}

#[tokio::test]
async fn roles_and_restrictions_are_kept_too() {
    let server = TestServer::start().await;
    let bob = Away::after_login(&server, "bob", command::FULL_BITMAP).await;
    let mut alice = Client::login(&server, "alice").await;
    let cid = scene::start(&mut alice, &["alice", "bob", "carol"]).await;
    alice
        .conv(
            command::role(&cid, "bob", "Manager"),
            OpType::MemberInfoUpdated,
        )
        .await;
    alice
        .conv(command::silence(&cid, &["carol"]), OpType::ShutupAdded)
        .await;
    let answer = bob.missed(&server, SWIFT).await;
    let told = &answer["permanent"]["notifications"];
    assert_eq!(
        operations(told),
        [
            "joined",
            "members-joined",
            "member-info-changed",
            "members-shutuped"
        ]
    );
    assert_eq!(told[2]["info"]["pid"], "bob");
    assert_eq!(told[2]["info"]["role"], "Manager");
    assert_eq!(told[3]["m"], json!(["carol"]));
}

#[tokio::test]
async fn receipts_are_kept_for_senders_who_are_away() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let send = || {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("hi".to_owned()),
            r: Some(true),
            ..DirectCommand::default()
        })
    };
    let read = |mid: Option<&str>| command::read(&cid, mid, None);

    // While alice is there she hears of it, and it is not kept.
    let heard = alice.direct(send()).await;
    bob.expect_message().await;
    bob.send(&read(heard.uid.as_deref())).await;
    bob.expect_unread().await;
    let receipt = alice.expect_event(CommandType::Rcp, None).await;
    let heard_at = receipt.server_ts.expect("serverTs");
    let missed = alice.direct(send()).await;
    bob.expect_message().await;
    let opened = alice.open("alice").await;
    alice.drop_socket();
    let alice = Away::since_opened("alice", &opened);
    eventually("alice to be gone", || async {
        let mut carol = Client::login(&server, "carol").await;
        let reply = carol.request(command::online(&["alice"])).await;
        let online = reply.session_message.expect("a session message");
        online.online_session_peer_ids.is_empty().then_some(())
    })
    .await;

    bob.send(&read(missed.uid.as_deref())).await;
    bob.expect_unread().await;
    let (_, answer) = alice.ask(&server, heard_at - 1, JAVASCRIPT).await;
    let [receipt] = &answer["notifications"].as_array().expect("an array")[..] else {
        panic!("one receipt: {answer}");
    };
    assert_eq!(receipt["cmd"], "rcp");
    assert_eq!(receipt["cid"], *cid);
    assert_eq!(receipt["id"].as_str(), missed.uid.as_deref());
    assert_eq!(receipt["from"], "bob");
    assert_eq!(receipt["read"], true);
    assert_eq!(receipt["t"], receipt["serverTs"]);
}

#[tokio::test]
async fn r64_the_token_of_an_ended_session_is_refused_as_expired() {
    let server = TestServer::start().await;
    let mut bob = Client::login(&server, "bob").await;
    let opened = bob.open("bob").await;
    let away = Away::since_opened("bob", &opened);
    assert_eq!(away.ask(&server, 0, SWIFT).await.0, StatusCode::OK);
    bob.request(command::close()).await;
    let (status, answer) = away.ask(&server, 0, SWIFT).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["code"], 4112);
}
