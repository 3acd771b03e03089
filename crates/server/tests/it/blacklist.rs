//! Blocked clients: removed, kept out, and told; and conversations that a client blocks.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{
    BlacklistCommand, CommandType, ConvCommand, ErrorCommand, GenericCommand, OpType,
};
use parlor_wire::subprotocol::Subprotocol;
use serde_json::{Value, json};

use crate::scene;

fn expect_blocked(refused: &ErrorCommand) {
    assert_eq!((refused.code, &*refused.reason), (4548, "BLOCKED_BY_CONV"));
}

/// Takes an event about a conversation, which must be durable and by alice.
async fn expect_told(client: &mut Client, operation: OpType) -> ConvCommand {
    let event = client
        .expect_event(CommandType::Conv, Some(operation))
        .await;
    assert_eq!(event.notification_type, Some(1));
    let body = event.conv_message.expect("a conv message");
    assert_eq!(body.init_by.as_deref(), Some("alice"));
    body
}

/// Blocks one client; nobody has taken the events.
async fn block(client: &mut Client, cid: &str, name: &str) {
    let reply = client
        .blacklist(command::block(cid, &[name]), OpType::Blocked)
        .await;
    assert_eq!(reply.allowed_pids, [name]);
}

#[tokio::test]
async fn c42_a_blocked_member_is_removed_and_everybody_is_told() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut desk] = scene::logins(&server, ["alice"]).await;

    let reply = alice
        .blacklist(command::block(&cid, &["bob"]), OpType::Blocked)
        .await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    assert_eq!(reply.src_cid.as_deref(), Some(&*cid));
    assert_eq!(reply.allowed_pids, ["bob"]);
    assert!(reply.failed_pids.is_empty());
    expect_told(&mut bob, OpType::Blocked).await;
    let left = expect_told(&mut bob, OpType::Left).await;
    for client in [&mut alice, &mut desk, &mut carol] {
        assert_eq!(expect_told(client, OpType::MembersBlocked).await.m, ["bob"]);
        let told = expect_told(client, OpType::MembersLeft).await;
        assert_eq!(told.m, ["bob"]);
        assert_eq!(told.udate, left.udate);
    }
    let row = bob.row(&cid).await;
    assert_eq!(row["m"], json!(["alice", "carol"]));
    assert_eq!(row["updatedAt"], left.udate.expect("udate"));
    let listed = alice
        .blacklist(command::blocked(&cid, None, None), OpType::QueryResult)
        .await;
    assert_eq!(listed.src_cid.as_deref(), Some(&*cid));
    assert_eq!(listed.blocked_pids, ["bob"]);
    assert_eq!(listed.next, None);

    // Blocking again changes nothing, and who is blocked cannot lift it.
    block(&mut alice, &cid, "bob").await;
    assert_eq!(
        bob.refused(command::unblock(&cid, &["bob"])).await.code,
        4317
    );
    scene::fence(&cid, &mut alice, &mut [&mut desk, &mut carol]).await;

    let reply = alice
        .blacklist(command::unblock(&cid, &["bob"]), OpType::Unblocked)
        .await;
    assert_eq!(reply.allowed_pids, ["bob"]);
    expect_told(&mut bob, OpType::Unblocked).await;
    for client in [&mut alice, &mut desk, &mut carol] {
        assert_eq!(
            expect_told(client, OpType::MembersUnblocked).await.m,
            ["bob"]
        );
    }
    assert_eq!(alice.row(&cid).await, {
        let mut row = row;
        row["muted"] = json!(false);
        row["lm"] = alice.row(&cid).await["lm"].clone();
        row
    });
    scene::fence(&cid, &mut alice, &mut [&mut desk, &mut carol]).await;
    for client in [&mut alice, &mut desk, &mut bob, &mut carol] {
        client.expect_none().await;
    }
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
}

