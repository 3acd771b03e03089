//! Silenced members: told, listed, and kept from sending.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{AckCommand, DirectCommand, GenericCommand, OpType};

use crate::scene;

/// Checks that a message was refused as one of a silenced sender.
fn expect_silenced(ack: &AckCommand) {
    assert_eq!(ack.code, Some(4563), "{ack:?}");
    assert_eq!(ack.reason.as_deref(), Some("SILIENCED"));
    assert!(ack.uid.is_some() && ack.t.is_some(), "{ack:?}");
}

fn transient(cid: &str) -> GenericCommand {
    command::direct(DirectCommand {
        cid: Some(cid.to_owned()),
        msg: Some("psst".to_owned()),
        transient: Some(true),
        ..DirectCommand::default()
    })
}

/// Reads a whole list page by page and returns the sizes of the pages.
async fn pages(client: &mut Client, cid: &str, limit: Option<i32>) -> (Vec<usize>, Vec<String>) {
    let mut sizes = Vec::new();
    let mut listed = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = command::silenced(cid, limit, next.as_deref());
        let page = client.conv(page, OpType::ShutupResult).await;
        sizes.push(page.m.len());
        listed.extend(page.m);
        next = page.next;
        if next.is_none() {
            return (sizes, listed);
        }
    }
}

#[tokio::test]
async fn c41_a_silenced_member_and_the_others_are_told_and_its_messages_refused() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut desk] = scene::logins(&server, ["bob"]).await;
    let before = alice.row(&cid).await;

    let reply = alice
        .conv(command::silence(&cid, &["bob", "bob"]), OpType::ShutupAdded)
        .await;
    assert!(alice.arrived().is_empty(), "the reply comes first");
    assert_eq!(reply.cid.as_deref(), Some(&*cid));
    assert_eq!(reply.allowed_pids, ["bob"]);
    assert!(reply.failed_pids.is_empty());
    for client in [&mut bob, &mut desk] {
        let told = client.next_event().await;
        assert_eq!(told.op, Some(OpType::Shutuped as i32), "{told:?}");
        assert_eq!(told.notification_type, Some(1));
        let told = told.conv_message.expect("a conv message");
        assert_eq!(told.cid.as_deref(), Some(&*cid));
        assert_eq!(told.init_by.as_deref(), Some("alice"));
    }
    for client in [&mut alice, &mut bob, &mut desk, &mut carol] {
        let told = client.expect_conv(OpType::MembersShutuped).await;
        assert_eq!(told.m, ["bob"]);
        assert_eq!(told.init_by.as_deref(), Some("alice"));
    }
    expect_silenced(&bob.direct(command::text(&cid, "hey")).await);
    expect_silenced(&desk.direct(transient(&cid)).await);
    // Silencing again changes nothing; who is silenced still listens.
    alice
        .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
        .await;
    scene::fence(&cid, &mut alice, &mut [&mut bob, &mut desk, &mut carol]).await;

    let reply = alice
        .conv(command::unsilence(&cid, &["bob"]), OpType::ShutupRemoved)
        .await;
    assert_eq!(reply.allowed_pids, ["bob"]);
    for client in [&mut bob, &mut desk] {
        let told = client.expect_conv(OpType::Unshutuped).await;
        assert_eq!(told.init_by.as_deref(), Some("alice"));
    }
    for client in [&mut alice, &mut bob, &mut desk, &mut carol] {
        let told = client.expect_conv(OpType::MembersUnshutuped).await;
        assert_eq!(told.m, ["bob"]);
    }
    alice
        .conv(
            command::unsilence(&cid, &["bob", "carol"]),
            OpType::ShutupRemoved,
        )
        .await;
    scene::fence(&cid, &mut bob, &mut [&mut alice, &mut desk, &mut carol]).await;
    for client in [&mut alice, &mut bob, &mut desk, &mut carol] {
        client.expect_none().await;
    }
    let after = alice.row(&cid).await;
    assert_eq!(after["updatedAt"], before["updatedAt"], "no column changed");
}

#[tokio::test]
async fn c41_a_silenced_member_does_not_speak_by_editing_but_may_recall() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let said = bob.say(&cid, "before").await;
    alice
        .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
        .await;
    let refused = bob.refused(command::edit(&cid, &said, "after")).await;
    assert_eq!((refused.code, &*refused.reason), (4563, "SILIENCED"));
    let recalled = bob.request(command::recall(&cid, &said)).await;
    assert_eq!(recalled.op, Some(OpType::Modified as i32), "{recalled:?}");
}

