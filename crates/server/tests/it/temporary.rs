use std::collections::BTreeSet;

use parlor_testkit::{Client, TestServer, command, eventually};
use parlor_wire::proto::{
    AckCommand, CommandType, ConvCommand, GenericCommand, LogsCommand, OpType, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::{Value, json};

use crate::scene;

/// Every SDK bit but the one for messages of temporary conversations.
const WITHOUT_TEMPORARY: i64 = command::FULL_BITMAP & !0x02;

fn start_for(members: &[&str], ttl_secs: Option<i32>) -> GenericCommand {
    command::conv(
        OpType::Start,
        ConvCommand {
            m: members.iter().map(|&member| member.to_owned()).collect(),
            // As JavaScript sends it; the conversation is unique anyway.
            unique: Some(true),
            temp_conv: Some(true),
            temp_conv_ttl: ttl_secs,
            attr: command::json(&json!({ "name": "brief" })),
            ..ConvCommand::default()
        },
    )
}

async fn start(client: &mut Client, members: &[&str], ttl_secs: Option<i32>) -> ConvCommand {
    client
        .conv(start_for(members, ttl_secs), OpType::Started)
        .await
}

/// Starts a conversation for a day; everybody has taken the events of the start.
async fn chat<const N: usize>(server: &TestServer, names: [&str; N]) -> (String, [Client; N]) {
    let mut clients = scene::logins(server, names).await;
    let started = start(&mut clients[0], &names, None).await;
    for client in &mut clients {
        scene::expect_start(client).await;
    }
    (started.cid.expect("cid"), clients)
}

async fn temporary_rows(client: &mut Client, ids: &[&str]) -> Vec<Value> {
    client
        .rows(command::conv(
            OpType::Query,
            ConvCommand {
                temp_conv_ids: ids.iter().map(|&id| id.to_owned()).collect(),
                ..ConvCommand::default()
            },
        ))
        .await
}

#[tokio::test]
async fn c45_whoever_starts_it_gets_the_same_conversation_while_it_lasts() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob] = scene::logins(&server, ["alice", "alice", "bob"]).await;
    let started = start(&mut alice, &["alice", "bob"], Some(3600)).await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    let cid = started.cid.clone().expect("cid");
    assert!(cid.starts_with("_tmp:"), "{cid}");
    assert_eq!(started.temp_conv, Some(true));
    assert_eq!(started.temp_conv_ttl, Some(3600));
    assert_eq!(started.unique_id, None);
    assert_eq!(started.existing, None);
    for client in [&mut alice, &mut alice2, &mut bob] {
        let (joined, members_joined) = scene::expect_start(client).await;
        for event in [&joined, &members_joined] {
            assert_eq!(event.cid.as_deref(), Some(&*cid));
            assert_eq!(event.init_by.as_deref(), Some("alice"));
            assert_eq!(event.temp_conv, Some(true));
            assert_eq!(event.temp_conv_ttl, Some(3600));
        }
        assert_eq!(members_joined.m, ["alice", "bob"]);
    }

    let again = start(&mut bob, &["alice", "bob"], Some(60)).await;
    assert_eq!(again.cid, started.cid);
    assert_eq!(again.cdate, started.cdate);
    assert_eq!(again.temp_conv_ttl, Some(3600), "as it was started");
    assert_eq!(again.existing, Some(true));
    let other = start(&mut bob, &["bob", "carol"], None).await;
    assert_ne!(other.cid, started.cid);
    scene::expect_start(&mut bob).await;
    // A normal conversation of the same members is another one.
    let normal = bob
        .conv(
            command::start_unique(&["alice", "bob"], &json!({})),
            OpType::Started,
        )
        .await;
    assert_ne!(normal.cid, started.cid);
    assert_eq!(normal.existing, None);
    for client in [&mut alice, &mut alice2, &mut bob] {
        scene::expect_start(client).await;
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c45_both_sides_that_start_it_at_once_get_the_same() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    for round in 0..10 {
        let members = ["alice", "bob", &format!("extra{round}")];
        let (one, other) = tokio::join!(
            start(&mut alice, &members, None),
            start(&mut bob, &members, None)
        );
        assert_eq!(one.cid, other.cid);
        assert_ne!(one.existing, other.existing, "one of them found it");
        // Told once.
        for client in [&mut alice, &mut bob] {
            scene::expect_start(client).await;
        }
    }
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c46_after_its_end_it_is_unknown_and_starts_afresh() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let started = start(&mut alice, &["alice", "bob"], Some(1)).await;
    assert_eq!(started.temp_conv_ttl, Some(1));
    let cid = started.cid.expect("cid");
    for client in [&mut alice, &mut bob] {
        scene::expect_start(client).await;
    }
    let sending = tokio::sync::Mutex::new(&mut alice);
    let refusal = eventually("the conversation to end", || async {
        let ack = sending.lock().await.direct(command::text(&cid, "hi")).await;
        ack.code.is_some().then_some(ack)
    })
    .await;
    assert_is_unknown(&refusal);

    for request in [
        command::on(OpType::Count, &cid),
        command::on(OpType::Members, &cid),
        command::on(OpType::MaxRead, &cid),
        command::on(OpType::Mute, &cid),
        command::add(&cid, &["carol"]),
        command::remove(&cid, &["bob"]),
        command::update(&cid, &json!({ "name": "n" })),
        command::silence(&cid, &["bob"]),
        command::silenced(&cid, None, None),
        command::block(&cid, &["bob"]),
        command::blocked(&cid, None, None),
        command::recall(&cid, &refusal),
        command::logs(LogsCommand {
            cid: Some(cid.clone()),
            ..LogsCommand::default()
        }),
    ] {
        let refusal = alice.refused(request).await;
        assert_eq!(refusal.code, 4303, "{refusal:?}");
        assert_eq!(refusal.reason, "CONVERSATION_NOT_FOUND");
    }
    assert!(temporary_rows(&mut alice, &[&cid]).await.is_empty());
    // What was said until then is no longer unread, and reading it is without effect.
    let mut bob2 = Client::login(&server, "bob").await;
    bob2.send(&command::read(&cid, None, None)).await;
    bob2.expect_none().await;

    let again = start(&mut alice, &["alice", "bob"], None).await;
    assert_ne!(again.cid.as_deref(), Some(&*cid));
    assert_eq!(again.existing, None);
}

