use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    AckCommand, DirectCommand, GenericCommand, ReadCommand, SessionCommand, UnreadTuple,
};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

async fn one(client: &mut Client) -> UnreadTuple {
    let unread = client.expect_unread().await;
    assert!(unread.notif_time > Some(0));
    let [tuple] = &unread.convs[..] else {
        panic!("one conversation: {unread:?}");
    };
    tuple.clone()
}

fn since(last_unread_notif_time: i64) -> SessionCommand {
    SessionCommand {
        config_bitmap: Some(command::FULL_BITMAP),
        last_unread_notif_time: Some(last_unread_notif_time),
        ..SessionCommand::default()
    }
}

#[tokio::test]
async fn c67_messages_missed_are_counted_at_login() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    let mut last = AckCommand::default();
    for mention_all in [true, true, false] {
        last = alice
            .direct(command::direct(DirectCommand {
                cid: Some(cid.clone()),
                msg: Some("missed".to_owned()),
                mention_all: Some(mention_all),
                ..DirectCommand::default()
            }))
            .await;
    }
    let mut bob = Client::login(&server, "bob").await;
    let tuple = one(&mut bob).await;
    assert_eq!(tuple.cid, cid);
    assert_eq!(tuple.unread, 3);
    assert_eq!(tuple.mentioned, Some(true));
    assert_eq!(tuple.mid, last.uid);
    assert_eq!(tuple.timestamp, last.t);
    assert_eq!(tuple.from.as_deref(), Some("alice"));
    assert_eq!(tuple.data.as_deref(), Some("missed"));
    assert_eq!(tuple.conv_type, Some(1));
    assert_eq!(tuple.patch_timestamp, None);
    bob.expect_none().await;
}

#[tokio::test]
async fn c68_reading_on_one_device_is_told_to_all() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut bob2] = scene::logins(&server, ["bob"]).await;
    let ack = alice.say(&cid, "hi").await;
    for device in [&mut bob, &mut bob2] {
        assert_eq!(device.expect_message().await.id, ack.uid);
    }
    bob.send(&command::read(&cid, ack.uid.as_deref(), ack.t))
        .await;
    for device in [&mut bob, &mut bob2] {
        let tuple = one(device).await;
        assert_eq!(tuple.unread, 0);
        assert_eq!(tuple.mentioned, Some(false));
        assert_eq!(tuple.mid, ack.uid);
        assert_eq!(tuple.data.as_deref(), Some("hi"));
    }
    // Told again even though nothing changed, because SDKs count for themselves. A reply to
    // the serial number that Java adds would fail the client.
    bob.send_numbered(command::read(&cid, None, None)).await;
    for device in [&mut bob, &mut bob2] {
        assert_eq!(one(device).await.unread, 0);
    }
    alice.expect_none().await;
}

#[tokio::test]
async fn c69_only_changes_since_the_last_report_are_told() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "hi").await;
    let message = bob.expect_message().await;
    bob.send(&command::ack(AckCommand {
        cid: Some(cid.clone()),
        mid: message.id,
        ..AckCommand::default()
    }))
    .await;
    bob.expect_none().await;
    bob.drop_socket();

    let sent_at = ack.t.expect("t");
    let mut bob = scene::login_with(&server, "bob", since(sent_at - 60_000)).await;
    assert_eq!(one(&mut bob).await.unread, 1);
    bob.drop_socket();
    let mut bob = scene::login_with(&server, "bob", since(sent_at + 60_000)).await;
    bob.expect_none().await;
}

#[tokio::test]
async fn w48_a_report_is_not_repeated_to_who_remembers_it() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    alice.say(&cid, "hi").await;
    let mut bob = Client::login(&server, "bob").await;
    let notified_at = bob.expect_unread().await.notif_time.expect("notifTime");
    bob.drop_socket();
    let mut bob = scene::login_with(&server, "bob", since(notified_at)).await;
    bob.expect_none().await;
}

#[tokio::test]
async fn c69_what_another_device_read_meanwhile_is_told_as_zero() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let ack = alice.say(&cid, "hi").await;
    bob.expect_message().await;
    bob.send(&command::read(&cid, None, None)).await;
    assert_eq!(one(&mut bob).await.unread, 0);

    let before = ack.t.expect("t") - 1;
    let mut bob2 = scene::login_with(&server, "bob", since(before)).await;
    let tuple = one(&mut bob2).await;
    assert_eq!(tuple.unread, 0);
    assert_eq!(tuple.mid, ack.uid);
}

