//! Editing and recalling, live and for who was away.

use bytes::Bytes;
use parlor_testkit::{Client, TestServer, command, within};
use parlor_wire::proto::{
    AckCommand, CommandType, ConvCommand, DirectCommand, ErrorCommand, GenericCommand, LogItem,
    LogsCommand, OpType, PatchCommand, PatchItem, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

const RECALLED: &str = r#"{"_lctype":-127}"#;

fn data(item: &PatchItem) -> &str {
    let data = item.data.as_deref().expect("data");
    std::str::from_utf8(data).expect("a text")
}

fn knowing(last_patch_time: i64) -> SessionCommand {
    SessionCommand {
        config_bitmap: Some(command::FULL_BITMAP),
        last_patch_time: Some(last_patch_time),
        ..SessionCommand::default()
    }
}

async fn history(client: &mut Client, cid: &str) -> Vec<LogItem> {
    client
        .logs(LogsCommand {
            cid: Some(cid.to_owned()),
            limit: Some(100),
            ..LogsCommand::default()
        })
        .await
}

/// The conversation's row with its last message.
async fn row(client: &mut Client, cid: &str) -> serde_json::Value {
    let rows = client
        .rows(command::conv(
            OpType::Query,
            ConvCommand {
                r#where: command::json(&serde_json::json!({ "objectId": cid })),
                flag: Some(2),
                ..ConvCommand::default()
            },
        ))
        .await;
    rows.into_iter().next().expect("a row")
}

async fn refused(client: &mut Client, frame: GenericCommand, code: i32, reason: &str) {
    let ErrorCommand {
        code: told,
        reason: told_reason,
        ..
    } = client.refused(frame).await;
    assert_eq!((told, &*told_reason), (code, reason));
}

#[tokio::test]
async fn c79_an_edit_is_told_and_stays() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = alice.say(&cid, "tpyo").await;
    bob.expect_message().await;
    let edit = command::patch(PatchItem {
        data: Some(Bytes::from_static(b"typo")),
        mention_all: Some(true),
        mention_pids: vec!["bob".to_owned()],
        ..command::patch_of(&cid, &sent)
    });
    let patched_at = alice.patch(edit).await;
    assert!(Some(patched_at) > sent.t);

    let item = bob.expect_patch().await;
    assert_eq!(item.mid, sent.uid);
    assert_eq!(item.timestamp, sent.t);
    assert_eq!(item.patch_timestamp, Some(patched_at));
    assert_eq!(data(&item), "typo");
    assert_eq!(item.mention_all, Some(true));
    assert_eq!(item.mention_pids, ["bob"]);

    let [logged] = <[_; 1]>::try_from(history(&mut bob, &cid).await).expect("one message");
    assert_eq!(logged.data.as_deref(), Some("typo"));
    assert_eq!(logged.timestamp, sent.t);
    assert_eq!(logged.patch_timestamp, Some(patched_at));
    assert_eq!(logged.mention_all, Some(true));
    assert_eq!(logged.mention_pids, ["bob"]);

    // Once more, which is later even within the same millisecond.
    let again = alice.patch(command::edit(&cid, &sent, "again")).await;
    assert!(again > patched_at);
    assert_eq!(data(&bob.expect_patch().await), "again");
}

#[tokio::test]
async fn c79_a_recall_takes_the_content_away_for_good() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some(r#"{"_lctype":-1,"_lctext":"oops"}"#.to_owned()),
            mention_pids: vec!["bob".to_owned()],
            ..DirectCommand::default()
        }))
        .await;
    bob.expect_message().await;
    let patched_at = alice.patch(command::recall(&cid, &sent)).await;
    let item = bob.expect_patch().await;
    assert_eq!(item.recall, Some(true));
    assert_eq!(data(&item), RECALLED);
    assert!(item.mention_pids.is_empty());

    let [logged] = <[_; 1]>::try_from(history(&mut bob, &cid).await).expect("one message");
    assert_eq!(logged.data.as_deref(), Some(RECALLED));
    assert_eq!(logged.patch_timestamp, Some(patched_at));
    assert!(logged.mention_pids.is_empty());
    let of_type = |lctype| LogsCommand {
        cid: Some(cid.clone()),
        lctype: Some(lctype),
        ..LogsCommand::default()
    };
    assert!(bob.logs(of_type(-1)).await.is_empty());
    assert_eq!(bob.logs(of_type(-127)).await.len(), 1);

    for patch in [
        command::edit(&cid, &sent, "back again"),
        command::recall(&cid, &sent),
    ] {
        refused(&mut alice, patch, 4404, "MESSAGE_NOT_FOUND").await;
    }
    bob.expect_none().await;
}

