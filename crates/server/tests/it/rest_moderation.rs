//! The app's server silences, blocks and gives roles; clients hear of it, by nobody.

use parlor_testkit::{Client, MASTER_KEY, TestServer, command};
use parlor_wire::proto::{CommandType, ConvCommand, OpType};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scene;

/// Takes an event about a conversation, which must be durable and by no client.
async fn expect_told(client: &mut Client, operation: OpType) -> ConvCommand {
    let event = client
        .expect_event(CommandType::Conv, Some(operation))
        .await;
    assert_eq!(event.notification_type, Some(1));
    let body = event.conv_message.expect("a conv message");
    assert_eq!(body.init_by, None);
    body
}

/// Asks for something that must fail, and returns the code.
async fn refused(server: &TestServer, method: Method, path: &str, body: &Value) -> i64 {
    let (status, answer) = scene::ask(server, method, path, body).await;
    assert!(status.is_client_error(), "{status} {answer}");
    answer["code"].as_i64().expect("a numeric code")
}

async fn done(server: &TestServer, method: Method, path: &str, body: &Value) -> Value {
    scene::done(server, method, path, body).await
}

/// Reads a list page by page.
async fn pages(server: &TestServer, path: &str, key: &str) -> (Vec<usize>, Value) {
    let mut sizes = Vec::new();
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = done(
            server,
            Method::GET,
            &format!("{path}{cursor}"),
            &Value::Null,
        )
        .await;
        let entries = page[key].as_array().expect("a list");
        sizes.push(entries.len());
        listed.extend(entries.iter().cloned());
        match page.get("next") {
            Some(next) => cursor = format!("?next={}", next.as_str().expect("a text")),
            None => return (sizes, listed.into()),
        }
    }
}

#[tokio::test]
async fn r57_a_temporary_silence_ends_by_itself_or_by_the_app() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let legacy = "/1.1/rtm/conversation/blacklist";
    let begin = json!({ "conv_id": cid, "client_id": "bob", "ttl": 2 });
    assert_eq!(done(&server, Method::POST, legacy, &begin).await, json!({}));
    let ack = bob.direct(command::text(&cid, "hey")).await;
    assert_eq!(ack.code, Some(4315));
    assert_eq!(
        ack.reason.as_deref(),
        Some("CONVERSATION_TEMPORARY_BLACKLISTED")
    );
    // It ends with its time, and neither beginning nor end is told to anybody.
    let bob = tokio::sync::Mutex::new(bob);
    parlor_testkit::eventually("the silence to end", || async {
        let mut bob = bob.lock().await;
        let ack = bob.direct(command::text(&cid, "again")).await;
        match ack.code {
            None => Some(()),
            Some(code) => {
                assert_eq!(code, 4315);
                None
            }
        }
    })
    .await;
    let mut bob = bob.into_inner();
    alice.expect_message().await;

    let path = format!("/1.2/rtm/conversations/{cid}/temporary-silenceds");
    let begin = json!({ "client_id": "bob", "ttl": 86_400 });
    for end in [
        format!("{path}?client_id=bob"),
        format!("{legacy}?client_id=bob&conv_id={cid}"),
    ] {
        done(&server, Method::POST, &path, &begin).await;
        let ack = bob.direct(command::text(&cid, "hey")).await;
        assert_eq!(ack.code, Some(4315));
        assert_eq!(
            done(&server, Method::DELETE, &end, &Value::Null).await,
            json!({})
        );
        bob.say(&cid, "free").await;
        alice.expect_message().await;
    }
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn r57_a_temporary_silence_has_bounds_and_outlives_a_restart() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let path = format!("/1.2/rtm/chatrooms/{room}/temporary-silenceds");
    for (body, code) in [
        (json!({ "client_id": "alice", "ttl": 0 }), 1),
        (json!({ "client_id": "alice", "ttl": 86_401 }), 1),
        (json!({ "client_id": "alice", "ttl": -1 }), 1),
        (json!({ "client_id": "alice" }), 1),
        (json!({ "client_id": "", "ttl": 9 }), 4103),
    ] {
        assert_eq!(
            refused(&server, Method::POST, &path, &body).await,
            code,
            "{body}"
        );
    }
    let begin = json!({ "client_id": "alice", "ttl": 60 });
    let wrong = path.replace("chatrooms", "conversations");
    assert_eq!(refused(&server, Method::POST, &wrong, &begin).await, 4314);
    let unknown = path.replace(&room, "555555555555555555555555");
    assert_eq!(refused(&server, Method::POST, &unknown, &begin).await, 4303);
    done(&server, Method::POST, &path, &begin).await;
    drop(alice);
    let server = server.restart().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let ack = alice.direct(command::text(&room, "hey")).await;
    assert_eq!(ack.code, Some(4315));
}