#[tokio::test]
async fn c42_who_is_blocked_neither_joins_nor_is_added_nor_sends() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    block(&mut alice, &cid, "bob").await;
    let blocked = |ids: &[&str]| vec![(4548, scene::texts(ids))];

    let joined = bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    assert_eq!(joined.allowed_pids, [""; 0]);
    assert_eq!(joined.failed_pids[0].reason, "BLOCKED_BY_CONV");
    assert_eq!(scene::failures(&joined.failed_pids), blocked(&["bob"]));
    let added = carol
        .conv(command::add(&cid, &["bob", "dave"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["dave"]);
    assert_eq!(scene::failures(&added.failed_pids), blocked(&["bob"]));
    // The block comes before the membership, which it ended.
    expect_blocked(&bob.refused(command::add(&cid, &["friend"])).await);
    let ack = bob.direct(command::text(&cid, "let me in")).await;
    assert_eq!(ack.code, Some(4548));
    assert_eq!(ack.reason.as_deref(), Some("BLOCKED_BY_CONV"));
    assert!(ack.uid.is_some() && ack.t.is_some());
    assert_eq!(
        alice.row(&cid).await["m"],
        json!(["alice", "carol", "dave"])
    );

    drop((alice, bob, carol));
    let server = server.restart().await;
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    let joined = bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    assert_eq!(scene::failures(&joined.failed_pids), blocked(&["bob"]));
}

#[tokio::test]
async fn c42_rank_decides_who_blocks_whom_and_a_block_ends_a_role() {
    let server = TestServer::start().await;
    let names = ["alice", "bob", "ben", "carol"];
    let (cid, [mut alice, mut bob, mut ben, mut carol]) = scene::chat(&server, names).await;
    scene::promote(
        &cid,
        &mut alice,
        "bob",
        &mut [&mut bob, &mut ben, &mut carol],
    )
    .await;

    let refused = carol.refused(command::block(&cid, &["ben"])).await;
    assert_eq!(refused.code, 4320);
    assert_eq!(refused.pids, ["ben"]);
    let reply = bob
        .blacklist(
            command::block(&cid, &["alice", "bob", "ben", "stranger"]),
            OpType::Blocked,
        )
        .await;
    assert_eq!(reply.allowed_pids, ["ben", "stranger"]);
    assert_eq!(
        scene::failures(&reply.failed_pids),
        [(4320, scene::texts(&["alice", "bob"]))]
    );
    // Who was no member has not left.
    for client in [&mut alice, &mut bob, &mut carol] {
        let told = client.expect_conv(OpType::MembersBlocked).await;
        assert_eq!(told.m, ["ben", "stranger"]);
        assert_eq!(client.expect_conv(OpType::MembersLeft).await.m, ["ben"]);
    }
    // The manager is gone with its role, so the owner may leave and members may remove.
    block(&mut alice, &cid, "bob").await;
    alice
        .blacklist(command::unblock(&cid, &["bob"]), OpType::Unblocked)
        .await;
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    let removed = carol
        .conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["bob"]);
    alice
        .conv(command::remove(&cid, &["alice"]), OpType::Removed)
        .await;
    // And an owner who left has no say.
    assert_eq!(
        alice.refused(command::block(&cid, &["carol"])).await.code,
        4317
    );
}