#[tokio::test]
async fn c41_rank_decides_who_silences_whom() {
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
    scene::promote(
        &cid,
        &mut alice,
        "ben",
        &mut [&mut bob, &mut ben, &mut carol],
    )
    .await;

    let refused = carol
        .refused(command::silence(&cid, &["carol", "bob"]))
        .await;
    assert_eq!(
        (refused.code, &*refused.reason),
        (4320, "CONVERSATION_OPERATION_UNAUTHORIZED")
    );
    assert_eq!(refused.pids, ["carol", "bob"]);
    let silenced = bob
        .conv(
            command::silence(&cid, &["alice", "bob", "ben", "carol", "dave"]),
            OpType::ShutupAdded,
        )
        .await;
    assert_eq!(silenced.allowed_pids, ["carol"]);
    assert_eq!(
        scene::failures(&silenced.failed_pids),
        [
            (4320, scene::texts(&["alice", "bob", "ben"])),
            (4317, scene::texts(&["dave"]))
        ]
    );
    // The owner stands above managers, who cannot help themselves then.
    alice
        .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
        .await;
    expect_silenced(&bob.direct(command::text(&cid, "hey")).await);
    let refused = bob.refused(command::unsilence(&cid, &["bob"])).await;
    assert_eq!(refused.code, 4320);
    assert_eq!(refused.pids, ["bob"]);
    assert_eq!(
        alice.refused(command::silence(&cid, &["alice"])).await.code,
        4320
    );
    let mut mallory = Client::login(&server, "mallory").await;
    assert_eq!(
        mallory.refused(command::silence(&cid, &["bob"])).await.code,
        4317
    );
}

#[tokio::test]
async fn c43_the_list_comes_in_pages_and_the_last_has_no_cursor() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    // Ids whose order is not that of their silencing.
    let names: Vec<String> = (0..25).map(|n| format!("m{}", (n * 7) % 25)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    alice.conv(command::add(&cid, &names), OpType::Added).await;
    assert_eq!(pages(&mut bob, &cid, None).await, (vec![0], vec![]));
    for half in names.chunks(13) {
        alice
            .conv(command::silence(&cid, half), OpType::ShutupAdded)
            .await;
    }
    for (limit, sizes) in [
        (None, vec![10, 10, 5]),
        (Some(0), vec![10, 10, 5]),
        (Some(5), vec![5; 5]),
        (Some(25), vec![25]),
        (Some(1000), vec![25]),
    ] {
        assert_eq!(
            pages(&mut bob, &cid, limit).await,
            (sizes, scene::texts(&names)),
            "{limit:?}"
        );
    }
    let first = bob
        .conv(command::silenced(&cid, None, None), OpType::ShutupResult)
        .await;
    assert_eq!(first.next.as_deref(), Some("10"));
    let third = bob
        .conv(
            command::silenced(&cid, None, Some("20")),
            OpType::ShutupResult,
        )
        .await;
    assert_eq!(third.m, names[20..]);
    assert_eq!(third.next, None);
    let beyond = bob
        .conv(
            command::silenced(&cid, None, Some("4294967295")),
            OpType::ShutupResult,
        )
        .await;
    assert_eq!((beyond.m.len(), beyond.next), (0, None));
    let refused = bob.refused(command::silenced(&cid, None, Some("x"))).await;
    assert_eq!(refused.code, 4114);
    let mut mallory = Client::login(&server, "mallory").await;
    let refused = mallory.refused(command::silenced(&cid, None, None)).await;
    assert_eq!(refused.code, 4317);
}

#[tokio::test]
async fn c44_a_check_returns_those_who_are_silenced() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice
        .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
        .await;
    bob.expect_conv(OpType::Shutuped).await;
    for (asked, silenced) in [
        (&["bob"][..], &["bob"][..]),
        (&["alice"], &[]),
        (&["alice", "bob", "nobody"], &["bob"]),
    ] {
        let checked = bob
            .conv(command::check_silenced(&cid, asked), OpType::CheckResult)
            .await;
        assert_eq!(checked.m, silenced, "{asked:?}");
        assert_eq!(checked.cid.as_deref(), Some(&*cid));
    }
}

#[tokio::test]
async fn a_silence_outlives_leaving_and_a_restart() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice
        .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
        .await;
    bob.conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    expect_silenced(&bob.direct(command::text(&cid, "hey")).await);
    drop((alice, bob));
    let server = server.restart().await;
    let [mut bob] = scene::logins(&server, ["bob"]).await;
    expect_silenced(&bob.direct(command::text(&cid, "hey")).await);
}