#[tokio::test]
async fn r58_permanent_silences_are_told_listed_and_lifted() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let path = format!("/1.2/rtm/conversations/{cid}/permanent-silenceds");
    let both = json!({ "client_ids": ["bob", "alice"] });
    assert_eq!(done(&server, Method::POST, &path, &both).await, json!({}));
    for client in [&mut alice, &mut bob] {
        expect_told(client, OpType::Shutuped).await;
        let told = expect_told(client, OpType::MembersShutuped).await;
        assert_eq!(
            told.m,
            ["bob", "alice"],
            "an owner is nothing special to the app"
        );
    }
    let ack = bob.direct(command::text(&cid, "hey")).await;
    assert_eq!(ack.code, Some(4563));
    let listed = done(&server, Method::GET, &path, &Value::Null).await;
    assert_eq!(listed, json!({ "client_ids": ["bob", "alice"] }));

    // As curl sends it: a body, and a content type that means something else or none.
    let answer = reqwest::Client::new()
        .delete(server.url(&path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", format!("{MASTER_KEY},master"))
        .body(json!({ "client_ids": ["bob"] }).to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    expect_told(&mut bob, OpType::Unshutuped).await;
    let told = expect_told(&mut bob, OpType::MembersUnshutuped).await;
    assert_eq!(told.m, ["bob"]);
    bob.say(&cid, "free").await;
    let listed = done(&server, Method::GET, &path, &Value::Null).await;
    assert_eq!(listed, json!({ "client_ids": ["alice"] }));

    for (body, code) in [
        (json!({ "client_ids": ["bob", "stranger"] }), 4317),
        (json!({ "client_ids": [] }), 1),
        (json!({ "client_ids": [""] }), 4103),
        (json!({}), 1),
    ] {
        assert_eq!(
            refused(&server, Method::POST, &path, &body).await,
            code,
            "{body}"
        );
    }
    let listed = done(&server, Method::GET, &path, &Value::Null).await;
    assert_eq!(
        listed,
        json!({ "client_ids": ["alice"] }),
        "nothing in part"
    );
    let strange = format!("{path}?next=x");
    assert_eq!(
        refused(&server, Method::GET, &strange, &Value::Null).await,
        1
    );
}

#[tokio::test]
async fn r59_blocked_clients_are_removed_and_stay_out() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let path = format!("/1.2/rtm/conversations/{cid}/blacklists");
    let bobs = json!({ "client_ids": ["bob"] });
    assert_eq!(done(&server, Method::POST, &path, &bobs).await, json!({}));
    expect_told(&mut bob, OpType::Blocked).await;
    expect_told(&mut bob, OpType::Left).await;
    assert_eq!(
        expect_told(&mut alice, OpType::MembersBlocked).await.m,
        ["bob"]
    );
    assert_eq!(
        expect_told(&mut alice, OpType::MembersLeft).await.m,
        ["bob"]
    );
    let joined = bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    assert_eq!(
        scene::failures(&joined.failed_pids),
        [(4548, scene::texts(&["bob"]))]
    );
    assert_eq!(done(&server, Method::DELETE, &path, &bobs).await, json!({}));
    expect_told(&mut bob, OpType::Unblocked).await;
    expect_told(&mut alice, OpType::MembersUnblocked).await;
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;

    let many: Vec<String> = (0..25).map(|n| format!("b{n}")).collect();
    let body = json!({ "client_ids": many });
    done(&server, Method::POST, &path, &body).await;
    let (sizes, listed) = pages(&server, &path, "client_ids").await;
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(listed, json!(many));
}

#[tokio::test]
async fn r59_full_and_switched_off_lists_say_so() {
    let server = TestServer::builder()
        .configure(|config| {
            config.moderation.max_restricted_in_room = 1;
            config.moderation.roles = false;
        })
        .start()
        .await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let path = format!("/1.2/rtm/chatrooms/{room}");
    let two = json!({ "client_ids": ["b", "c"] });
    let blacklists = format!("{path}/blacklists");
    assert_eq!(
        refused(&server, Method::POST, &blacklists, &two).await,
        4543
    );
    let listed = done(&server, Method::GET, &blacklists, &Value::Null).await;
    assert_eq!(listed, json!({ "client_ids": [] }), "nothing in part");
    let silenceds = format!("{path}/permanent-silenceds");
    assert_eq!(refused(&server, Method::POST, &silenceds, &two).await, 4325);
    let roles = format!("{path}/member-infos");
    let role = json!({ "clientId": "b", "role": "Manager" });
    assert_eq!(refused(&server, Method::POST, &roles, &role).await, 4325);
}

#[tokio::test]
async fn the_app_gives_changes_and_takes_roles() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let path = format!("/1.2/rtm/conversations/{cid}/member-infos");
    let given = json!({ "clientId": "bob", "role": "Manager" });
    let given = done(&server, Method::POST, &path, &given).await;
    let id = given["objectId"].as_str().expect("objectId").to_owned();
    assert!(given["updatedAt"].is_string());
    for client in [&mut alice, &mut bob] {
        let info = expect_told(client, OpType::MemberInfoChanged).await.info;
        let info = info.expect("info");
        assert_eq!(info.pid.as_deref(), Some("bob"));
        assert_eq!(info.role.as_deref(), Some("Manager"));
        assert_eq!(info.info_id.as_deref(), Some(&*id));
    }
    let row = |role| json!({ "results": [{ "clientId": "bob", "objectId": id, "role": role }] });
    let listed = done(&server, Method::GET, &path, &Value::Null).await;
    assert_eq!(listed, row("Manager"));
    let members = format!("{path}?role=Member&limit=5");
    let listed = done(&server, Method::GET, &members, &Value::Null).await;
    assert_eq!(listed, json!({ "results": [] }));

    let one = format!("{path}/{id}");
    for (body, role) in [
        (json!({ "clientId": "bob", "role": "Member" }), "Member"),
        (json!({ "clientId": "bob" }), "Member"),
        (json!({ "role": "Manager" }), "Manager"),
    ] {
        let changed = done(&server, Method::PUT, &one, &body).await;
        assert_eq!(changed["objectId"], *id);
        let listed = done(&server, Method::GET, &path, &Value::Null).await;
        assert_eq!(listed, row(role), "{body}");
    }
    for role in ["Member", "Manager"] {
        let info = expect_told(&mut bob, OpType::MemberInfoChanged).await.info;
        assert_eq!(info.and_then(|info| info.role).as_deref(), Some(role));
    }
    assert_eq!(
        done(&server, Method::DELETE, &one, &json!({})).await,
        json!({})
    );
    let info = expect_told(&mut bob, OpType::MemberInfoChanged).await.info;
    assert_eq!(info.and_then(|info| info.role).as_deref(), Some("Member"));
    let listed = done(&server, Method::GET, &path, &Value::Null).await;
    assert_eq!(listed, json!({ "results": [] }));
    bob.expect_none().await;

    for (method, path, body, code) in [
        (Method::DELETE, &one, json!({}), 1),
        (Method::PUT, &one, json!({ "role": "Member" }), 1),
        (
            Method::POST,
            &path,
            json!({ "clientId": "bob", "role": "Boss" }),
            4321,
        ),
        (
            Method::POST,
            &path,
            json!({ "clientId": "bob", "role": "Owner" }),
            4320,
        ),
        (
            Method::POST,
            &path,
            json!({ "clientId": "alice", "role": "Manager" }),
            4320,
        ),
        (
            Method::POST,
            &path,
            json!({ "clientId": "eve", "role": "Manager" }),
            4317,
        ),
    ] {
        assert_eq!(refused(&server, method, path, &body).await, code, "{body}");
    }
}