#[tokio::test]
async fn c43_c44_blocked_clients_are_listed_in_pages_and_checked() {
    let server = TestServer::start().await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let names: Vec<String> = (0..25).map(|n| format!("b{}", (n * 7) % 25)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    alice
        .blacklist(command::block(&cid, &names), OpType::Blocked)
        .await;
    for (next, listed, following) in [
        (None, &names[..10], Some("10")),
        (Some("10"), &names[10..20], Some("20")),
        (Some("20"), &names[20..], None),
    ] {
        let page = alice
            .blacklist(command::blocked(&cid, None, next), OpType::QueryResult)
            .await;
        assert_eq!(page.blocked_pids, listed);
        assert_eq!(page.next.as_deref(), following);
    }
    let checked = alice
        .blacklist(
            command::check_blocked(&cid, &["alice", names[3]]),
            OpType::CheckResult,
        )
        .await;
    assert_eq!(checked.src_cid.as_deref(), Some(&*cid));
    assert_eq!(checked.blocked_pids, [names[3]]);
    let mut mallory = Client::login(&server, "mallory").await;
    for frame in [
        command::blocked(&cid, None, None),
        command::check_blocked(&cid, &["mallory"]),
    ] {
        assert_eq!(mallory.refused(frame).await.code, 4317);
    }
}

#[tokio::test]
async fn no_more_blocks_than_configured_and_none_when_switched_off() {
    let server = TestServer::builder()
        .configure(|config| config.moderation.max_restricted = 2)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let reply = alice
        .blacklist(command::block(&cid, &["b", "c", "d"]), OpType::Blocked)
        .await;
    assert_eq!(reply.allowed_pids, ["b", "c"]);
    assert_eq!(reply.failed_pids[0].reason, "BLACKLIST_FULL");
    assert_eq!(
        scene::failures(&reply.failed_pids),
        [(4543, scene::texts(&["d"]))]
    );

    let server = TestServer::builder()
        .configure(|config| config.moderation.blacklist = false)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    for frame in [
        command::block(&cid, &["bob"]),
        command::unblock(&cid, &["bob"]),
        command::blocked(&cid, None, None),
        command::check_blocked(&cid, &["bob"]),
        own(OpType::Block, &[&cid]),
        own(OpType::CheckBlock, &[&cid]),
    ] {
        let refused = alice.refused(frame).await;
        assert_eq!(
            (refused.code, &*refused.reason),
            (4544, "BLACKLIST_FEATURE_DISABLED")
        );
    }
}

#[tokio::test]
async fn a_room_puts_out_who_is_blocked_and_keeps_it_out() {
    let server = TestServer::start().await;
    let [mut alice, mut carol] = scene::logins(&server, ["alice", "carol"]).await;
    let mut bob = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let token = bob
        .open("bob")
        .await
        .session_message
        .and_then(|body| body.st);
    let token = token.expect("st");
    let [mut desk] = scene::logins(&server, ["bob"]).await;
    let room = scene::open_room(&mut alice).await;
    let count = || command::on(OpType::Count, &room);
    for (client, name) in [(&mut bob, "bob"), (&mut desk, "bob"), (&mut carol, "carol")] {
        client
            .conv(command::add(&room, &[name]), OpType::Added)
            .await;
    }
    block(&mut alice, &room, "bob").await;
    for client in [&mut bob, &mut desk] {
        assert_eq!(
            expect_told(client, OpType::Blocked).await.transient,
            Some(true)
        );
    }
    for client in [&mut alice, &mut carol] {
        let told = expect_told(client, OpType::MembersBlocked).await;
        assert_eq!(told.m, ["bob"]);
        assert_eq!(told.transient, Some(true));
    }
    assert_eq!(alice.conv(count(), OpType::Result).await.count, Some(2));
    let joined = bob.conv(command::add(&room, &["bob"]), OpType::Added).await;
    assert_eq!(
        scene::failures(&joined.failed_pids),
        [(4548, scene::texts(&["bob"]))]
    );
    assert_eq!(
        bob.direct(command::text(&room, "hey")).await.code,
        Some(4548)
    );
    scene::fence(&room, &mut alice, &mut [&mut carol]).await;
    for client in [&mut alice, &mut bob, &mut desk, &mut carol] {
        client.expect_none().await;
    }
    // It was in the room when its socket died, and comes back to a block.
    alice
        .blacklist(command::unblock(&room, &["bob"]), OpType::Unblocked)
        .await;
    bob.conv(command::add(&room, &["bob"]), OpType::Added).await;
    bob.drop_socket();
    block(&mut alice, &room, "bob").await;
    let mut back = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let resumed = command::reopen(server.app_id(), "bob", &token);
    assert_eq!(back.request(resumed).await.op, Some(OpType::Opened as i32));
    assert_eq!(alice.conv(count(), OpType::Result).await.count, Some(2));
    let sent = carol.say(&room, "who is here?").await;
    let heard = loop {
        if let Some(message) = alice.next_event().await.direct_message {
            break message;
        }
    };
    assert_eq!(scene::id_of(&heard), scene::uid(&sent));
    back.expect_none().await;
}

/// A blacklist command of a client for itself.
fn own(operation: OpType, cids: &[&str]) -> GenericCommand {
    command::blacklist(
        operation,
        BlacklistCommand {
            src_pid: Some("alice".to_owned()),
            to_cids: scene::texts(cids),
            ..BlacklistCommand::default()
        },
    )
}

#[tokio::test]
async fn nobody_adds_a_client_to_a_conversation_that_it_blocks() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let (cid, [mut bob, mut carol]) = scene::chat(&server, ["bob", "carol"]).await;
    let (other, [mut dave]) = scene::chat(&server, ["dave"]).await;

    let reply = alice
        .blacklist(own(OpType::Block, &[&other, &cid, &cid]), OpType::Blocked)
        .await;
    assert_eq!(reply.src_pid.as_deref(), Some("alice"));
    let added = bob
        .conv(command::add(&cid, &["alice", "eve"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["eve"]);
    assert_eq!(
        scene::failures(&added.failed_pids),
        [(4548, scene::texts(&["alice"]))]
    );
    let list = own(OpType::Query, &[]);
    let listed = alice.blacklist(list, OpType::QueryResult).await;
    assert_eq!(listed.blocked_cids, [&*other, &*cid]);
    assert_eq!(listed.next, None);
    let check = own(OpType::CheckBlock, &[&cid, "unknown"]);
    let checked = alice.blacklist(check, OpType::CheckResult).await;
    assert_eq!(checked.blocked_cids, [&*cid]);

    // Its own wish counts more, a list is its owner's alone, and conversations must exist.
    let joined = alice
        .conv(command::add(&cid, &["alice"]), OpType::Added)
        .await;
    assert_eq!(joined.allowed_pids, ["alice"]);
    for frame in [own(OpType::Block, &[&cid]), own(OpType::Query, &[])] {
        assert_eq!(carol.refused(frame).await.code, 4320);
    }
    let unknown = own(OpType::Block, &[&cid, "555555555555555555555555"]);
    assert_eq!(alice.refused(unknown).await.code, 4303);

    alice
        .blacklist(own(OpType::Unblock, &[&other]), OpType::Unblocked)
        .await;
    let added = dave
        .conv(command::add(&other, &["alice"]), OpType::Added)
        .await;
    assert_eq!(added.allowed_pids, ["alice"]);
}

/// Lets another member say something and returns the conversation events that reached a client
/// before it.
async fn told_until_now(client: &mut Client, other: &mut Client, cid: &str) -> Vec<i32> {
    other.say(cid, "now").await;
    let mut told = Vec::new();
    loop {
        let event = client.next_event().await;
        if event.direct_message.is_some() {
            return told;
        }
        told.push(event.op.expect("op"));
    }
}

#[tokio::test]
async fn a_join_at_the_time_of_a_block_or_a_kick_ends_as_the_row_and_the_events_say() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let join = || command::add(&cid, &["bob"]);
    let in_row = |row: &Value| row["m"].as_array().expect("m").contains(&json!("bob"));
    for round in 0..10 {
        let (joined, blocked) = tokio::join!(
            bob.conv(join(), OpType::Added),
            alice.blacklist(command::block(&cid, &["bob"]), OpType::Blocked),
        );
        // Whoever came first: in the end a blocked client is no member.
        assert_eq!(blocked.allowed_pids, ["bob"]);
        assert_eq!(joined.allowed_pids.len() + joined.failed_pids.len(), 1);
        assert!(!in_row(&alice.row(&cid).await), "{round}");
        let mut is_member = round == 0;
        for operation in told_until_now(&mut alice, &mut carol, &cid).await {
            if operation == OpType::MembersJoined as i32 {
                assert!(!is_member, "joined twice");
                is_member = true;
            } else if operation == OpType::MembersLeft as i32 {
                assert!(is_member, "left twice");
                is_member = false;
            }
        }
        assert!(!is_member, "every join is followed by its end");
        alice
            .blacklist(command::unblock(&cid, &["bob"]), OpType::Unblocked)
            .await;
        bob.conv(join(), OpType::Added).await;
        told_until_now(&mut alice, &mut carol, &cid).await;

        let (removed, joined) = tokio::join!(
            alice.conv(command::remove(&cid, &["bob"]), OpType::Removed),
            bob.conv(join(), OpType::Added),
        );
        assert_eq!(removed.allowed_pids, ["bob"]);
        assert_eq!(joined.allowed_pids, ["bob"]);
        let mut is_member = true;
        for operation in told_until_now(&mut alice, &mut carol, &cid).await {
            is_member = operation == OpType::MembersJoined as i32;
        }
        assert_eq!(in_row(&alice.row(&cid).await), is_member, "{round}");
        bob.conv(command::remove(&cid, &["bob"]), OpType::Removed)
            .await;
        told_until_now(&mut alice, &mut carol, &cid).await;
        bob.take_arrived();
        carol.take_arrived();
    }
}

#[tokio::test]
async fn a_room_joined_at_the_time_of_a_block_is_left_again() {
    let server = TestServer::start().await;
    let [mut alice, mut bob] = scene::logins(&server, ["alice", "bob"]).await;
    let room = scene::open_room(&mut alice).await;
    for round in 0..20 {
        let (_, blocked) = tokio::join!(
            bob.conv(command::add(&room, &["bob"]), OpType::Added),
            alice.blacklist(command::block(&room, &["bob"]), OpType::Blocked),
        );
        assert_eq!(blocked.allowed_pids, ["bob"]);
        let count = command::on(OpType::Count, &room);
        assert_eq!(
            alice.conv(count, OpType::Result).await.count,
            Some(1),
            "{round}"
        );
        alice
            .blacklist(command::unblock(&room, &["bob"]), OpType::Unblocked)
            .await;
    }
}
