//! Well-formed frames with values nobody means well: extremes, contradictions, and texts that
//! look like another language. They are refused or harmless, never a fault of the server.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    CommandType, ConvCommand, DirectCommand, GenericCommand, JsonObjectMessage, LogsCommand,
    OpType, SessionCommand,
};
use serde_json::{Value, json};

use crate::scene;

/// Codes that mean "the server is at fault".
const FAULTS: [i32; 4] = [4200, 4201, 4300, 4311];

/// Sends a frame and checks that it is answered without a fault. Returns the reply.
async fn harmless(client: &mut Client, frame: GenericCommand) -> GenericCommand {
    let what = format!("{frame:?}");
    let reply = client.request(frame).await;
    if let Some(error) = &reply.error_message {
        assert!(!FAULTS.contains(&error.code), "{error:?} to {what}");
    }
    if let Some(ack) = &reply.ack_message {
        assert!(
            ack.code.is_none_or(|code| !FAULTS.contains(&code)),
            "{ack:?} to {what}"
        );
    }
    reply
}

fn raw_json(text: &str) -> Option<JsonObjectMessage> {
    Some(JsonObjectMessage {
        data: text.to_owned(),
    })
}

fn start_with(attributes: &Value) -> GenericCommand {
    command::conv(
        OpType::Start,
        ConvCommand {
            m: vec!["alice".to_owned()],
            attr: command::json(attributes),
            ..ConvCommand::default()
        },
    )
}

#[tokio::test]
async fn a_start_cannot_set_what_the_server_sets() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let attributes = json!({
        "name": "n", "objectId": "x", "c": "bob", "m": ["bob"], "mu": ["bob"], "lm": 1,
        "tr": true, "sys": true, "unique": true, "uniqueId": "x",
        "createdAt": "1970-01-01T00:00:00.000Z", "updatedAt": "1970-01-01T00:00:00.000Z",
    });
    let reply = harmless(&mut alice, start_with(&attributes)).await;
    if let Some(cid) = reply.conv_message.and_then(|conv| conv.cid) {
        let row = alice.row(&cid).await;
        assert_eq!(row["objectId"], cid);
        assert_eq!(row["c"], "alice");
        assert_eq!(row["m"], json!(["alice"]));
        for (key, value) in [("sys", json!(true)), ("tr", json!(true))] {
            assert_ne!(row[key], value, "{row}");
        }
        assert!(row["createdAt"].as_str() > Some("2000"), "{row}");
        assert!(row.get("lm").is_none_or(Value::is_null), "{row}");
    }
}

#[tokio::test]
async fn columns_of_the_wrong_type_are_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    for attributes in [
        json!({ "attr": "text" }),
        json!({ "attr": [1] }),
        json!({ "attr": 7 }),
        json!({ "attr": null }),
        json!({ "name": 7 }),
        json!({ "name": { "first": "n" } }),
        json!({ "name": null }),
        json!({ "": 1 }),
        json!({ ".": 1 }),
        json!({ "attr.": 1 }),
        json!({ ".a": 1 }),
        json!({ "a..b": 1 }),
        json!({ "a b": 1, "'; --": 2, "\"": 3, "$set": 4, "日本": 5 }),
        json!({ "x": "y".repeat(50_000) }),
    ] {
        harmless(&mut alice, start_with(&attributes)).await;
        harmless(&mut alice, command::update(&cid, &attributes)).await;
        alice.row(&cid).await;
    }
}