fn assert_is_unknown(refusal: &AckCommand) {
    assert_eq!(refusal.code, Some(4303), "{refusal:?}");
    assert_eq!(refusal.reason.as_deref(), Some("CONVERSATION_NOT_FOUND"));
    assert!(refusal.uid.is_some() && refusal.t.is_some(), "{refusal:?}");
}

#[tokio::test]
async fn c46_one_that_never_was_is_unknown_too() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let refusal = alice.direct(command::text("_tmp:never", "hi")).await;
    assert_is_unknown(&refusal);
    let refusal = alice
        .refused(command::on(OpType::Count, "_tmp:never"))
        .await;
    assert_eq!(refusal.code, 4303);
}

#[tokio::test]
async fn c47_its_life_has_a_default_and_an_end() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    for (asked, ttl) in [
        (None, 86_400),
        (Some(0), 86_400),
        (Some(-5), 86_400),
        (Some(1), 1),
        (Some(99_999_999), 2_592_000),
    ] {
        let other = format!("bob{ttl}{asked:?}");
        let started = start(&mut alice, &["alice", &other], asked).await;
        assert_eq!(started.temp_conv_ttl, Some(ttl), "{asked:?}");
    }
}

#[tokio::test]
async fn c47_it_is_found_by_its_id_and_in_no_other_way() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = chat(&server, ["alice", "bob"]).await;
    let [mut carol] = scene::logins(&server, ["carol"]).await;
    // Not only for members: SDKs look up whatever they are told about.
    for client in [&mut alice, &mut bob, &mut carol] {
        let rows = temporary_rows(client, &["_tmp:never", &cid]).await;
        let [row] = &rows[..] else {
            panic!("one row: {rows:?}");
        };
        assert_eq!(row["objectId"], *cid);
        assert_eq!(row["name"], "brief");
        assert_eq!(row["c"], "alice");
        assert_eq!(row["m"], json!(["alice", "bob"]));
        assert_eq!(row["temp"], true);
        assert_eq!(row["ttl"], 86_400);
        assert_eq!(row["tempConv"], true);
        assert_eq!(row["tempConvTTL"], 86_400);
        assert_eq!(row.get("unique"), None);
    }
    for conditions in [
        json!({}),
        json!({ "m": "alice" }),
        json!({ "objectId": cid }),
        json!({ "name": "brief" }),
    ] {
        let rows = alice.rows(command::query(&conditions)).await;
        assert!(rows.is_empty(), "{conditions}: {rows:?}");
    }
}