#[tokio::test]
async fn c80_a_patch_reaches_the_others_and_my_other_devices_whole() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;
    let without_bit = SessionCommand {
        config_bitmap: Some(0xBA),
        ..SessionCommand::default()
    };
    let mut old = scene::login_with(&server, "bob", without_bit).await;
    let sent = alice.say(&cid, "one").await;
    for client in [&mut alice2, &mut bob, &mut old] {
        client.expect_message().await;
    }
    let patched_at = alice.patch(command::edit(&cid, &sent, "two")).await;
    for client in [&mut alice2, &mut bob] {
        let item = client.expect_patch().await;
        let whole = PatchItem {
            cid: Some(cid.clone()),
            mid: sent.uid.clone(),
            timestamp: sent.t,
            recall: Some(false),
            data: Some(Bytes::from_static(b"two")),
            patch_timestamp: Some(patched_at),
            from: Some("alice".to_owned()),
            binary_msg: None,
            mention_all: Some(false),
            mention_pids: vec![],
            patch_code: None,
            patch_reason: None,
        };
        assert_eq!(item, whole);
        // What clients say when they have applied it, which is never answered.
        client
            .send(&GenericCommand {
                patch_message: Some(PatchCommand {
                    last_patch_time: Some(patched_at),
                    ..PatchCommand::default()
                }),
                ..command::bare(CommandType::Patch, Some(OpType::Modified))
            })
            .await;
        client.expect_none().await;
    }
    alice.expect_none().await;
    scene::fence(&cid, &mut alice, &mut [&mut old]).await;
}

#[tokio::test]
async fn c80_bytes_are_patched_as_bytes_also_in_the_field_for_texts() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = alice.direct(command::binary(&cid, &[0, 1])).await;
    bob.expect_message().await;
    let bytes = Bytes::from_static(&[0xff, 0]);
    let in_its_field = PatchItem {
        binary_msg: Some(bytes.clone()),
        ..command::patch_of(&cid, &sent)
    };
    let as_java_does = PatchItem {
        data: Some(bytes.clone()),
        ..command::patch_of(&cid, &sent)
    };
    for patch in [in_its_field, as_java_does] {
        alice.patch(command::patch(patch)).await;
        let item = bob.expect_patch().await;
        assert_eq!((item.data, item.binary_msg), (None, Some(bytes.clone())));
    }
    let logs = history(&mut bob, &cid).await;
    assert_eq!(logs[0].bin, Some(true));
    assert_eq!(logs[0].data.as_deref(), Some("/wA="));
}

