//! Sessions that are pushed what they missed (`lc.protobuf2.1`, `lc.proto2base64.1`).

use parlor_testkit::{Client, TestServer, command, within};
use parlor_wire::proto::{
    AckCommand, CommandType, DirectCommand, GenericCommand, OpType, ReadCommand, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

async fn login_by(server: &TestServer, name: &str, subprotocol: Subprotocol) -> Client {
    let mut client = Client::connect(server, subprotocol).await;
    client.open(name).await;
    // `open` waited for the reply; an earlier event would be among the arrived.
    assert!(client.arrived().is_empty(), "{:?}", client.arrived());
    client
}

async fn login(server: &TestServer, name: &str) -> Client {
    login_by(server, name, Subprotocol::Protobuf2V1).await
}

/// Sends texts that are their own numbers.
async fn say_all(
    client: &mut Client,
    cid: &str,
    numbers: std::ops::Range<usize>,
) -> Vec<AckCommand> {
    let mut serials = Vec::new();
    for n in numbers {
        let frame = command::text(cid, &n.to_string());
        serials.push(client.send_numbered(frame).await);
    }
    let mut acks = Vec::new();
    for serial in serials {
        acks.push(client.reply(serial).await.ack_message.expect("an ack"));
    }
    acks
}

async fn expect_missed(client: &mut Client, sent: &AckCommand, more: bool) -> DirectCommand {
    let message = client.expect_message().await;
    assert_eq!(message.id, sent.uid);
    assert_eq!(message.timestamp, sent.t);
    assert_eq!(message.offline, Some(true));
    assert_eq!(message.has_more, more.then_some(true));
    message
}

/// Takes a batch, of which only the last may say that more follow.
async fn expect_batch(client: &mut Client, sent: &[AckCommand], more: bool) {
    let (last, others) = sent.split_last().expect("a batch");
    for message in others {
        expect_missed(client, message, false).await;
    }
    expect_missed(client, last, more).await;
    client.expect_none().await;
}

async fn ack_one(client: &mut Client, cid: &str, message: &AckCommand) {
    client
        .send(&command::ack(AckCommand {
            cid: Some(cid.to_owned()),
            mid: message.uid.clone(),
            ..AckCommand::default()
        }))
        .await;
}

async fn ack_up_to(client: &mut Client, cid: &str, time: Option<i64>) {
    client
        .send(&command::ack(AckCommand {
            cid: Some(cid.to_owned()),
            tots: time,
            ..AckCommand::default()
        }))
        .await;
}

#[tokio::test]
async fn w47_c73_missed_messages_are_pushed_and_the_other_digit_is_told_counts() {
    for subprotocol in [Subprotocol::Protobuf2V1, Subprotocol::Proto2Base64V1] {
        let server = TestServer::start().await;
        let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
        bob.drop_socket();
        let sent = say_all(&mut alice, &cid, 0..3).await;
        let mut bob = login_by(&server, "bob", subprotocol).await;
        for (n, message) in sent.iter().enumerate() {
            let missed = expect_missed(&mut bob, message, false).await;
            assert_eq!(missed.msg, Some(n.to_string()));
            assert_eq!(missed.from_peer_id.as_deref(), Some("alice"));
            assert_eq!(missed.cid.as_deref(), Some(&*cid));
            assert_eq!(missed.conv_type, Some(1));
            assert_eq!(missed.patch_timestamp, None);
        }
        bob.expect_none().await;

        // The same client on another device, at the same time.
        let [mut bob3] = scene::logins(&server, ["bob"]).await;
        assert_eq!(bob3.expect_unread().await.convs[0].unread, 3);
        bob3.expect_none().await;
        let live = alice.say(&cid, "live").await;
        for client in [&mut bob, &mut bob3] {
            let message = client.expect_message().await;
            assert_eq!((&message.id, message.offline), (&live.uid, None));
        }
        bob3.send(&command::read(&cid, None, None)).await;
        bob3.expect_unread().await;
        bob.expect_none().await;
    }
}

#[tokio::test]
async fn c73_the_next_batch_follows_the_ack_of_the_one_before() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = say_all(&mut alice, &cid, 0..45).await;
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, &sent[..20], true).await;
    ack_one(&mut bob, &cid, &sent[4]).await;
    ack_up_to(&mut bob, &cid, sent[18].t).await;
    bob.expect_none().await;
    ack_one(&mut bob, &cid, &sent[19]).await;
    expect_batch(&mut bob, &sent[20..40], true).await;
    ack_up_to(&mut bob, &cid, sent[39].t).await;
    expect_batch(&mut bob, &sent[40..], false).await;
    ack_one(&mut bob, &cid, &sent[44]).await;
    bob.expect_none().await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    bob.expect_none().await;
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
}