#[tokio::test]
async fn c48_it_stays_as_it_was_started() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = chat(&server, ["alice", "bob"]).await;
    for request in [
        command::add(&cid, &["carol"]),
        command::add(&cid, &["alice"]),
        command::remove(&cid, &["bob"]),
        command::remove(&cid, &["alice"]),
        command::update(&cid, &json!({ "name": "n" })),
        command::silence(&cid, &["bob"]),
        command::silenced(&cid, None, None),
        command::block(&cid, &["bob"]),
        command::blocked(&cid, None, None),
        command::on(OpType::Mute, &cid),
        command::on(OpType::Unmute, &cid),
    ] {
        let refusal = alice.refused(request).await;
        assert_eq!(refusal.code, 4314, "{refusal:?}");
        assert_eq!(refusal.reason, "NORMAL_CONVERSATION_REQUIRED");
    }
    alice.expect_none().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c48_more_than_ten_members_do_not_fit() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let names: Vec<String> = (0..10).map(|n| format!("friend{n}")).collect();
    let mut members: Vec<&str> = names.iter().map(String::as_str).collect();
    let refusal = alice.refused(start_for(&members, None)).await;
    assert_eq!(refusal.code, 4304, "{refusal:?}");
    members.pop();
    start(&mut alice, &members, None).await;
}

#[tokio::test]
async fn a_temporary_conversation_is_talked_in_like_any_other() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = chat(&server, ["alice", "bob"]).await;
    let [mut alice2, mut carol] = scene::logins(&server, ["alice", "carol"]).await;
    let mut message = command::text(&cid, "hi");
    if let Some(direct) = &mut message.direct_message {
        direct.r = Some(true);
    }
    let ack = alice.direct(message).await;
    assert_eq!(ack.code, None, "{ack:?}");
    for client in [&mut alice2, &mut bob] {
        let heard = client.expect_message().await;
        assert_eq!(heard.id, ack.uid);
        assert_eq!(heard.conv_type, Some(4));
    }
    let refusal = carol.direct(command::text(&cid, "me too")).await;
    assert_eq!(refusal.code, Some(4401), "{refusal:?}");

    let count = alice
        .conv(command::on(OpType::Count, &cid), OpType::Result)
        .await;
    assert_eq!(count.count, Some(2));
    let sample = alice
        .conv(command::on(OpType::Members, &cid), OpType::Members)
        .await;
    let sample: BTreeSet<String> = sample.m.into_iter().collect();
    assert_eq!(sample, ["alice".to_owned(), "bob".to_owned()].into());
    let is_member = alice
        .conv(
            command::conv(
                OpType::IsMember,
                ConvCommand {
                    cids: vec![cid.clone(), "_tmp:never".to_owned()],
                    ..ConvCommand::default()
                },
            ),
            OpType::IsMember,
        )
        .await;
    let answers: Value =
        serde_json::from_str(&is_member.results.expect("results").data).expect("JSON");
    assert_eq!(answers, json!({ cid.as_str(): true, "_tmp:never": false }));

    bob.send(&command::ack(AckCommand {
        cid: Some(cid.clone()),
        mid: ack.uid.clone(),
        ..AckCommand::default()
    }))
    .await;
    for client in [&mut alice, &mut alice2] {
        let receipt = client.expect_event(CommandType::Rcp, None).await;
        let receipt = receipt.rcp_message.expect("a receipt");
        assert_eq!(receipt.id, ack.uid);
        assert_eq!(receipt.read, None);
    }
    bob.send(&command::read(&cid, ack.uid.as_deref(), ack.t))
        .await;
    assert_eq!(bob.expect_unread().await.convs[0].unread, 0);
    let receipt = alice.expect_event(CommandType::Rcp, None).await;
    assert_eq!(receipt.rcp_message.expect("a receipt").read, Some(true));
    let max_read = alice
        .conv(command::on(OpType::MaxRead, &cid), OpType::MaxRead)
        .await;
    assert_eq!(max_read.max_read_timestamp, ack.t);

    let logs = |cid: &str| LogsCommand {
        cid: Some(cid.to_owned()),
        ..LogsCommand::default()
    };
    let logged = alice.logs(logs(&cid)).await;
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0].msg_id, ack.uid);
    assert_eq!(logged[0].conv_type, Some(4));
    assert!(logged[0].ack_at.is_some() && logged[0].read_at.is_some());
    let refusal = carol.refused(command::logs(logs(&cid))).await;
    assert_eq!(refusal.code, 4312, "{refusal:?}");

    alice.request(command::edit(&cid, &ack, "changed")).await;
    let patched = bob
        .expect_event(CommandType::Patch, Some(OpType::Modify))
        .await;
    let patches = patched.patch_message.expect("a patch message").patches;
    assert_eq!(patches[0].mid, ack.uid);
}