#[tokio::test]
async fn c80_in_a_room_who_is_there_hears_of_a_patch() {
    let server = TestServer::start().await;
    let [mut alice, mut alice2, mut bob, mut carol] =
        scene::logins(&server, ["alice", "alice", "bob", "carol"]).await;
    let room = alice
        .conv(
            command::conv(
                OpType::Start,
                ConvCommand {
                    transient: Some(true),
                    ..ConvCommand::default()
                },
            ),
            OpType::Started,
        )
        .await
        .cid
        .expect("cid");
    for (client, name) in [(&mut alice2, "alice"), (&mut bob, "bob")] {
        client
            .conv(command::add(&room, &[name]), OpType::Added)
            .await;
    }
    let sent = alice.say(&room, "hi").await;
    bob.expect_message().await;
    alice.patch(command::recall(&room, &sent)).await;
    for client in [&mut alice2, &mut bob] {
        assert_eq!(client.expect_patch().await.recall, Some(true));
    }
    for client in [&mut alice, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c82_a_patch_needs_its_message_its_author_and_its_size() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    let sent = alice.say(&cid, "mine").await;
    bob.expect_message().await;
    let not_found = (4404, "MESSAGE_NOT_FOUND");
    let not_author = (4403, "MESSAGE_OWNERSHIP_REQUIRED");
    let no_target = (4401, "INVALID_MESSAGING_TARGET");

    for patch in [
        command::edit(&cid, &sent, "not mine"),
        command::recall(&cid, &sent),
    ] {
        refused(&mut bob, patch.clone(), not_author.0, not_author.1).await;
        refused(&mut mallory, patch, no_target.0, no_target.1).await;
    }
    let unknown = AckCommand {
        uid: Some("fptKnuYYQMGdiSt_Zs7zDA".to_owned()),
        ..sent.clone()
    };
    let of_another_time = AckCommand {
        t: sent.t.map(|t| t + 1),
        ..sent.clone()
    };
    let nameless = AckCommand {
        uid: None,
        ..sent.clone()
    };
    for ack in [&unknown, &of_another_time, &nameless] {
        let patch = command::edit(&cid, ack, "lost");
        refused(&mut alice, patch, not_found.0, not_found.1).await;
    }
    let (other, _) = scene::chat(&server, ["alice"]).await;
    let elsewhere = command::edit(&other, &sent, "lost");
    refused(&mut alice, elsewhere, not_found.0, not_found.1).await;
    for cid in ["555555555555555555555555", ""] {
        let nowhere = command::edit(cid, &sent, "lost");
        refused(&mut alice, nowhere, no_target.0, no_target.1).await;
    }
    let long = command::edit(&cid, &sent, &"x".repeat(6 * 1024));
    refused(&mut alice, long, 4109, "FRAME_TOO_LONG").await;
    let empty = command::edit(&cid, &sent, "");
    refused(&mut alice, empty, 4114, "UNPARSEABLE_RAW_MESSAGE").await;
    let two = GenericCommand {
        patch_message: Some(PatchCommand {
            patches: vec![command::patch_of(&cid, &sent); 2],
            ..PatchCommand::default()
        }),
        ..command::bare(CommandType::Patch, Some(OpType::Modify))
    };
    refused(&mut alice, two, 4114, "UNPARSEABLE_RAW_MESSAGE").await;

    // The author left: not its conversation any more.
    bob.conv(command::remove(&cid, &["alice"]), OpType::Removed)
        .await;
    let recall = command::recall(&cid, &sent);
    refused(&mut alice, recall, no_target.0, no_target.1).await;
    let logs = history(&mut bob, &cid).await;
    assert_eq!(logs[0].data.as_deref(), Some("mine"));
    assert_eq!(logs[0].patch_timestamp, None);
}

#[tokio::test]
async fn c82_what_the_operator_forbids_is_refused() {
    for (edit, recall) in [(true, false), (false, true)] {
        let server = TestServer::builder()
            .configure(|config| {
                config.message.allow_edit = edit;
                config.message.allow_recall = recall;
            })
            .start()
            .await;
        let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
        let sent = alice.say(&cid, "hi").await;
        if edit {
            let recall = command::recall(&cid, &sent);
            refused(&mut alice, recall, 4407, "MESSAGE_RECALL_DISABLED").await;
            alice.patch(command::edit(&cid, &sent, "ho")).await;
        } else {
            let edit = command::edit(&cid, &sent, "ho");
            refused(&mut alice, edit, 4406, "MESSAGE_EDIT_DISABLED").await;
            alice.patch(command::recall(&cid, &sent)).await;
        }
    }
}

#[tokio::test]
async fn c81_w61_patches_missed_follow_the_login_in_order() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let first = alice.say(&cid, "old").await;
    bob.expect_message().await;
    let before = alice.patch(command::edit(&cid, &first, "known")).await;
    assert_eq!(bob.expect_patch().await.patch_timestamp, Some(before));
    bob.drop_socket();

    // Never delivered to bob at all.
    let mut patched = Vec::new();
    for text in ["a", "b"] {
        let sent = alice.say(&cid, text).await;
        let at = alice.patch(command::edit(&cid, &sent, "new")).await;
        patched.push((sent.uid, Some(at)));
    }
    let mut bob = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let open = command::open_with(server.app_id(), "bob", knowing(before));
    let opened = bob.request(open).await;
    assert!(bob.arrived().is_empty(), "{:?}", bob.arrived());
    let session = opened.session_message.expect("a session message");
    assert_eq!(session.last_patch_time, Some(before));
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs[0].unread, 3);
    for (mid, at) in &patched {
        let item = bob.expect_patch().await;
        assert_eq!((&item.mid, &item.patch_timestamp), (mid, at));
        assert_eq!(data(&item), "new");
    }
    bob.expect_none().await;
    bob.drop_socket();

    let (_, last) = patched[1];
    let mut bob = scene::login_with(&server, "bob", knowing(last.expect("a time"))).await;
    bob.expect_unread().await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c81_a_first_login_or_one_without_the_bit_replays_nothing() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = alice.say(&cid, "old").await;
    let at = alice.patch(command::edit(&cid, &sent, "new")).await;

    let without_bit = SessionCommand {
        config_bitmap: Some(0xBA),
        ..knowing(at - 1)
    };
    let without_time = SessionCommand {
        last_patch_time: None,
        ..knowing(0)
    };
    // A clock that runs ahead must not hide what is patched from now on.
    let from_the_future = knowing(at + 86_400_000);
    for body in [without_bit, without_time, from_the_future] {
        let mut bob = Client::connect(&server, Subprotocol::Protobuf2V3).await;
        let open = command::open_with(server.app_id(), "bob", body);
        let session = bob.request(open).await.session_message.expect("opened");
        let known = session.last_patch_time.expect("lastPatchTime");
        assert!(known >= at && known < at + 86_400_000, "{known} after {at}");
        bob.expect_unread().await;
        bob.expect_none().await;
        bob.drop_socket();
    }
}