#[tokio::test]
async fn operations_that_cannot_be_applied_are_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let base = json!({ "attr": { "n": 1, "text": "x", "list": [1] }, "name": "n" });
    alice
        .conv(command::update(&cid, &base), OpType::Updated)
        .await;
    for attributes in [
        json!({ "attr.text": { "__op": "Increment", "amount": 1 } }),
        json!({ "attr.n": { "__op": "Increment", "amount": "1" } }),
        json!({ "attr.n": { "__op": "Increment" } }),
        json!({ "attr.n": { "__op": "Increment", "amount": i64::MAX } }),
        json!({ "attr.n": { "__op": "Increment", "amount": 1e308 } }),
        json!({ "attr.n": { "__op": "Increment", "amount": 1e308 } }),
        json!({ "attr.text": { "__op": "Add", "objects": [1] } }),
        json!({ "attr.list": { "__op": "Add", "objects": 1 } }),
        json!({ "attr.list": { "__op": "AddUnique", "objects": [1, 2, 2] } }),
        json!({ "attr.list": { "__op": "Remove", "objects": [{ "a": 1 }] } }),
        json!({ "attr.n": { "__op": "Nonsense" } }),
        json!({ "attr.n": { "__op": 7 } }),
        json!({ "attr.text.deeper": 1 }),
        json!({ "attr.list.0": 1 }),
        json!({ "name": { "__op": "Increment", "amount": 1 } }),
        json!({ "name": { "__op": "Delete" } }),
        json!({ "attr": { "__op": "Delete" } }),
        json!({ "attr.new.path.of.keys": 1 }),
        json!({}),
    ] {
        harmless(&mut alice, command::update(&cid, &attributes)).await;
        let row = alice.row(&cid).await;
        assert!(row.get("attr").is_none_or(Value::is_object), "{row}");
    }
    for text in [
        r#"{"a":1e400}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":123456789012345678901234567890}"#,
    ] {
        let frame = command::conv(
            OpType::Update,
            ConvCommand {
                cid: Some(cid.clone()),
                attr: raw_json(text),
                ..ConvCommand::default()
            },
        );
        harmless(&mut alice, frame).await;
    }
}

#[tokio::test]
async fn extreme_queries_are_refused_or_answered() {
    let server = TestServer::start().await;
    let (_, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let nested = |levels: usize, key: &str| {
        (0..levels).fold(json!({ "name": "x" }), |inner, _| json!({ key: [inner] }))
    };
    let deep = (0..110).fold(json!(1), |inner, _| json!([inner]));
    let many: Vec<String> = (0..3000).map(|n| format!("id-{n}")).collect();
    let branches: Vec<Value> = (0..5000).map(|n| json!({ "a": n })).collect();
    let numbers: Vec<u32> = (0..10_000).collect();
    for conditions in [
        nested(60, "$and"),
        nested(60, "$or"),
        json!({ "$or": branches.clone() }),
        json!({ "$and": branches }),
        json!({ "objectId": { "$in": numbers.clone() } }),
        json!({ "m": { "$all": numbers.clone() } }),
        json!({ "attr.a": { "$nin": numbers } }),
        json!({ "attr.a": deep.clone() }),
        json!({ "attr.a": { "$in": [deep] } }),
        json!({ "a.".repeat(20_000): 1 }),
        json!({ "name": { "$regex": "(".repeat(1000) + &")".repeat(1000) } }),
        json!({ "name": { "$regex": "(((a{200}){200}){200}){200}" } }),
        json!({ "name": { "$regex": "a".repeat(50_000) } }),
        json!({ "name": { "$regex": "[\\d-z]\\1(?<n>x)\\k<n>\\u{110000}" } }),
        json!({ "name": { "$regex": "\\Q\\E\\E\\Q", "$options": "xmsig" } }),
        json!({ "objectId": { "$in": many } }),
        json!({ "name": { "$not": { "$not": { "$not": "x" } } } }),
        json!({ "attr.a.b.c.d.e.f.g": 1 }),
        json!({ "m": null }),
        json!({ "m": {} }),
        json!({ "m": { "$size": -1 } }),
        json!({ "m": { "$size": 9_000_000_000_000_000_000_i64 } }),
        json!({ "name": { "$gt": null } }),
        json!({ "createdAt": 7 }),
        json!({ "createdAt": { "$gt": { "__type": "Date", "iso": "9999-12-31T23:59:59.999Z" } } }),
        json!({ "createdAt": { "$gt": { "__type": "Date", "iso": "-0001-01-01T00:00:00.000Z" } } }),
        json!({ "n": { "$gt": 1e308, "$lt": -1e308 } }),
        json!({ "": 1 }),
        json!({ "attr.'": "\"" }),
    ] {
        harmless(&mut alice, command::query(&conditions)).await;
    }
    for body in [
        ConvCommand {
            skip: Some(i32::MAX),
            ..ConvCommand::default()
        },
        ConvCommand {
            skip: Some(-1),
            limit: Some(-1),
            ..ConvCommand::default()
        },
        ConvCommand {
            limit: Some(i32::MAX),
            ..ConvCommand::default()
        },
        ConvCommand {
            flag: Some(-1),
            ..ConvCommand::default()
        },
        ConvCommand {
            sort: Some("name; DROP TABLE messages".to_owned()),
            ..ConvCommand::default()
        },
        ConvCommand {
            sort: Some("-".to_owned()),
            ..ConvCommand::default()
        },
        ConvCommand {
            sort: Some(",,,".to_owned()),
            ..ConvCommand::default()
        },
        ConvCommand {
            sort: Some("-lm,-m,attr.a,'x'".to_owned()),
            ..ConvCommand::default()
        },
        ConvCommand {
            sort: Some("a,".repeat(5000)),
            ..ConvCommand::default()
        },
    ] {
        harmless(&mut alice, command::conv(OpType::Query, body)).await;
    }
}

#[tokio::test]
async fn a_pattern_that_explodes_holds_nobody_else_up() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    alice
        .conv(
            start_with(&json!({ "name": format!("{}b", "a".repeat(5000)) })),
            OpType::Started,
        )
        .await;
    let evil = command::query(&json!({ "name": { "$regex": "^(?=(a+)+$)(a|a?)+$" } }));
    let serials = [
        alice.send_numbered(evil.clone()).await,
        alice.send_numbered(evil).await,
    ];
    let (cid, [mut carol]) = scene::chat(&server, ["carol"]).await;
    bob.row(&cid).await;
    carol.say(&cid, "still quick").await;
    for serial in serials {
        let reply = alice.reply(serial).await;
        assert!(
            reply.error_message.is_none_or(|error| error.code == 4310),
            "a query is refused as a query"
        );
    }
}

