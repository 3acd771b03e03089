use std::collections::HashSet;

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{AckCommand, DirectCommand, LogsCommand, SessionCommand};

use crate::scene;

fn all_of(cid: &str) -> LogsCommand {
    LogsCommand {
        cid: Some(cid.to_owned()),
        limit: Some(100),
        ..LogsCommand::default()
    }
}

fn transient(cid: &str, text: &str) -> DirectCommand {
    DirectCommand {
        cid: Some(cid.to_owned()),
        msg: Some(text.to_owned()),
        transient: Some(true),
        ..DirectCommand::default()
    }
}

#[tokio::test]
async fn c53_c54_w50_a_message_is_acked_and_delivered_under_one_id() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, r#"{"_lctype":-1,"_lctext":"hi"}"#).await;
    let id = scene::uid(&ack);
    assert_eq!(id.len(), 22);
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{id}"
    );
    assert_eq!(ack.cid.as_deref(), Some(&*cid));
    assert_eq!(ack.code, None);
    assert_eq!(ack.app_code, None);

    let message = bob.expect_message().await;
    assert_eq!(message.id, ack.uid);
    assert_eq!(message.timestamp, ack.t);
    assert_eq!(message.cid.as_deref(), Some(&*cid));
    assert_eq!(message.from_peer_id.as_deref(), Some("alice"));
    assert_eq!(
        message.msg.as_deref(),
        Some(r#"{"_lctype":-1,"_lctext":"hi"}"#)
    );
    assert_eq!(message.binary_msg, None);
    assert_eq!(message.conv_type, Some(1));
    assert_eq!(message.patch_timestamp, None);
    assert_ne!(message.transient, Some(true));
}

#[tokio::test]
async fn a_typed_message_passes_through_untouched() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    for content in [
        r#"{ "_lctype": 1, "order" : [1,2.0,1e3], "_lctype": 2 }"#,
        "not json at all \u{0} with a NUL",
        r#"{"_lctype":-5,"_lcloc":{"latitude":1.0}}"#,
        "\u{1F600} emoji",
    ] {
        alice.say(&cid, content).await;
        assert_eq!(bob.expect_message().await.msg.as_deref(), Some(content));
        let logs = bob.logs(all_of(&cid)).await;
        let last = logs.last().expect("a message");
        assert_eq!(last.data.as_deref(), Some(content));
    }
}

#[tokio::test]
async fn c55_w50_a_stranger_is_refused_by_ack_with_id_and_time() {
    let server = TestServer::start().await;
    let (cid, [_alice]) = scene::chat(&server, ["alice"]).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    for target in [&*cid, "555555555555555555555555"] {
        let ack = mallory.direct(command::text(target, "hi")).await;
        assert_eq!(ack.code, Some(4401));
        assert_eq!(ack.reason.as_deref(), Some("INVALID_MESSAGING_TARGET"));
        assert!(!scene::uid(&ack).is_empty());
        assert!(ack.t > Some(0));
    }
}

#[tokio::test]
async fn c56_concurrent_messages_have_one_order_for_all() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let burst = async |client: &mut Client, name: &str| {
        let mut serials = Vec::new();
        for n in 0..100 {
            let frame = command::text(&cid, &format!("{name} {n}"));
            serials.push(client.send_numbered(frame).await);
        }
        let mut times = Vec::new();
        for serial in serials {
            let ack = client.reply(serial).await.ack_message.expect("an ack");
            assert_eq!(ack.code, None);
            times.push(ack.t.expect("t"));
        }
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        times
    };
    let (alices, bobs) = tokio::join!(burst(&mut alice, "alice"), burst(&mut bob, "bob"));
    let mut sent: Vec<i64> = alices.iter().chain(&bobs).copied().collect();
    sent.sort_unstable();
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), 200);

    for (client, expected) in [
        (&mut carol, &sent),
        (&mut alice, &bobs),
        (&mut bob, &alices),
    ] {
        let mut received = Vec::new();
        for _ in 0..expected.len() {
            received.push(client.expect_message().await.timestamp.expect("timestamp"));
        }
        assert_eq!(&received, expected);
    }
}