#[tokio::test]
async fn c81_at_most_a_hundred_patches_are_replayed_the_newest() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let mut times = Vec::new();
    for n in 0..103 {
        let sent = alice.say(&cid, "old").await;
        times.push(
            alice
                .patch(command::edit(&cid, &sent, &n.to_string()))
                .await,
        );
    }
    let mut bob = scene::login_with(&server, "bob", knowing(times[0] - 1)).await;
    bob.expect_unread().await;
    for time in &times[3..] {
        assert_eq!(bob.expect_patch().await.patch_timestamp, Some(*time));
    }
    bob.expect_none().await;
}

#[tokio::test]
async fn c84_the_last_message_shows_its_patch_everywhere() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    alice.say(&cid, "first").await;
    let last = alice.say(&cid, "last").await;
    let before = row(&mut alice, &cid).await;
    for (patch, content) in [
        (command::edit(&cid, &last, "edited"), "edited"),
        (command::recall(&cid, &last), RECALLED),
    ] {
        let at = alice.patch(patch).await;
        let after = row(&mut alice, &cid).await;
        assert_eq!(after["msg"], content);
        assert_eq!(after["patch_timestamp"], at);
        assert_eq!(after["msg_mid"], before["msg_mid"]);
        assert_eq!(after["msg_timestamp"], before["msg_timestamp"]);
        assert_eq!(after["lm"], before["lm"]);
        let logged = history(&mut alice, &cid).await.pop().expect("a message");
        assert_eq!(logged.data.as_deref(), Some(content));
        assert_eq!(logged.patch_timestamp, Some(at));

        let mut bob = Client::login(&server, "bob").await;
        let tuple = bob.expect_unread().await.convs.pop().expect("a tuple");
        assert_eq!(tuple.unread, 2);
        assert_eq!(tuple.mid, last.uid);
        assert_eq!(tuple.data.as_deref(), Some(content));
        assert_eq!(tuple.patch_timestamp, Some(at));
        bob.drop_socket();
    }
}

#[tokio::test]
async fn an_edit_and_a_recall_at_once_have_one_outcome_for_all() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;
    for _ in 0..20 {
        let sent = alice.say(&cid, "now you see me").await;
        bob.expect_message().await;
        alice2.expect_message().await;
        let (edited, recalled_at) = tokio::join!(
            alice.request(command::edit(&cid, &sent, "edited")),
            alice2.patch(command::recall(&cid, &sent)),
        );
        match edited.patch_message.and_then(|patch| patch.last_patch_time) {
            Some(edited_at) => {
                assert!(edited_at < recalled_at);
                assert_eq!(bob.expect_patch().await.patch_timestamp, Some(edited_at));
                assert_eq!(alice2.expect_patch().await.patch_timestamp, Some(edited_at));
            }
            None => assert_eq!(edited.error_message.expect("an error").code, 4404),
        }
        for client in [&mut alice, &mut bob] {
            let item = client.expect_patch().await;
            assert_eq!(item.recall, Some(true));
            assert_eq!(item.patch_timestamp, Some(recalled_at));
        }
    }
    let logs = history(&mut bob, &cid).await;
    assert_eq!(logs.len(), 20);
    for item in &logs {
        assert_eq!(item.data.as_deref(), Some(RECALLED));
    }
    let last = logs.last().expect("a message");
    let row = row(&mut bob, &cid).await;
    assert_eq!(row["msg"], RECALLED);
    assert_eq!(row["patch_timestamp"].as_i64(), last.patch_timestamp);
    bob.expect_none().await;
}

#[tokio::test]
async fn who_reconnects_all_the_time_hears_of_every_patch_once() {
    const PATCHES: usize = 80;
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let mut sent = Vec::new();
    for _ in 0..PATCHES {
        sent.push(alice.say(&cid, "old").await);
    }
    let start = sent[PATCHES - 1].t.expect("t");
    let editing = async {
        let mut times = Vec::new();
        for message in &sent {
            times.push(alice.patch(command::edit(&cid, message, "new")).await);
        }
        times
    };
    let reconnecting = async {
        let mut heard = Vec::new();
        while heard.len() < PATCHES {
            let known = heard.last().copied().unwrap_or(start);
            let mut bob = scene::login_with(&server, "bob", knowing(known)).await;
            bob.request(command::echo()).await;
            let patches = bob.take_arrived().into_iter();
            heard.extend(patches.filter_map(|frame| frame.patch_message?.last_patch_time));
            bob.drop_socket();
        }
        heard
    };
    let (told, heard) = tokio::join!(editing, within("bob to hear of all", reconnecting));
    assert_eq!(heard, told);
}
