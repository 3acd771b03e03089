use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{CommandType, ConvCommand, OpType};
use serde_json::json;

use crate::scene;

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the only spelling every SDK parses.
fn is_iso(date: &str) -> bool {
    let shape: String = date
        .chars()
        .map(|c| if c.is_ascii_digit() { 'd' } else { c })
        .collect();
    shape == "dddd-dd-ddTdd:dd:dd.dddZ"
}

async fn start_unique(client: &mut Client, members: &[&str]) -> ConvCommand {
    client
        .conv(command::start_unique(members, &json!({})), OpType::Started)
        .await
}

#[tokio::test]
async fn c5_the_creator_is_a_member_without_being_listed() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let started = alice
        .conv(
            command::start_unique(&["bob"], &json!({ "name": "n" })),
            OpType::Started,
        )
        .await;
    let cid = started.cid.expect("cid");
    assert_eq!(cid.len(), 24);
    assert!(cid.bytes().all(|byte| byte.is_ascii_hexdigit()), "{cid}");
    assert!(is_iso(&started.cdate.expect("cdate")));
    let unique_id = started.unique_id.expect("uniqueId");
    assert_eq!(unique_id.len(), 32);
    assert_eq!(started.existing, None);

    let row = alice.row(&cid).await;
    let mut members: Vec<&str> = row["m"]
        .as_array()
        .expect("m")
        .iter()
        .filter_map(|id| id.as_str())
        .collect();
    members.sort_unstable();
    assert_eq!(members, ["alice", "bob"]);
    assert_eq!(row["c"], "alice");
    assert_eq!(row["name"], "n");
    assert_eq!(row["unique"], true);
    assert_eq!(row["uniqueId"], unique_id);
}

#[tokio::test]
async fn c6_the_unique_id_is_the_md5_of_the_sorted_members() {
    let server = TestServer::start().await;
    let mut client = Client::login(&server, "SteveJobs").await;
    let started = start_unique(&mut client, &["SteveJobs", "BillGates", "SteveJobs"]).await;
    assert_eq!(
        started.unique_id.as_deref(),
        Some("6c7b0e5afcae9aa1139a0afa25833dec")
    );
}

#[tokio::test]
async fn c7_starting_a_unique_conversation_again_finds_it() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let foo = command::start_unique(&["alice", "bob"], &json!({ "name": "foo" }));
    let first = alice.conv(foo, OpType::Started).await;
    scene::expect_start(&mut alice).await;
    scene::expect_start(&mut bob).await;

    let bar = command::start_unique(&["alice", "bob"], &json!({ "name": "bar" }));
    let second = bob.conv(bar, OpType::Started).await;
    assert_eq!(second.cid, first.cid);
    assert_eq!(second.cdate, first.cdate);
    assert_eq!(second.unique_id, first.unique_id);
    assert_eq!(second.existing, Some(true));
    let cid = first.cid.expect("cid");
    assert_eq!(alice.row(&cid).await["name"], "foo");
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    scene::fence(&cid, &mut bob, &mut [&mut alice]).await;
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c8_without_unique_each_start_is_a_new_conversation() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let first = scene::start(&mut alice, &["alice", "bob"]).await;
    let second = scene::start(&mut alice, &["alice", "bob"]).await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn c9_a_drifted_membership_is_not_found_again() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let first = start_unique(&mut alice, &["alice", "bob"]).await;
    let cid = first.cid.clone().expect("cid");
    alice
        .conv(command::add(&cid, &["carol"]), OpType::Added)
        .await;
    let second = start_unique(&mut alice, &["alice", "bob"]).await;
    assert_ne!(second.cid, first.cid);
    assert_eq!(second.existing, None);
}

#[tokio::test]
async fn c10_members_that_concatenate_alike_are_told_apart() {
    let server = TestServer::start().await;
    let [mut ab, mut a] = scene::logins(&server, ["ab", "a"]).await;
    let first = start_unique(&mut ab, &["ab", "c"]).await;
    let second = start_unique(&mut a, &["a", "bc"]).await;
    assert_ne!(first.cid, second.cid);
    assert_eq!(second.existing, None);
}

#[tokio::test]
async fn two_devices_that_start_a_unique_conversation_at_once_get_the_same() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let (one, other) = tokio::join!(
        start_unique(&mut alice, &["alice", "bob"]),
        start_unique(&mut bob, &["bob", "alice"])
    );
    assert_eq!(one.cid, other.cid);
}

#[tokio::test]
async fn c11_start_notifies_every_member_once() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob, mut carol] =
        scene::logins(&server, ["alice", "alice", "bob", "carol"]).await;
    let started = alice
        .request(command::start(&["alice", "bob", "carol"]))
        .await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    let cid = started.conv_message.and_then(|conv| conv.cid).expect("cid");
    for client in [&mut alice, &mut alice2, &mut bob, &mut carol] {
        for operation in [OpType::Joined, OpType::MembersJoined] {
            let event = client
                .expect_event(CommandType::Conv, Some(operation))
                .await;
            assert_eq!(event.notification_type, Some(1));
            let conv = event.conv_message.expect("a conv message");
            assert_eq!(conv.cid.as_deref(), Some(&*cid));
            assert_eq!(conv.init_by.as_deref(), Some("alice"));
            assert!(is_iso(&conv.udate.expect("udate")));
            let mut members = conv.m;
            members.sort();
            if operation == OpType::MembersJoined {
                assert_eq!(members, ["alice", "bob", "carol"]);
            }
        }
    }
    scene::fence(&cid, &mut alice, &mut [&mut alice2, &mut bob, &mut carol]).await;
    for client in [&mut alice, &mut alice2, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c12_attributes_become_columns_as_they_are() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let flat = json!({ "name": "n", "attributes": { "foo": 1 }, "baz": [2] });
    let nested = json!({ "name": "n", "attr": { "foo": { "bar": null } } });
    for (attributes, keys) in [(flat, ["attributes", "baz"]), (nested, ["attr", "name"])] {
        let start = command::start_unique(&["alice", keys[0]], &attributes);
        let cid = alice.conv(start, OpType::Started).await.cid.expect("cid");
        let row = alice.row(&cid).await;
        for key in keys {
            assert_eq!(row[key], attributes[key], "{row}");
        }
        assert_eq!(row["name"], "n");
        assert!(row.get("lm").is_none(), "{row}");
    }
}

#[tokio::test]
async fn c14_the_501st_member_is_too_many() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let names: Vec<String> = (0..500).map(|n| format!("member-{n}")).collect();
    let mut members: Vec<&str> = names.iter().map(String::as_str).collect();
    // The creator is the 501st.
    let refusal = alice.refused(command::start(&members)).await;
    assert_eq!(refusal.code, 4304);
    assert_eq!(refusal.reason, "CONVERSATION_FULL");
    let mine = command::query(&json!({ "c": "alice" }));
    assert!(alice.rows(mine).await.is_empty());

    members.pop();
    let cid = scene::start(&mut alice, &members).await;
    let count = alice
        .conv(command::on(OpType::Count, &cid), OpType::Result)
        .await;
    assert_eq!(count.count, Some(500));
    scene::expect_start(&mut alice).await;
    let added = alice
        .conv(command::add(&cid, &["one-more"]), OpType::Added)
        .await;
    assert!(added.allowed_pids.is_empty());
    assert_eq!(added.failed_pids[0].code, 4304);
    assert_eq!(added.failed_pids[0].pids, ["one-more"]);
    alice.expect_none().await;
}
