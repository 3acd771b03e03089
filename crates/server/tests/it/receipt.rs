//! Acknowledgements, receipts, progress.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    AckCommand, CommandType, ConvCommand, DirectCommand, LogsCommand, OpType, RcpCommand,
    SessionCommand,
};

use crate::scene;

/// The feature bit that asks for receipts in groups, beside the usual ones.
const GROUP_RECEIPTS: i64 = command::FULL_BITMAP | 0x40;

async fn send_for_receipt(client: &mut Client, cid: &str) -> AckCommand {
    client
        .direct(command::direct(DirectCommand {
            cid: Some(cid.to_owned()),
            msg: Some("did you get this".to_owned()),
            r: Some(true),
            ..DirectCommand::default()
        }))
        .await
}

async fn expect_receipt(client: &mut Client) -> RcpCommand {
    let event = client.expect_event(CommandType::Rcp, None).await;
    assert_eq!(event.notification_type, Some(1));
    event.rcp_message.expect("a receipt")
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

async fn ack_span(client: &mut Client, cid: &str, from: &AckCommand, to: &AckCommand) {
    client
        .send(&command::ack(AckCommand {
            cid: Some(cid.to_owned()),
            fromts: from.t,
            tots: to.t,
            ..AckCommand::default()
        }))
        .await;
}

async fn max_read(client: &mut Client, cid: &str, each: bool) -> ConvCommand {
    let question = command::conv(
        OpType::MaxRead,
        ConvCommand {
            cid: Some(cid.to_owned()),
            query_all_members: each.then_some(true),
            ..ConvCommand::default()
        },
    );
    client.conv(question, OpType::MaxRead).await
}

#[tokio::test]
async fn c64_the_sender_hears_that_its_message_arrived() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = send_for_receipt(&mut alice, &cid).await;
    bob.expect_message().await;
    ack_one(&mut bob, &cid, &sent).await;
    let receipt = expect_receipt(&mut alice).await;
    assert_eq!(receipt.id, sent.uid);
    assert_eq!(receipt.cid.as_deref(), Some(&*cid));
    assert_eq!(receipt.from.as_deref(), Some("bob"));
    assert!(receipt.t >= sent.t);
    assert_eq!(receipt.read, None);
    bob.expect_none().await;
}

#[tokio::test]
async fn c65_each_message_is_receipted_once_and_a_read_once_for_all() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(send_for_receipt(&mut alice, &cid).await);
        bob.expect_message().await;
    }
    ack_span(&mut bob, &cid, &sent[0], &sent[2]).await;
    for message in &sent {
        assert_eq!(expect_receipt(&mut alice).await.id, message.uid);
    }
    ack_span(&mut bob, &cid, &sent[0], &sent[2]).await;
    bob.send(&command::read(&cid, sent[2].uid.as_deref(), None))
        .await;
    bob.expect_unread().await;
    let read = expect_receipt(&mut alice).await;
    assert_eq!((read.id, read.read), (sent[2].uid.clone(), Some(true)));
    bob.send(&command::read(&cid, sent[2].uid.as_deref(), None))
        .await;
    bob.expect_unread().await;
    // A later message's receipt comes next: neither repetition gave rise to one.
    let last = send_for_receipt(&mut alice, &cid).await;
    bob.expect_message().await;
    ack_one(&mut bob, &cid, &last).await;
    let next = expect_receipt(&mut alice).await;
    assert_eq!((next.id, next.read), (last.uid, None));
}

#[tokio::test]
async fn c66_groups_receipt_only_to_sessions_that_ask() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let mut asking = scene::login_with(
        &server,
        "alice",
        SessionCommand {
            config_bitmap: Some(GROUP_RECEIPTS),
            ..SessionCommand::default()
        },
    )
    .await;
    let sent = send_for_receipt(&mut alice, &cid).await;
    for client in [&mut bob, &mut carol, &mut asking] {
        client.expect_message().await;
    }
    for client in [&mut bob, &mut carol] {
        ack_one(client, &cid, &sent).await;
    }
    let mut recipients = Vec::new();
    for _ in 0..2 {
        let receipt = expect_receipt(&mut asking).await;
        assert_eq!(receipt.id, sent.uid);
        recipients.push(receipt.from.expect("a recipient"));
    }
    recipients.sort();
    assert_eq!(recipients, ["bob", "carol"]);
    alice.expect_none().await;
}

#[tokio::test]
async fn c58_acknowledging_ones_own_message_receipts_nothing() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut alice2] = scene::logins(&server, ["alice"]).await;
    let sent = send_for_receipt(&mut alice, &cid).await;
    alice2.expect_message().await;
    bob.expect_message().await;
    ack_one(&mut alice2, &cid, &sent).await;
    ack_one(&mut bob, &cid, &sent).await;
    for client in [&mut alice, &mut alice2] {
        assert_eq!(expect_receipt(client).await.from.as_deref(), Some("bob"));
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c38_progress_is_that_of_the_others() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let before = max_read(&mut alice, &cid, false).await;
    assert_eq!(before.cid.as_deref(), Some(&*cid));
    assert_eq!(
        (before.max_ack_timestamp, before.max_read_timestamp),
        (None, None)
    );

    let first = send_for_receipt(&mut alice, &cid).await;
    bob.expect_message().await;
    ack_one(&mut bob, &cid, &first).await;
    bob.send(&command::read(&cid, first.uid.as_deref(), None))
        .await;
    bob.expect_unread().await;
    expect_receipt(&mut alice).await;
    expect_receipt(&mut alice).await;
    let second = alice.say(&cid, "not yet received").await;
    bob.expect_message().await;

    let after = max_read(&mut alice, &cid, false).await;
    for reached in [after.max_ack_timestamp, after.max_read_timestamp] {
        assert!(reached >= first.t && reached < second.t, "{reached:?}");
    }
    let each = max_read(&mut alice, &cid, true).await;
    let [bobs] = &each.max_read_tuples[..] else {
        panic!("only bob: {each:?}");
    };
    assert_eq!(bobs.pid.as_deref(), Some("bob"));
    assert_eq!(bobs.max_read_timestamp, after.max_read_timestamp);
    let of_bob = max_read(&mut bob, &cid, false).await;
    assert_eq!(of_bob.max_read_timestamp, None, "alice has read nothing");
    let [mut eve] = scene::logins(&server, ["eve"]).await;
    let question = command::on(OpType::MaxRead, &cid);
    assert_eq!(eve.refused(question).await.code, 4317);
}

#[tokio::test]
async fn c77_history_tells_the_sender_what_was_received() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let sent = alice.say(&cid, "without asking for a receipt").await;
    bob.expect_message().await;
    let history = || LogsCommand {
        cid: Some(cid.clone()),
        ..LogsCommand::default()
    };
    assert_eq!(alice.logs(history()).await[0].ack_at, None);
    // Acknowledging a later message covers the earlier one, and its receipt says that it is done.
    let later = send_for_receipt(&mut alice, &cid).await;
    bob.expect_message().await;
    ack_one(&mut bob, &cid, &later).await;
    expect_receipt(&mut alice).await;
    let item = alice.logs(history()).await.remove(0);
    assert!(item.ack_at >= sent.t);
    assert_eq!(item.read_at, None);
    assert_eq!(item.patch_timestamp, None);
    assert_eq!(
        bob.logs(history()).await[0].ack_at,
        None,
        "not for the recipient"
    );
}