#[tokio::test]
async fn extreme_times_neither_fail_nor_stick() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice.say(&cid, "one").await;
    bob.expect_message().await;
    for time in [i64::MIN, -1, 1, i64::MAX] {
        for ask in [
            LogsCommand {
                t: Some(time),
                ..LogsCommand::default()
            },
            LogsCommand {
                tt: Some(time),
                direction: Some(2),
                ..LogsCommand::default()
            },
            LogsCommand {
                t: Some(time),
                tt: Some(time),
                ..LogsCommand::default()
            },
            LogsCommand {
                t: Some(time),
                t_included: Some(true),
                ..LogsCommand::default()
            },
        ] {
            let ask = LogsCommand {
                cid: Some(cid.clone()),
                limit: Some(i32::MAX),
                ..ask
            };
            let reply = harmless(&mut alice, command::logs(ask)).await;
            assert_eq!(reply.cmd, Some(CommandType::Logs as i32), "{reply:?}");
        }
        bob.send(&command::read(&cid, None, Some(time))).await;
        bob.expect_unread().await;
        let open = SessionCommand {
            last_unread_notif_time: Some(time),
            last_patch_time: Some(time),
            config_bitmap: Some(time),
            ..SessionCommand::default()
        };
        scene::login_with(&server, "bob", open).await.drop_socket();
    }
    bob.drop_socket();
    // Having read "until the end of time" does not swallow what comes later.
    alice.say(&cid, "two").await;
    let mut bob = Client::login(&server, "bob").await;
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs[0].unread, 1);
}

#[tokio::test]
async fn odd_client_ids_are_ids() {
    let server = TestServer::start().await;
    let names = [
        "with space",
        "quo\"te",
        "apo'stro",
        "{brace,comma}",
        "back\\slash",
        "日本語",
        "\u{1F600}",
        "NULL",
        "a:b",
        "-1",
        "%s",
    ];
    let (cid, mut clients) = scene::chat(&server, names).await;
    let [first, others @ ..] = &mut clients;
    let ack = first.say(&cid, "hello").await;
    for client in others {
        assert_eq!(
            scene::id_of(&client.expect_message().await),
            scene::uid(&ack)
        );
    }
    assert_eq!(first.row(&cid).await["m"], json!(names));
    let online = first.request(command::online(&names)).await;
    let online = online.session_message.expect("a session message");
    assert_eq!(online.online_session_peer_ids.len(), names.len());
}

#[tokio::test]
async fn a_flood_of_mentions_and_members_is_cut_by_its_limits() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let many: Vec<String> = (0..3000).map(|n| format!("client-{n}")).collect();
    let flood = command::direct(DirectCommand {
        cid: Some(cid.clone()),
        msg: Some("hi".to_owned()),
        mention_pids: many.clone(),
        ..DirectCommand::default()
    });
    let reply = harmless(&mut alice, flood).await;
    if reply.ack_message.is_some_and(|ack| ack.code.is_none()) {
        bob.expect_message().await;
    }
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for frame in [
        command::add(&cid, &many),
        command::remove(&cid, &many),
        command::start(&many),
        command::online(&many),
    ] {
        harmless(&mut alice, frame).await;
    }
    let count = alice
        .conv(command::on(OpType::Count, &cid), OpType::Result)
        .await;
    assert!(count.count <= Some(500), "{count:?}");
}