#[tokio::test]
async fn c73_what_is_not_acked_comes_again_and_what_is_does_not() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = say_all(&mut alice, &cid, 0..3).await;
    let bob = login(&server, "bob").await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, &sent, false).await;
    ack_up_to(&mut bob, &cid, sent[1].t).await;
    bob.expect_none().await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, &sent[2..], false).await;
    // Delivered while the client was there, but never acked.
    let live = alice.say(&cid, "live").await;
    assert_eq!(bob.expect_message().await.offline, None);
    ack_one(&mut bob, &cid, &sent[2]).await;
    bob.expect_none().await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, std::slice::from_ref(&live), false).await;
    // Another device's ack counts as well.
    let [mut bob3] = scene::logins(&server, ["bob"]).await;
    bob3.expect_unread().await;
    ack_one(&mut bob3, &cid, &live).await;
    bob3.expect_none().await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c73_new_messages_wait_for_their_turn() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut carol, bob]) = scene::chat(&server, ["alice", "carol", "bob"]).await;
    bob.drop_socket();
    let mut sent = say_all(&mut alice, &cid, 0..25).await;
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, &sent[..20], true).await;
    sent.extend(say_all(&mut alice, &cid, 25..28).await);
    for _ in &sent {
        carol.expect_message().await;
    }
    bob.expect_none().await;
    // What waits in one conversation does not hold the others up.
    let other = scene::start(&mut alice, &["alice", "bob"]).await;
    scene::expect_start(&mut bob).await;
    scene::fence(&other, &mut alice, &mut [&mut bob]).await;
    ack_one(&mut bob, &cid, &sent[19]).await;
    expect_batch(&mut bob, &sent[20..], false).await;
    let live = alice.say(&cid, "live").await;
    let message = bob.expect_message().await;
    assert_eq!((message.id, message.offline), (live.uid, None));
}

#[tokio::test]
async fn c73_reading_is_acknowledging() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = say_all(&mut alice, &cid, 0..45).await;
    let mut bob = login(&server, "bob").await;
    expect_batch(&mut bob, &sent[..20], true).await;
    // As far as the client knows.
    bob.send(&command::read(&cid, sent[19].uid.as_deref(), sent[19].t))
        .await;
    expect_batch(&mut bob, &sent[20..40], true).await;
    // Everything.
    bob.send(&GenericCommand {
        read_message: Some(ReadCommand {
            cid: Some(cid.clone()),
            ..ReadCommand::default()
        }),
        ..command::bare(CommandType::Read, None)
    })
    .await;
    bob.expect_none().await;
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    bob.send(&command::read(&cid, None, None)).await;
    bob.expect_none().await;
    bob.drop_socket();
    let mut bob = login(&server, "bob").await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c73_the_newest_hundred_are_kept() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = say_all(&mut alice, &cid, 0..123).await;
    let mut bob = login(&server, "bob").await;
    for (n, batch) in sent[23..].chunks(20).enumerate() {
        expect_batch(&mut bob, batch, n < 4).await;
        ack_one(&mut bob, &cid, &batch[19]).await;
    }
    bob.expect_none().await;
}

