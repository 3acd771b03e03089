use parlor_testkit::{TestServer, command};
use parlor_wire::proto::{ConvCommand, OpType};
use serde_json::{Value, json};

use crate::scene;

const COMPACT: i32 = 1;
const WITH_LAST_MESSAGE: i32 = 2;

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["objectId"].as_str().expect("objectId"))
        .collect()
}

fn query(conditions: &Value, body: ConvCommand) -> parlor_wire::proto::GenericCommand {
    command::conv(
        OpType::Query,
        ConvCommand {
            r#where: command::json(conditions),
            ..body
        },
    )
}

#[tokio::test]
async fn c25_c1_6_a_stranger_can_look_a_conversation_up() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut carol]) = scene::chat(&server, ["alice", "carol"]).await;
    let [mut stranger] = scene::logins(&server, ["stranger"]).await;
    alice
        .conv(command::remove(&cid, &["carol"]), OpType::Removed)
        .await;
    assert_eq!(carol.row(&cid).await["objectId"], cid);
    assert_eq!(stranger.row(&cid).await["objectId"], cid);
}

#[tokio::test]
async fn c26_without_conditions_my_latest_conversations_are_meant() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    scene::start(&mut bob, &["bob"]).await;
    let mut mine = Vec::new();
    for _ in 0..12 {
        mine.push(scene::start(&mut alice, &["alice"]).await);
    }
    // Two got messages, so they are the latest, in the order of their last messages.
    alice.say(&mine[3], "first").await;
    alice.say(&mine[1], "second").await;
    for frame in [
        command::query(&json!({})),
        command::conv(OpType::Query, ConvCommand::default()),
    ] {
        let rows = alice.rows(frame).await;
        assert_eq!(rows.len(), 10);
        assert_eq!(ids(&rows)[..2], [&*mine[1], &*mine[3]]);
        for row in &rows {
            assert_eq!(row["m"], json!(["alice"]));
        }
    }
}

#[tokio::test]
async fn c28_and_of_one_condition_is_that_condition() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    for name in ["x", "y"] {
        let start = command::start_unique(&["alice", name], &json!({ "name": name }));
        alice.conv(start, OpType::Started).await;
    }
    let plain = alice.rows(command::query(&json!({ "name": "x" }))).await;
    let wrapped = alice
        .rows(command::query(&json!({ "$and": [{ "name": "x" }] })))
        .await;
    let listed = alice.rows(command::query(&json!([{ "name": "x" }]))).await;
    assert_eq!(plain.len(), 1);
    assert_eq!(plain, wrapped);
    assert_eq!(plain, listed);
}

