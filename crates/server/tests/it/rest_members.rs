//! Conversations by kind, their members and rooms over REST (spec 03 §2.2, §2.13).

use parlor_testkit::{APP_KEY, TestServer, command};
use parlor_wire::proto::OpType;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::scene;

const CONVERSATIONS: &str = "/1.2/rtm/conversations";
const ROOMS: &str = "/1.2/rtm/chatrooms";

async fn get(server: &TestServer, path: &str) -> Value {
    scene::done(server, Method::GET, path, &json!(null)).await
}

async fn refused(server: &TestServer, method: Method, path: &str, body: Value, code: u16) {
    let (status, answer) = scene::ask(server, method, path, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {answer}");
    assert_eq!(answer["code"], code, "{path} {answer}");
}

fn ids(found: &Value) -> Vec<&str> {
    let rows = found["results"].as_array().expect("results").iter();
    rows.map(|row| row["objectId"].as_str().expect("objectId"))
        .collect()
}

#[tokio::test]
async fn r14_a_unique_conversation_is_found_whoever_stands_first() {
    let server = TestServer::start().await;
    let [mut steve] = scene::logins(&server, ["SteveJobs"]).await;
    let body = json!({ "m": ["SteveJobs", "BillGates"], "unique": true });
    let first = scene::done(&server, Method::POST, CONVERSATIONS, &body).await;
    assert_eq!(first["uniqueId"], "6c7b0e5afcae9aa1139a0afa25833dec");
    assert_eq!(first["m"], json!(["SteveJobs", "BillGates"]));
    let (joined, _) = scene::expect_start(&mut steve).await;
    assert_eq!(joined.cid.as_deref(), first["objectId"].as_str());
    assert_eq!(joined.init_by, None);
    let body = json!({ "m": ["BillGates", "SteveJobs"], "unique": true, "name": "ignored" });
    let second = scene::done(&server, Method::POST, CONVERSATIONS, &body).await;
    assert_eq!(second, first);
    // Nobody hears of what was there already.
    let cid = first["objectId"].as_str().expect("objectId");
    let [mut bill] = scene::logins(&server, ["BillGates"]).await;
    scene::fence(cid, &mut bill, &mut [&mut steve]).await;
}

#[tokio::test]
async fn r15_every_kind_has_a_list_of_its_own() {
    let server = TestServer::start().await;
    let room = json!({ "name": "room", "m": ["nobody"] });
    let room = scene::done(&server, Method::POST, ROOMS, &room).await;
    assert_eq!(room["tr"], true);
    let room = room["objectId"].as_str().expect("objectId");
    let normal = json!({ "name": "normal", "tr": false });
    let normal = scene::done(&server, Method::POST, CONVERSATIONS, &normal).await;
    let normal = normal["objectId"].as_str().expect("objectId");
    assert_eq!(ids(&get(&server, ROOMS).await), [room]);
    assert_eq!(ids(&get(&server, CONVERSATIONS).await), [normal]);
    let all = get(
        &server,
        "/1.2/rtm/all-conversations?order=createdAt&count=1",
    )
    .await;
    assert_eq!(ids(&all), [room, normal]);
    assert_eq!(all["count"], 2);
    let named = "?where=%7B%22name%22%3A%22normal%22%7D";
    assert!(ids(&get(&server, &format!("{ROOMS}{named}")).await).is_empty());
    assert_eq!(
        ids(&get(&server, &format!("{CONVERSATIONS}{named}")).await),
        [normal]
    );
    let rename = json!({ "name": "renamed" });
    for (path, code) in [
        (format!("{CONVERSATIONS}/{room}"), 4314),
        (format!("{ROOMS}/{normal}"), 4316),
        (format!("{CONVERSATIONS}/5a"), 4303),
    ] {
        refused(&server, Method::PUT, &path, rename.clone(), code).await;
    }
    refused(
        &server,
        Method::DELETE,
        &format!("{ROOMS}/{normal}"),
        json!({}),
        4316,
    )
    .await;
    let path = format!("{ROOMS}/{room}");
    assert_eq!(
        scene::done(&server, Method::DELETE, &path, &json!({})).await,
        json!({})
    );
    assert!(ids(&get(&server, ROOMS).await).is_empty());
    // Clients may not, unless the operator lets them.
    let stranger = Client::new()
        .post(server.url(CONVERSATIONS))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", APP_KEY)
        .json(&json!({}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn r30_r31_whoever_is_concerned_hears_of_members_coming_and_going() {
    let server = TestServer::start().await;
    let (cid, [_alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut carol] = scene::logins(&server, ["carol"]).await;
    let path = format!("{CONVERSATIONS}/{cid}/members");
    let body = json!({ "client_ids": ["carol"] });
    let changed = scene::done(&server, Method::POST, &path, &body).await;
    assert_eq!(changed["objectId"], cid);
    let joined = carol.expect_conv(OpType::Joined).await;
    assert_eq!(
        (joined.init_by, joined.udate.as_deref()),
        (None, changed["updatedAt"].as_str())
    );
    let members_joined = bob.expect_conv(OpType::MembersJoined).await;
    assert_eq!(members_joined.m, ["carol"]);
    carol.expect_conv(OpType::MembersJoined).await;
    assert_eq!(
        get(&server, &path).await,
        json!({ "result": ["alice", "bob", "carol"] })
    );

    // With a body and without a word about what it is.
    let answer = Client::new()
        .delete(server.url(&path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", format!("{},master", parlor_testkit::MASTER_KEY))
        .body(body.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    carol.expect_conv(OpType::Left).await;
    let members_left = bob.expect_conv(OpType::MembersLeft).await;
    assert_eq!(
        (&members_left.m[..], members_left.init_by),
        (&["carol".to_owned()][..], None)
    );
    assert_eq!(
        get(&server, &path).await,
        json!({ "result": ["alice", "bob"] })
    );

    let many: Vec<String> = (0..501).map(|n| format!("c{n}")).collect();
    refused(
        &server,
        Method::POST,
        &path,
        json!({ "client_ids": many }),
        4304,
    )
    .await;
    refused(
        &server,
        Method::POST,
        &path,
        json!({ "client_ids": [""] }),
        4103,
    )
    .await;
    refused(&server, Method::POST, &path, json!({}), 1).await;
    let nowhere = format!("{CONVERSATIONS}/5a/members");
    refused(&server, Method::POST, &nowhere, body, 4303).await;
}

#[tokio::test]
async fn r32_members_hear_of_columns_and_members_have_calls_of_their_own() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let path = format!("{CONVERSATIONS}/{cid}");
    let body = json!({ "name": "renamed", "attr.k": 1 });
    let changed = scene::done(&server, Method::PUT, &path, &body).await;
    for client in [&mut alice, &mut bob] {
        let updated = client.expect_conv(OpType::Updated).await;
        assert_eq!(updated.init_by, None);
        assert_eq!(updated.udate.as_deref(), changed["updatedAt"].as_str());
        let modified = updated.attr_modified.expect("attrModified").data;
        let modified: Value = serde_json::from_str(&modified).expect("JSON");
        assert_eq!(modified, json!({ "name": "renamed", "attr": { "k": 1 } }));
    }
    refused(&server, Method::PUT, &path, json!({ "m": ["alice"] }), 1).await;
    refused(&server, Method::PUT, &path, json!({ "m.0": "alice" }), 105).await;

    let mutes = format!("{path}/mutes");
    let body = json!({ "client_ids": ["bob", "stranger"] });
    scene::done(&server, Method::POST, &mutes, &body).await;
    assert_eq!(get(&server, &mutes).await, json!({ "result": ["bob"] }));
    scene::done(&server, Method::DELETE, &mutes, &body).await;
    assert_eq!(get(&server, &mutes).await, json!({ "result": [] }));
    // Nobody heard of that.
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
}

#[tokio::test]
async fn who_is_in_a_room_is_counted_and_listed() {
    let server = TestServer::start().await;
    let [mut xenia] = scene::logins(&server, ["xenia"]).await;
    let row = scene::done(&server, Method::POST, ROOMS, &json!({})).await;
    let room = row["objectId"].as_str().expect("objectId");
    let (members, count) = (
        [
            format!("{ROOMS}/{room}/members"),
            format!("/1.1/rtm/transient_group/members?gid={room}"),
        ],
        [
            format!("{ROOMS}/{room}/members/online-count"),
            format!("/1.1/rtm/transient_group/onlines?gid={room}"),
        ],
    );
    for path in &count {
        assert_eq!(get(&server, path).await, json!({ "result": 0 }));
    }
    xenia
        .conv(command::add(room, &["xenia"]), OpType::Added)
        .await;
    for path in &count {
        assert_eq!(get(&server, path).await, json!({ "result": 1 }));
    }
    for path in &members {
        assert_eq!(get(&server, path).await, json!({ "result": ["xenia"] }));
    }
    let nowhere = format!("{ROOMS}/5a/members");
    refused(&server, Method::GET, &nowhere, json!(null), 4303).await;
    let body = json!({ "client_ids": ["yuri"] });
    let members = format!("{CONVERSATIONS}/{room}/members");
    refused(&server, Method::POST, &members, body, 4314).await;
}
