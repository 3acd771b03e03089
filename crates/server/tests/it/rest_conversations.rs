use parlor_server::config::ClassVerb;
use parlor_sign::request_sign;
use parlor_testkit::{APP_ID, APP_KEY, MASTER_KEY, TestServer, command};
use parlor_wire::proto::OpType;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::scene;

const FIND: &str = "/1.1/classes/_Conversation";

async fn get(server: &TestServer, path: &str, proof: (&str, &str)) -> (StatusCode, Value) {
    let (header, proof) = proof;
    let answer = reqwest::Client::new()
        .get(server.url(path))
        .header("X-LC-Id", APP_ID)
        .header(header, proof)
        .send()
        .await
        .expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

fn master() -> (&'static str, String) {
    ("X-LC-Key", format!("{MASTER_KEY},master"))
}

async fn found(server: &TestServer, path: &str) -> Value {
    let (header, key) = master();
    let (status, body) = get(server, path, (header, &key)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn an_admin_finds_what_clients_started_also_after_a_restart() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let start = command::start_unique(
        &["alice", "bob"],
        &json!({ "name": "tea", "attr": { "kind": 1, "rest": 2 } }),
    );
    let started = alice.conv(start, OpType::Started).await;
    let cid = started.cid.expect("cid");
    scene::start(&mut alice, &["alice", "carol"]).await;
    alice.say(&cid, "hello").await;
    let on_the_socket = alice.row(&cid).await;
    drop(alice);

    let path = format!("{FIND}?where=%7B%22m%22%3A%22bob%22%7D&count=1");
    let before = found(&server, &path).await;
    assert_eq!(before["count"], 1);
    let row = &before["results"][0];
    // Both doors show the same columns; what depends on the client is for clients only.
    let mut columns = on_the_socket.clone();
    columns
        .as_object_mut()
        .expect("an object")
        .remove("muted")
        .expect("muted");
    assert_eq!(*row, columns);
    assert_eq!(row["lm"]["__type"], "Date");

    let server = server.restart().await;
    assert_eq!(found(&server, &path).await, before);
    assert_eq!(found(&server, &format!("{FIND}/{cid}")).await, *row);
    let projected = found(&server, &format!("{FIND}/{cid}?keys=attr.kind,-updatedAt")).await;
    assert_eq!(
        projected,
        json!({ "objectId": cid, "createdAt": row["createdAt"], "attr": { "kind": 1 } })
    );
    assert_eq!(found(&server, &format!("{FIND}/unknown")).await, json!({}));
}

#[tokio::test]
async fn the_app_key_reads_the_class_only_where_the_operator_opened_it() {
    let timestamp = "1453014943466";
    let app_sign = format!("{},{timestamp}", request_sign(timestamp, APP_KEY));
    let master_sign = format!("{},{timestamp},master", request_sign(timestamp, MASTER_KEY));
    let closed = TestServer::start().await;
    let opened = TestServer::builder()
        .configure(|config| config.client_permissions.conversation = vec![ClassVerb::Find])
        .start()
        .await;
    for (server, find) in [(&closed, StatusCode::FORBIDDEN), (&opened, StatusCode::OK)] {
        for proof in [("X-LC-Key", APP_KEY), ("X-LC-Sign", &*app_sign)] {
            assert_eq!(get(server, FIND, proof).await.0, find);
            let (status, body) = get(server, &format!("{FIND}/x"), proof).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            assert_eq!(body["code"], 403);
        }
        let proof = ("X-LC-Sign", &*master_sign);
        assert_eq!(get(server, FIND, proof).await.0, StatusCode::OK);
        let (status, body) = get(server, FIND, ("X-LC-Key", MASTER_KEY)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(body["code"], 401);
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_answered_says_why() {
    let server = TestServer::start().await;
    let (header, key) = master();
    for (query, reason) in [
        (
            "where=%7B%22a%22%3A%7B%22%24inQuery%22%3A1%7D%7D",
            "$inQuery of a is not supported",
        ),
        (
            "where=%7B%22a%22%3A%7B%22%24regex%22%3A%22(%22%7D%7D",
            "$regex of a is refused",
        ),
        ("order=m", "cannot sort by m"),
        ("skip=-1", "skip"),
    ] {
        let (status, body) = get(&server, &format!("{FIND}?{query}"), (header, &key)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(body["code"], 1, "{body}");
        let error = body["error"].as_str().expect("a text");
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn r29_members_written_through_the_class_count_at_once_and_nobody_is_told() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut dave] = scene::logins(&server, ["dave"]).await;
    let refused = dave.direct(command::text(&cid, "may I?")).await;
    assert_eq!(refused.code, Some(4401), "{refused:?}");

    let path = format!("{FIND}/{cid}");
    let add = json!({ "m": { "__op": "AddUnique", "objects": ["dave"] } });
    scene::done(&server, Method::PUT, &path, &add).await;
    let ack = dave.say(&cid, "hello").await;
    for client in [&mut alice, &mut bob] {
        let next = client.expect_message().await;
        assert_eq!(scene::id_of(&next), scene::uid(&ack));
    }

    let remove = json!({ "m": { "__op": "Remove", "objects": ["bob"] }, "name": "without bob" });
    scene::done(&server, Method::PUT, &path, &remove).await;
    let refused = bob.direct(command::text(&cid, "still here?")).await;
    assert_eq!(refused.code, Some(4401), "{refused:?}");
    scene::fence(&cid, &mut dave, &mut [&mut alice]).await;

    scene::done(&server, Method::DELETE, &path, &json!({})).await;
    let refused = alice.direct(command::text(&cid, "anybody?")).await;
    assert_eq!(refused.code, Some(4401), "{refused:?}");
}