#[tokio::test]
async fn c57_a_retry_under_one_token_is_one_message() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let with_token = |text: &str| {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some(text.to_owned()),
            dt: Some("token".to_owned()),
            ..DirectCommand::default()
        })
    };
    let first = alice.direct(with_token("hi")).await;
    let second = alice.direct(with_token("hi")).await;
    assert_eq!((&first.uid, first.t), (&second.uid, second.t));
    assert_eq!(second.code, None);
    assert_eq!(bob.expect_message().await.id, first.uid);
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;

    // Two at once, in one batch of the writer.
    let burst = |text: &str| {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some(text.to_owned()),
            dt: Some("another".to_owned()),
            ..DirectCommand::default()
        })
    };
    let one = alice.send_numbered(burst("a")).await;
    let two = alice.send_numbered(burst("a")).await;
    let one = alice.reply(one).await.ack_message.expect("an ack");
    let two = alice.reply(two).await.ack_message.expect("an ack");
    assert_eq!((&one.uid, one.t), (&two.uid, two.t));
    assert_eq!(bob.expect_message().await.id, one.uid);
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;

    // The token is the sender's own.
    let other = bob.direct(with_token("hi")).await;
    assert_ne!(other.uid, first.uid);
    assert_eq!(alice.expect_message().await.id, other.uid);
}

#[tokio::test]
async fn c57_a_retry_after_a_reconnect_or_a_restart_is_one_message() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let with_token = |token: &str| {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some(token.to_owned()),
            dt: Some(token.to_owned()),
            ..DirectCommand::default()
        })
    };
    let first = alice.direct(with_token("acked")).await;
    assert_eq!(bob.expect_message().await.id, first.uid);
    // Nobody knows whether this one arrived.
    alice.send_numbered(with_token("lost")).await;
    alice.drop_socket();

    let mut alice = Client::login(&server, "alice").await;
    let again = alice.direct(with_token("acked")).await;
    assert_eq!((&again.uid, again.t), (&first.uid, first.t));
    let lost = alice.direct(with_token("lost")).await;
    assert_eq!(bob.expect_message().await.id, lost.uid);
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    drop((alice, bob));

    let server = server.restart().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    bob.expect_unread().await;
    for (token, known) in [("acked", &first), ("lost", &lost)] {
        let again = alice.direct(with_token(token)).await;
        assert_eq!(again.code, None);
        assert_eq!((&again.uid, again.t), (&known.uid, known.t));
    }
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    let logs = bob.logs(all_of(&cid)).await;
    let texts: Vec<&str> = logs
        .iter()
        .filter_map(|item| item.data.as_deref())
        .collect();
    assert_eq!(texts, ["acked", "lost", "fence", "fence"]);
}

#[tokio::test]
async fn c57_a_message_that_was_patched_since_is_not_sent_again() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let with_token = || {
        command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("oops".to_owned()),
            dt: Some("token".to_owned()),
            ..DirectCommand::default()
        })
    };
    let first = alice.direct(with_token()).await;
    bob.expect_message().await;
    alice.patch(command::recall(&cid, &first)).await;
    bob.expect_patch().await;
    let again = alice.direct(with_token()).await;
    assert_eq!((&again.uid, again.t), (&first.uid, first.t));
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
}

#[tokio::test]
async fn c58_my_other_devices_get_what_i_send() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;
    let ack = alice.say(&cid, "hi").await;
    let copy = alice2.expect_message().await;
    assert_eq!(copy.id, ack.uid);
    assert_eq!(copy.from_peer_id.as_deref(), Some("alice"));
    alice2
        .send(&command::ack(AckCommand {
            cid: Some(cid.clone()),
            mid: copy.id,
            ..AckCommand::default()
        }))
        .await;
    alice2.expect_none().await;
    assert_eq!(bob.expect_message().await.id, ack.uid);
    scene::fence(&cid, &mut bob, &mut [&mut alice, &mut alice2]).await;
    alice.expect_none().await;
}