#[tokio::test]
async fn no_more_silences_than_configured_and_none_when_switched_off() {
    let server = TestServer::builder()
        .configure(|config| config.moderation.max_restricted = 2)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    alice
        .conv(command::add(&cid, &["b", "c", "d", "e"]), OpType::Added)
        .await;
    let silenced = alice
        .conv(
            command::silence(&cid, &["b", "c", "d"]),
            OpType::ShutupAdded,
        )
        .await;
    assert_eq!(silenced.allowed_pids, ["b", "c"]);
    assert_eq!(silenced.failed_pids[0].reason, "SILIENCED_MEMBER_LIST_FULL");
    assert_eq!(
        scene::failures(&silenced.failed_pids),
        [(4561, scene::texts(&["d"]))]
    );
    // Who is on the list already takes no further place.
    let silenced = alice
        .conv(
            command::silence(&cid, &["c", "b", "e"]),
            OpType::ShutupAdded,
        )
        .await;
    assert_eq!(silenced.allowed_pids, ["c", "b"]);
    assert_eq!(
        scene::failures(&silenced.failed_pids),
        [(4561, scene::texts(&["e"]))]
    );

    let server = TestServer::builder()
        .configure(|config| config.moderation.roles = false)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    for frame in [
        command::silence(&cid, &["bob"]),
        command::unsilence(&cid, &["bob"]),
        command::silenced(&cid, None, None),
        command::check_silenced(&cid, &["bob"]),
    ] {
        let refused = alice.refused(frame).await;
        assert_eq!(
            (refused.code, &*refused.reason),
            (4325, "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED")
        );
    }
    let unknown = command::silence("555555555555555555555555", &["bob"]);
    assert_eq!(alice.refused(unknown).await.code, 4303);
}

#[tokio::test]
async fn a_room_silences_whoever_its_creator_says() {
    let server = TestServer::start().await;
    let [mut alice, mut bob, mut carol] = scene::logins(&server, ["alice", "bob", "carol"]).await;
    let room = scene::open_room(&mut alice).await;
    bob.conv(command::add(&room, &["bob"]), OpType::Added).await;
    assert_eq!(
        bob.refused(command::silence(&room, &["alice"])).await.code,
        4320
    );
    // In the room or not: whoever is logged in may speak to it.
    let silenced = alice
        .conv(
            command::silence(&room, &["bob", "carol"]),
            OpType::ShutupAdded,
        )
        .await;
    assert_eq!(silenced.allowed_pids, ["bob", "carol"]);
    for client in [&mut bob, &mut carol] {
        let told = client.expect_conv(OpType::Shutuped).await;
        assert_eq!(told.transient, Some(true));
    }
    for client in [&mut alice, &mut bob] {
        let told = client.expect_conv(OpType::MembersShutuped).await;
        assert_eq!(told.m, ["bob", "carol"]);
        assert_eq!(told.transient, Some(true));
    }
    for client in [&mut bob, &mut carol] {
        expect_silenced(&client.direct(command::text(&room, "hey")).await);
        expect_silenced(&client.direct(transient(&room)).await);
    }
    scene::fence(&room, &mut alice, &mut [&mut bob]).await;
    let listed = carol
        .conv(command::silenced(&room, None, None), OpType::ShutupResult)
        .await;
    assert_eq!(listed.m, ["bob", "carol"]);
    for client in [&mut alice, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn once_a_silence_is_answered_nothing_more_is_sent() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    for _ in 0..10 {
        // Half of the messages are on their way while the silence is written.
        let mut serials = Vec::new();
        for _ in 0..20 {
            serials.push(bob.send_numbered(command::text(&cid, "hey")).await);
        }
        alice
            .conv(command::silence(&cid, &["bob"]), OpType::ShutupAdded)
            .await;
        expect_silenced(&bob.direct(command::text(&cid, "late")).await);
        let mut sent = Vec::new();
        for serial in serials {
            let ack = bob.reply(serial).await.ack_message.expect("an ack");
            match ack.code {
                None => sent.push(ack.uid.expect("uid")),
                Some(code) => assert_eq!(code, 4563),
            }
        }
        alice
            .conv(command::unsilence(&cid, &["bob"]), OpType::ShutupRemoved)
            .await;
        let fence = bob.say(&cid, "again").await;
        // What was acked was delivered, in order, and nothing else.
        let mut heard = Vec::new();
        loop {
            let event = alice.next_event().await;
            let Some(message) = event.direct_message else {
                continue;
            };
            if scene::id_of(&message) == scene::uid(&fence) {
                break;
            }
            heard.push(scene::id_of(&message).to_owned());
        }
        assert_eq!(heard, sent);
        bob.take_arrived();
    }
}