#[tokio::test]
async fn c73_many_conversations_come_one_after_the_other() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    for n in 0..60 {
        let cid = scene::start(&mut alice, &["alice", "bob"]).await;
        alice.say(&cid, &n.to_string()).await;
    }
    let mut bob = login(&server, "bob").await;
    let mut heard = Vec::new();
    for round in [50, 10, 0] {
        bob.request(command::echo()).await;
        let arrived = bob.take_arrived();
        assert_eq!(arrived.len(), round);
        for message in arrived.into_iter().filter_map(|frame| frame.direct_message) {
            assert_eq!((message.offline, message.has_more), (Some(true), None));
            ack_up_to(
                &mut bob,
                message.cid.as_deref().expect("cid"),
                message.timestamp,
            )
            .await;
            heard.push(
                message
                    .msg
                    .expect("a text")
                    .parse::<usize>()
                    .expect("a number"),
            );
        }
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..60).collect::<Vec<_>>());
}

#[tokio::test]
async fn c73_missed_messages_read_as_they_do_now() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let sent = say_all(&mut alice, &cid, 0..2).await;
    let edited_at = alice.patch(command::edit(&cid, &sent[0], "edited")).await;
    let recalled_at = alice.patch(command::recall(&cid, &sent[1])).await;
    let binary = alice.direct(command::binary(&cid, &[0, 255])).await;
    let mut bob = Client::connect(&server, Subprotocol::Protobuf2V1).await;
    let knowing = SessionCommand {
        config_bitmap: Some(command::FULL_BITMAP),
        last_patch_time: Some(edited_at),
        ..SessionCommand::default()
    };
    bob.request(command::open_with(server.app_id(), "bob", knowing))
        .await;
    let edited = expect_missed(&mut bob, &sent[0], false).await;
    assert_eq!(edited.msg.as_deref(), Some("edited"));
    assert_eq!(edited.patch_timestamp, Some(edited_at));
    let recalled = expect_missed(&mut bob, &sent[1], false).await;
    assert_eq!(recalled.msg.as_deref(), Some(r#"{"_lctype":-127}"#));
    assert_eq!(recalled.patch_timestamp, Some(recalled_at));
    let bytes = expect_missed(&mut bob, &binary, false).await;
    assert_eq!(bytes.binary_msg.as_deref(), Some(&[0, 255][..]));
    // Patches are replayed whether or not their messages were delivered, after them.
    assert_eq!(bob.expect_patch().await.patch_timestamp, Some(recalled_at));
    bob.expect_none().await;
}

#[tokio::test]
async fn c73_only_what_others_said_to_me_is_missed() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let kicked = scene::start(&mut alice, &["alice", "bob"]).await;
    scene::expect_start(&mut alice).await;
    scene::expect_start(&mut bob).await;
    bob.say(&cid, "mine").await;
    alice.expect_message().await;
    bob.drop_socket();
    alice.say(&kicked, "before the kick").await;
    alice
        .conv(command::remove(&kicked, &["bob"]), OpType::Removed)
        .await;
    alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("typing".to_owned()),
            transient: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    let mut bob = login(&server, "bob").await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c73_who_reconnects_all_the_time_gets_every_message_once_and_in_order() {
    const MESSAGES: usize = 150;
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let talking = async {
        for n in 0..MESSAGES {
            alice.say(&cid, &n.to_string()).await;
        }
    };
    let reconnecting = async {
        let mut heard = Vec::new();
        while heard.len() < MESSAGES {
            let mut bob = login(&server, "bob").await;
            loop {
                bob.request(command::echo()).await;
                let messages: Vec<DirectCommand> = bob
                    .take_arrived()
                    .into_iter()
                    .filter_map(|frame| frame.direct_message)
                    .collect();
                let Some(last) = messages.last() else { break };
                ack_up_to(&mut bob, &cid, last.timestamp).await;
                heard.extend(messages.into_iter().filter_map(|message| message.msg));
            }
            bob.drop_socket();
        }
        heard
    };
    let ((), heard) = tokio::join!(talking, within("bob to hear all", reconnecting));
    let said: Vec<String> = (0..MESSAGES).map(|n| n.to_string()).collect();
    assert_eq!(heard, said);
}