#[tokio::test]
async fn c70_counts_and_conversations_are_capped() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let mut latest = String::new();
    for _ in 0..60 {
        latest = scene::start(&mut alice, &["alice", "bob"]).await;
        alice.say(&latest, "one").await;
    }
    let mut serials = Vec::new();
    for _ in 0..119 {
        serials.push(alice.send_numbered(command::text(&latest, "more")).await);
    }
    for serial in serials {
        alice.reply(serial).await;
    }
    let mut bob = Client::login(&server, "bob").await;
    let unread = bob.expect_unread().await;
    assert_eq!(unread.convs.len(), 50);
    let mut ids: Vec<&str> = unread.convs.iter().map(|tuple| &*tuple.cid).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    for tuple in &unread.convs {
        let expected = if tuple.cid == latest { 100 } else { 1 };
        assert_eq!(tuple.unread, expected);
    }
    assert!(ids.contains(&&*latest));
}

#[tokio::test]
async fn c71_reading_up_to_a_message_leaves_the_rest() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let mut acks = Vec::new();
    for text in ["a", "b", "c"] {
        acks.push(alice.say(&cid, text).await);
        bob.expect_message().await;
    }
    bob.send(&command::read(&cid, acks[1].uid.as_deref(), None))
        .await;
    assert_eq!(one(&mut bob).await.unread, 1);
    // Backwards does not count.
    bob.send(&command::read(&cid, acks[0].uid.as_deref(), None))
        .await;
    assert_eq!(one(&mut bob).await.unread, 1);
    bob.send(&command::read(&cid, None, acks[1].t)).await;
    assert_eq!(one(&mut bob).await.unread, 1);
    // C# names nothing but the conversation.
    bob.send(&GenericCommand {
        read_message: Some(ReadCommand {
            cid: Some(cid.clone()),
            ..ReadCommand::default()
        }),
        ..command::bare(parlor_wire::proto::CommandType::Read, None)
    })
    .await;
    assert_eq!(one(&mut bob).await.unread, 0);
}

#[tokio::test]
async fn c72_own_and_transient_messages_are_never_unread() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    alice.say(&cid, "mine").await;
    alice
        .direct(command::direct(DirectCommand {
            cid: Some(cid.clone()),
            msg: Some("typing".to_owned()),
            transient: Some(true),
            ..DirectCommand::default()
        }))
        .await;
    let mut alice2 = Client::login(&server, "alice").await;
    alice2.expect_none().await;
    let mut bob = Client::login(&server, "bob").await;
    assert_eq!(one(&mut bob).await.unread, 1);
}

#[tokio::test]
async fn who_joins_later_has_nothing_unread_from_before() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    alice.say(&cid, "before").await;
    alice
        .conv(
            command::add(&cid, &["bob"]),
            parlor_wire::proto::OpType::Added,
        )
        .await;
    let mut bob = Client::login(&server, "bob").await;
    bob.expect_none().await;
    bob.drop_socket();
    alice.say(&cid, "after").await;
    let mut bob = Client::login(&server, "bob").await;
    assert_eq!(one(&mut bob).await.unread, 1);
}

#[tokio::test]
async fn a_session_of_the_first_protocol_digit_gets_no_unread_counts() {
    let server = TestServer::start().await;
    let (cid, [mut alice, bob]) = scene::chat(&server, ["alice", "bob"]).await;
    bob.drop_socket();
    alice.say(&cid, "hi").await;
    let mut bob = Client::connect(&server, Subprotocol::Protobuf2V1).await;
    bob.open("bob").await;
    bob.request(command::echo()).await;
    let unread = Some(parlor_wire::proto::CommandType::Unread as i32);
    assert!(bob.arrived().iter().all(|frame| frame.cmd != unread));
}

#[tokio::test]
async fn a_message_that_arrives_during_a_read_is_counted_once() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let talking = async {
        let mut times = Vec::new();
        for n in 0..80 {
            times.push(alice.say(&cid, &n.to_string()).await.t);
        }
        times
    };
    let reading = async {
        let mut last = None;
        for _ in 0..40 {
            bob.send(&command::read(&cid, None, None)).await;
            // Messages come in between.
            loop {
                if let Some(unread) = bob.next_event().await.unread_message {
                    last = unread.convs.into_iter().next();
                    break;
                }
            }
        }
        last.expect("a count")
    };
    let (mut times, last) = tokio::join!(talking, reading);
    bob.drop_socket();
    // So that there is something to report.
    times.push(alice.say(&cid, "later").await.t);
    let later = times.iter().filter(|time| **time > last.timestamp).count();
    let mut bob = Client::login(&server, "bob").await;
    let counted = usize::try_from(one(&mut bob).await.unread).expect("a count");
    let before = usize::try_from(last.unread).expect("a count");
    assert_eq!(counted, before + later);
}