#[tokio::test]
async fn a_room_has_the_managers_that_the_app_names() {
    let server = TestServer::start().await;
    let [mut alice, mut bob, mut carol] = scene::logins(&server, ["alice", "bob", "carol"]).await;
    let room = scene::open_room(&mut alice).await;
    carol
        .conv(command::add(&room, &["carol"]), OpType::Added)
        .await;
    let path = format!("/1.2/rtm/chatrooms/{room}/member-infos");
    let given = json!({ "clientId": "bob", "role": "Manager" });
    done(&server, Method::POST, &path, &given).await;
    for client in [&mut alice, &mut carol] {
        let told = expect_told(client, OpType::MemberInfoChanged).await;
        assert_eq!(told.transient, Some(true));
    }
    let silenced = bob
        .conv(
            command::silence(&room, &["alice", "carol"]),
            OpType::ShutupAdded,
        )
        .await;
    assert_eq!(silenced.allowed_pids, ["carol"]);
    assert_eq!(
        scene::failures(&silenced.failed_pids),
        [(4320, scene::texts(&["alice"]))]
    );
    let wrong = path.replace("chatrooms", "conversations");
    assert_eq!(refused(&server, Method::POST, &wrong, &given).await, 4314);
}

#[tokio::test]
async fn the_app_blocks_conversations_for_a_client() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let (other, _others) = scene::chat(&server, ["alice"]).await;
    let path = "/1.2/rtm/clients/carol/blacklists";
    for cid in [&other, &cid] {
        let body = json!({ "conv_id": cid });
        assert_eq!(done(&server, Method::POST, path, &body).await, json!({}));
    }
    let listed = done(&server, Method::GET, path, &Value::Null).await;
    assert_eq!(listed, json!({ "conv_ids": [other, cid] }));
    let first = done(
        &server,
        Method::GET,
        &format!("{path}?limit=1"),
        &Value::Null,
    )
    .await;
    assert_eq!(first, json!({ "conv_ids": [other], "next": "1" }));
    let added = bob
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    assert_eq!(
        scene::failures(&added.failed_pids),
        [(4548, scene::texts(&["carol"]))]
    );
    done(&server, Method::DELETE, path, &json!({ "conv_id": cid })).await;
    let added = alice
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["carol"]);
    let unknown = json!({ "conv_id": "555555555555555555555555" });
    assert_eq!(refused(&server, Method::POST, path, &unknown).await, 4303);
}