#[tokio::test]
async fn c27_conditions_select_rows() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let mut created = Vec::new();
    for (name, age, members) in [
        ("a.b", 1, vec!["alice", "bob"]),
        ("axb", 2, vec!["alice", "bob", "carol"]),
        ("c", 3, vec!["alice"]),
    ] {
        let attributes = json!({ "name": name, "attr": { "age": age }, "tags": [name, "all"] });
        let start = command::conv(
            OpType::Start,
            ConvCommand {
                m: members.into_iter().map(str::to_owned).collect(),
                attr: command::json(&attributes),
                ..ConvCommand::default()
            },
        );
        let started = alice.conv(start, OpType::Started).await;
        created.push(started.cid.expect("cid"));
    }
    for (conditions, expected) in [
        (json!({"name": "c"}), vec![2]),
        (json!({"name": {"$ne": "c"}}), vec![0, 1]),
        (json!({"attr.age": {"$lt": 2}}), vec![0]),
        (json!({"attr.age": {"$lte": 2}}), vec![0, 1]),
        (json!({"attr.age": {"$gt": 2}}), vec![2]),
        (json!({"attr.age": {"$gte": 2, "$lt": 3}}), vec![1]),
        (json!({"attr.age": {"$exists": true}}), vec![0, 1, 2]),
        (
            json!({"attr.none": {"$exists": false}, "c": "alice"}),
            vec![0, 1, 2],
        ),
        (json!({"attr.age": {"$in": [1, 3, 9]}}), vec![0, 2]),
        (json!({"attr.age": {"$nin": [1, 3]}, "c": "alice"}), vec![1]),
        (json!({"m": "carol"}), vec![1]),
        (json!({"m": {"$all": ["alice", "bob"]}}), vec![0, 1]),
        (
            json!({"m": {"$all": ["alice", "bob"], "$size": 2}}),
            vec![0],
        ),
        (json!({"m": {"$size": 1}}), vec![2]),
        (json!({"tags": "all"}), vec![0, 1, 2]),
        (json!({"tags": {"$all": ["c", "all"]}}), vec![2]),
        (json!({"name": {"$regex": "^\\Qa.\\E"}}), vec![0]),
        (json!({"name": {"$regex": ".*\\Q.b\\E.*"}}), vec![0]),
        (json!({"name": {"$regex": "\\Qb\\E$"}}), vec![0, 1]),
        (
            json!({"name": {"$regex": "A.B", "$options": "i"}}),
            vec![0, 1],
        ),
        (json!({"name": {"$regex": "^a(?!x)"}}), vec![0]),
        (json!({"$or": [{"name": "c"}, {"attr.age": 1}]}), vec![0, 2]),
        (json!({"$and": [{"m": "bob"}, {"m": "carol"}]}), vec![1]),
        (
            json!({"createdAt": {"$gt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}}),
            vec![0, 1, 2],
        ),
        (
            json!({"updatedAt": {"$lt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}}),
            vec![],
        ),
    ] {
        let frame = query(
            &conditions,
            ConvCommand {
                sort: Some("attr.age".to_owned()),
                ..ConvCommand::default()
            },
        );
        let rows = alice.rows(frame).await;
        let expected: Vec<&str> = expected.into_iter().map(|n: usize| &*created[n]).collect();
        assert_eq!(ids(&rows), expected, "{conditions}");
    }
}

#[tokio::test]
async fn c27_sort_skip_and_limit_make_pages() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let mut created = Vec::new();
    for n in 0..5 {
        let members = ["alice", &format!("peer-{n}")];
        let start = command::start_unique(&members, &json!({ "n": n }));
        created.push(alice.conv(start, OpType::Started).await.cid.expect("cid"));
    }
    let page = |sort: &str, skip, limit| {
        query(
            &json!({ "c": "alice" }),
            ConvCommand {
                sort: Some(sort.to_owned()),
                skip: Some(skip),
                limit: Some(limit),
                ..ConvCommand::default()
            },
        )
    };
    let rows = alice.rows(page("createdAt", 1, 2)).await;
    assert_eq!(ids(&rows), [&*created[1], &*created[2]]);
    let rows = alice.rows(page("-n,createdAt", 0, 2)).await;
    assert_eq!(ids(&rows), [&*created[4], &*created[3]]);
}

#[tokio::test]
async fn c29_flags_leave_members_out_and_add_the_last_message() {
    let server = TestServer::start().await;
    let (cid, [mut alice, _bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ask = |flag| {
        query(
            &json!({ "m": "alice" }),
            ConvCommand {
                flag: Some(flag),
                ..ConvCommand::default()
            },
        )
    };
    let rows = alice.rows(ask(WITH_LAST_MESSAGE)).await;
    assert!(rows[0].get("msg").is_none() && rows[0].get("lm").is_none());

    let ack = alice.say(&cid, "hi").await;
    let rows = alice.rows(ask(COMPACT)).await;
    let members = rows[0].get("m").and_then(Value::as_array);
    assert!(members.is_none_or(Vec::is_empty), "{rows:?}");
    let row = rows[0].as_object().expect("an object");
    assert!(!row.keys().any(|key| key.starts_with("msg")), "{row:?}");
    assert_eq!(row["lm"]["__type"], "Date");

    let rows = alice.rows(ask(WITH_LAST_MESSAGE)).await;
    let row = &rows[0];
    assert_eq!(row["m"], json!(["alice", "bob"]));
    assert_eq!(row["msg"], "hi");
    assert_eq!(row["bin"], false);
    assert_eq!(row["msg_mid"], scene::uid(&ack));
    assert_eq!(row["msg_from"], "alice");
    assert_eq!(row["msg_timestamp"], ack.t.expect("t"));
    assert!(row.get("patch_timestamp").is_none());
    assert!(row["createdAt"].is_string() && row["updatedAt"].is_string());
}

#[tokio::test]
async fn c30_unknown_ids_and_zero_limits_give_nothing() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let unknown = command::query(&json!({ "objectId": "555555555555555555555555" }));
    assert!(alice.rows(unknown).await.is_empty());

    let mut created = Vec::new();
    for _ in 0..60 {
        created.push(scene::start(&mut alice, &["alice"]).await);
    }
    let wanted = json!({ "objectId": { "$in": created } });
    for (limit, expected) in [(0, 0), (999, 60)] {
        let frame = query(
            &wanted,
            ConvCommand {
                limit: Some(limit),
                ..ConvCommand::default()
            },
        );
        assert_eq!(alice.rows(frame).await.len(), expected, "limit {limit}");
    }
}

#[tokio::test]
async fn c31_a_binary_last_message_is_base64() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let ack = alice.direct(command::binary(&cid, &[0, 255])).await;
    assert_eq!(ack.code, None);
    let frame = query(
        &json!({ "objectId": cid }),
        ConvCommand {
            flag: Some(WITH_LAST_MESSAGE),
            ..ConvCommand::default()
        },
    );
    let rows = alice.rows(frame).await;
    assert_eq!(rows[0]["msg"], "AP8=");
    assert_eq!(rows[0]["bin"], true);
}
