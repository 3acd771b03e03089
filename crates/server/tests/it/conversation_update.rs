use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{ConvCommand, JsonObjectMessage, OpType, SessionCommand};
use serde_json::{Value, json};

use crate::scene;

fn parsed(text: Option<&JsonObjectMessage>) -> Value {
    serde_json::from_str(&text.expect("a JSON field").data).expect("JSON")
}

async fn start_with(alice: &mut Client, attributes: &Value, members: &[&str]) -> String {
    let start = command::conv(
        OpType::Start,
        ConvCommand {
            m: members.iter().map(|&id| id.to_owned()).collect(),
            attr: command::json(attributes),
            ..ConvCommand::default()
        },
    );
    alice.conv(start, OpType::Started).await.cid.expect("cid")
}

#[tokio::test]
async fn c2_existence_is_checked_before_the_payload() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let unknown = "555555555555555555555555";
    let refusal = alice.refused(command::on(OpType::Update, unknown)).await;
    assert_eq!(refusal.code, 4303);
    assert_eq!(refusal.reason, "CONVERSATION_NOT_FOUND");
}

#[tokio::test]
async fn c33_an_update_is_told_with_complete_values() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob] = scene::logins(&server, ["alice", "alice", "bob"]).await;
    let attributes = json!({ "attr": { "keep": true, "del": 1, "arr": ["y"] } });
    let cid = start_with(&mut alice, &attributes, &["alice", "bob"]).await;
    for client in [&mut alice, &mut alice2, &mut bob] {
        scene::expect_start(client).await;
    }
    let before = alice.row(&cid).await["updatedAt"].clone();

    let change = json!({
        "name": "n",
        "attr.a": 1,
        "attr.del": { "__op": "Delete" },
        "attr.arr": { "__op": "Add", "objects": ["z"] },
    });
    let modified = json!({ "name": "n", "attr": { "keep": true, "a": 1, "arr": ["y", "z"] } });
    let reply = alice
        .conv(command::update(&cid, &change), OpType::Updated)
        .await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    let udate = reply.udate.clone().expect("udate");
    assert!(*udate > *before.as_str().expect("a date"));
    assert_eq!(parsed(reply.attr.as_ref()), change);
    assert_eq!(parsed(reply.attr_modified.as_ref()), modified);
    for client in [&mut alice, &mut alice2, &mut bob] {
        let event = client.expect_conv(OpType::Updated).await;
        assert_eq!(event.cid.as_deref(), Some(&*cid));
        assert_eq!(event.init_by.as_deref(), Some("alice"));
        assert_eq!(event.udate.as_deref(), Some(&*udate));
        assert_eq!(parsed(event.attr.as_ref()), change);
        assert_eq!(parsed(event.attr_modified.as_ref()), modified);
    }
    let row = alice.row(&cid).await;
    assert_eq!(row["name"], "n");
    assert_eq!(row["attr"], modified["attr"]);
    assert_eq!(row["updatedAt"], *udate);
}

#[tokio::test]
async fn c34_javascript_sessions_get_values_and_no_operations() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let mut bob = scene::login_with(
        &server,
        "bob",
        SessionCommand {
            ua: Some("js/5.0.0-rc.8".to_owned()),
            config_bitmap: Some(command::FULL_BITMAP),
            ..SessionCommand::default()
        },
    )
    .await;
    let cid = start_with(
        &mut alice,
        &json!({ "attr": { "n": 1, "del": 1 } }),
        &["alice", "bob"],
    )
    .await;
    scene::expect_start(&mut bob).await;
    let change = json!({
        "attr.n": { "__op": "Increment", "amount": 2 },
        "attr.del": { "__op": "Delete" },
        "name": "plain",
    });
    alice
        .conv(command::update(&cid, &change), OpType::Updated)
        .await;
    let event = bob.expect_conv(OpType::Updated).await;
    assert_eq!(
        parsed(event.attr.as_ref()),
        json!({ "attr.n": 3, "attr.del": null, "name": "plain" })
    );
}

#[tokio::test]
async fn c32_an_update_of_a_path_keeps_its_siblings() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let cid = start_with(&mut alice, &json!({ "attr": { "old": 1 } }), &["alice"]).await;
    let mut last = alice.row(&cid).await["updatedAt"].clone();
    for n in 0..3 {
        let reply = alice
            .conv(
                command::update(&cid, &json!({ "attr.lee": n })),
                OpType::Updated,
            )
            .await;
        let udate = Value::from(reply.udate.expect("udate"));
        assert!(udate.as_str() > last.as_str(), "{udate} after {last}");
        last = udate;
    }
    assert_eq!(alice.row(&cid).await["attr"], json!({ "old": 1, "lee": 2 }));
}

#[tokio::test]
async fn c35_outsiders_contradictions_and_reserved_columns_are_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    let refusal = mallory
        .refused(command::update(&cid, &json!({ "name": "mine" })))
        .await;
    assert_eq!(refusal.code, 4309);
    assert_eq!(refusal.reason, "CONVERSATION_UPDATE_REJECTED");
    for change in [
        json!({ "attr": {}, "attr.a": 1 }),
        json!({ "c": "x" }),
        json!({ "m": ["x"] }),
        json!({ "objectId": "x" }),
        json!({ "updatedAt": "x" }),
        json!({ "unique": true }),
    ] {
        let refusal = alice.refused(command::update(&cid, &change)).await;
        assert_eq!(refusal.code, 4306, "{change}");
        assert_eq!(refusal.reason, "CONVERSATION_UPDATE_FAILED");
    }
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    alice.expect_none().await;
    bob.expect_none().await;
}