#[tokio::test]
async fn c59_bytes_stay_bytes() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let bytes: &[u8] = &[0, 1, 2, 250, 251, 252, 253, 254, 255, 0];
    let ack = alice.direct(command::binary(&cid, bytes)).await;
    assert_eq!(ack.code, None);
    let message = bob.expect_message().await;
    assert_eq!(message.binary_msg.as_deref(), Some(bytes));
    assert_eq!(message.msg, None);
    let logs = bob.logs(all_of(&cid)).await;
    assert_eq!(logs[0].bin, Some(true));
    assert_eq!(logs[0].data.as_deref(), Some("AAEC+vv8/f7/AA=="));
}

#[tokio::test]
async fn c60_a_transient_message_leaves_no_trace() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, carol]) = scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;
    carol.drop_socket();
    let ack = alice
        .direct(command::direct(transient(&cid, "typing")))
        .await;
    assert_eq!(ack.code, None);
    assert!(!scene::uid(&ack).is_empty() && ack.t > Some(0));
    let message = bob.expect_message().await;
    assert_eq!(message.transient, Some(true));
    assert_eq!(message.msg.as_deref(), Some("typing"));

    assert!(bob.logs(all_of(&cid)).await.is_empty());
    assert!(bob.row(&cid).await.get("lm").is_none());
    let mut carol = Client::login(&server, "carol").await;
    carol.expect_none().await;
    // Not told to the sender's other device either: the fence is the first it hears.
    scene::fence(&cid, &mut alice, &mut [&mut alice2, &mut bob, &mut carol]).await;
}

#[tokio::test]
async fn w49_a_transient_message_is_acked_when_somebody_waits() {
    const TRANSIENT_ACK: i64 = 0x08;
    let server = TestServer::start().await;
    let (cid, [alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice.drop_socket();
    for bitmap in [
        command::FULL_BITMAP,
        command::FULL_BITMAP & !TRANSIENT_ACK,
        0,
    ] {
        let body = SessionCommand {
            config_bitmap: Some(bitmap),
            ..SessionCommand::default()
        };
        let mut alice = scene::login_with(&server, "alice", body).await;
        let ack = alice.direct(command::direct(transient(&cid, "a"))).await;
        assert_eq!(ack.code, None);
        assert!(!scene::uid(&ack).is_empty() && ack.t > Some(0));
        assert_eq!(bob.expect_message().await.id, ack.uid);
        // Without a serial number nobody could tell what the ack is for.
        alice.send(&command::direct(transient(&cid, "b"))).await;
        assert_eq!(bob.expect_message().await.msg.as_deref(), Some("b"));
        alice.expect_none().await;
    }
}

#[tokio::test]
async fn c61_mentions_are_told_live_and_in_history() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("hey".to_owned()),
            mention_pids: vec!["bob".to_owned(), "carol".to_owned()],
            mention_all: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    assert_eq!(ack.code, None);
    let message = bob.expect_message().await;
    assert_eq!(message.mention_pids, ["bob", "carol"]);
    assert_eq!(message.mention_all, Some(true));
    let logs = bob.logs(all_of(&cid)).await;
    assert_eq!(logs[0].mention_pids, ["bob", "carol"]);
    assert_eq!(logs[0].mention_all, Some(true));
}

#[tokio::test]
async fn c62_a_message_of_six_kilobytes_is_too_long() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let long = "x".repeat(6 * 1024);
    let ack = alice.direct(command::text(&cid, &long)).await;
    assert_eq!(ack.code, Some(4109));
    assert_eq!(ack.reason.as_deref(), Some("FRAME_TOO_LONG"));
    let ack = alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("short".to_owned()),
            push_data: Some(long),
            ..DirectCommand::default()
        }))
        .await;
    assert_eq!(ack.code, Some(4109));
    // Exactly the limit is allowed.
    alice.say(&cid, &"x".repeat(5 * 1024)).await;
    assert_eq!(
        bob.expect_message().await.msg.map(|text| text.len()),
        Some(5 * 1024)
    );
}