#[tokio::test]
async fn what_was_missed_of_a_temporary_conversation_is_unread_at_login() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let ack = alice.say(&cid, "missed").await;
    let mut bob = Client::login(&server, "bob").await;
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs.len(), 1);
    assert_eq!(unread.convs[0].cid, cid);
    assert_eq!(unread.convs[0].unread, 1);
    assert_eq!(unread.convs[0].mid, ack.uid);
    assert_eq!(unread.convs[0].conv_type, Some(4));
}

#[tokio::test]
async fn only_sessions_that_know_temporary_conversations_get_their_messages() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let body = SessionCommand {
        config_bitmap: Some(WITHOUT_TEMPORARY),
        ..SessionCommand::default()
    };
    let mut old_bob = scene::login_with(&server, "bob", body).await;
    let started = start(&mut alice, &["alice", "bob"], None).await;
    let cid = started.cid.expect("cid");
    for client in [&mut alice, &mut bob, &mut old_bob] {
        scene::expect_start(client).await;
    }
    let ack = alice.say(&cid, "hi").await;
    assert_eq!(bob.expect_message().await.id, ack.uid);
    // A message of a normal conversation comes after it in bob's mailboxes.
    let normal = scene::start(&mut alice, &["alice", "bob"]).await;
    let fence = alice.say(&normal, "fence").await;
    for client in [&mut bob, &mut old_bob] {
        scene::expect_start(client).await;
        assert_eq!(client.expect_message().await.id, fence.uid);
    }
}

#[tokio::test]
async fn what_was_missed_of_a_temporary_conversation_is_pushed_to_sessions_that_know_it() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = alice.say(&cid, "missed").await;
    let patched_at = alice.patch(command::edit(&cid, &sent, "edited")).await;
    for (bitmap, knows) in [(command::FULL_BITMAP, true), (WITHOUT_TEMPORARY, false)] {
        let mut bob = Client::connect(&server, Subprotocol::Protobuf2V1).await;
        let body = SessionCommand {
            config_bitmap: Some(bitmap),
            last_patch_time: Some(patched_at - 1),
            ..SessionCommand::default()
        };
        bob.request(command::open_with(server.app_id(), "bob", body))
            .await;
        if knows {
            let message = bob.expect_message().await;
            assert_eq!(
                (message.id, message.offline),
                (sent.uid.clone(), Some(true))
            );
            assert_eq!(bob.expect_patch().await.mid, sent.uid);
        }
        bob.expect_none().await;
        bob.drop_socket();
    }
}
