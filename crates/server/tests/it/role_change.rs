//! Roles: who may give them, and what they allow.

use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::{ConvCommand, OpType, SessionCommand};
use serde_json::json;

use crate::scene;

const UNAUTHORIZED: (i32, &str) = (4320, "CONVERSATION_OPERATION_UNAUTHORIZED");

#[tokio::test]
async fn c39_only_the_owner_gives_roles_and_only_known_ones_to_members() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    let refused = bob.refused(command::role(&cid, "bob", "Manager")).await;
    assert_eq!((refused.code, &*refused.reason), UNAUTHORIZED);
    scene::promote(&cid, &mut alice, "bob", &mut [&mut bob, &mut carol]).await;
    let not_member = (4317, "CONVERSATION_MEMBERSHIP_REQUIRED");
    // A manager is no owner, not even over itself.
    let by_bob = [
        ("carol", "Manager", UNAUTHORIZED),
        ("bob", "Member", UNAUTHORIZED),
    ];
    let by_alice = [
        ("bob", "Owner", UNAUTHORIZED),
        ("alice", "Manager", UNAUTHORIZED),
        ("bob", "Boss", (4321, "UNKNOWN_CONVERSATION_ROLE")),
        ("dave", "Manager", not_member),
    ];
    let by_mallory = [("bob", "Member", not_member)];
    for (client, attempts) in [
        (&mut bob, &by_bob[..]),
        (&mut alice, &by_alice),
        (&mut mallory, &by_mallory),
    ] {
        for (target, role, expected) in attempts {
            let refused = client.refused(command::role(&cid, target, role)).await;
            assert_eq!(
                (refused.code, &*refused.reason),
                *expected,
                "{target} {role}"
            );
        }
    }
    let unknown = command::role("555555555555555555555555", "bob", "Boss");
    let refused = alice.refused(unknown).await;
    assert_eq!(refused.code, 4303, "existence comes before the role");
    scene::fence(&cid, &mut alice, &mut [&mut bob, &mut carol]).await;
    for client in [&mut alice, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c40_every_member_hears_of_a_new_role_once() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    let [mut desk] = scene::logins(&server, ["alice"]).await;
    let before = alice.row(&cid).await;
    for role in ["Manager", "Member"] {
        let reply = alice
            .conv(command::role(&cid, "bob", role), OpType::MemberInfoUpdated)
            .await;
        assert!(alice.arrived().is_empty(), "the reply comes first");
        let given = reply.info.expect("info");
        assert_eq!(reply.cid.as_deref(), Some(&*cid));
        assert_eq!(given.role.as_deref(), Some(role));
        for client in [&mut alice, &mut desk, &mut bob, &mut carol] {
            let event = client.next_event().await;
            assert_eq!(
                event.op,
                Some(OpType::MemberInfoChanged as i32),
                "{event:?}"
            );
            assert_eq!(event.notification_type, Some(1));
            let event = event.conv_message.expect("a conv message");
            assert_eq!(event.cid.as_deref(), Some(&*cid));
            assert_eq!(event.init_by.as_deref(), Some("alice"));
            assert_eq!(event.info.as_ref(), Some(&given));
        }
        // The same again changes nothing, and nobody hears of it.
        alice
            .conv(command::role(&cid, "bob", role), OpType::MemberInfoUpdated)
            .await;
    }
    assert_eq!(alice.row(&cid).await, before, "a role is no column");
    scene::fence(&cid, &mut alice, &mut [&mut desk, &mut bob, &mut carol]).await;
    for client in [&mut alice, &mut desk, &mut bob, &mut carol] {
        client.expect_none().await;
    }
}

#[tokio::test]
async fn c19_a_creator_may_quit_and_join_while_there_are_no_managers() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    alice
        .conv(command::remove(&cid, &["alice"]), OpType::Removed)
        .await;
    assert_eq!(bob.row(&cid).await["m"], json!(["bob"]));
    assert_eq!(bob.row(&cid).await["c"], "alice");
    // Somebody who left gives no roles, and is the owner again on return.
    let promotion = || command::role(&cid, "bob", "Manager");
    assert_eq!(alice.refused(promotion()).await.code, 4317);
    alice
        .conv(command::add(&cid, &["alice"]), OpType::Added)
        .await;
    assert_eq!(bob.row(&cid).await["m"], json!(["bob", "alice"]));
    alice.conv(promotion(), OpType::MemberInfoUpdated).await;
}

#[tokio::test]
async fn c20_an_owner_of_managers_cannot_leave_and_the_rest_of_a_removal_succeeds() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    scene::promote(&cid, &mut alice, "bob", &mut [&mut bob, &mut carol]).await;

    let quit = alice
        .conv(command::remove(&cid, &["alice"]), OpType::Removed)
        .await;
    assert_eq!(quit.allowed_pids, [""; 0]);
    assert_eq!(quit.failed_pids[0].reason, "CONVERSATION_NEED_OWNER");
    assert_eq!(
        scene::failures(&quit.failed_pids),
        [(4324, vec!["alice".to_owned()])]
    );

    let removed = alice
        .conv(command::remove(&cid, &["alice", "carol"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["carol"]);
    assert_eq!(
        scene::failures(&removed.failed_pids),
        [(4324, vec!["alice".to_owned()])]
    );
    let left = bob.expect_conv(OpType::MembersLeft).await;
    assert_eq!(left.m, ["carol"]);
    assert_eq!(alice.row(&cid).await["m"], json!(["alice", "bob"]));
}

#[tokio::test]
async fn c20_managers_remove_members_only_and_members_nobody() {
    let server = TestServer::start().await;
    let names = ["alice", "bob", "ben", "carol", "cleo"];
    let (cid, [mut alice, mut bob, mut ben, mut carol, mut cleo]) =
        scene::chat(&server, names).await;
    scene::promote(&cid, &mut alice, "bob", &mut []).await;
    scene::promote(&cid, &mut alice, "ben", &mut []).await;

    let removed = carol
        .conv(
            command::remove(&cid, &["cleo", "stranger"]),
            OpType::Removed,
        )
        .await;
    assert_eq!(
        removed.allowed_pids,
        ["stranger"],
        "who is no member is gone"
    );
    assert_eq!(
        scene::failures(&removed.failed_pids),
        [(4320, vec!["cleo".to_owned()])]
    );

    let everybody = command::remove(&cid, &["alice", "ben", "carol"]);
    let removed = bob.conv(everybody, OpType::Removed).await;
    assert_eq!(removed.allowed_pids, ["carol"]);
    assert_eq!(
        scene::failures(&removed.failed_pids),
        [(4320, vec!["alice".to_owned(), "ben".to_owned()])]
    );
    // Managers and members may always leave.
    bob.conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    cleo.conv(command::remove(&cid, &["cleo"]), OpType::Removed)
        .await;
    // The owner stands above managers.
    let removed = alice
        .conv(command::remove(&cid, &["ben"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["ben"]);
    assert_eq!(ben.row(&cid).await["m"], json!(["alice"]));
}

#[tokio::test]
async fn leaving_ends_a_role() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob, mut carol]) =
        scene::chat(&server, ["alice", "bob", "carol"]).await;
    scene::promote(&cid, &mut alice, "bob", &mut [&mut bob, &mut carol]).await;
    bob.conv(command::remove(&cid, &["bob"]), OpType::Removed)
        .await;
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    // The only manager is gone, so every member may remove everybody again.
    let removed = carol
        .conv(command::remove(&cid, &["bob", "alice"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["bob", "alice"]);
    assert_eq!(scene::failures(&removed.failed_pids), []);
}

#[tokio::test]
async fn w51_a_session_without_partial_failures_gets_one_error_and_nothing_happens() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    scene::promote(&cid, &mut alice, "bob", &mut [&mut bob]).await;
    let body = SessionCommand {
        config_bitmap: Some(0x9B),
        ..SessionCommand::default()
    };
    let mut old = scene::login_with(&server, "alice", body).await;
    let refused = old.refused(command::remove(&cid, &["bob", "alice"])).await;
    assert_eq!(
        (refused.code, &*refused.reason),
        (4324, "CONVERSATION_NEED_OWNER")
    );
    assert_eq!(refused.pids, ["alice"]);
    assert_eq!(alice.row(&cid).await["m"], json!(["alice", "bob"]));
    // With the bit the same request does what it can.
    let removed = alice
        .conv(command::remove(&cid, &["bob", "alice"]), OpType::Removed)
        .await;
    assert_eq!(removed.allowed_pids, ["bob"]);
    assert_eq!(
        scene::failures(&removed.failed_pids),
        [(4324, vec!["alice".to_owned()])]
    );
}

#[tokio::test]
async fn no_more_managers_than_configured_and_none_when_switched_off() {
    let server = TestServer::builder()
        .configure(|config| config.moderation.max_managers = 1)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    alice
        .conv(command::add(&cid, &["bob", "carol"]), OpType::Added)
        .await;
    let promotion = |name| command::role(&cid, name, "Manager");
    alice
        .conv(promotion("bob"), OpType::MemberInfoUpdated)
        .await;
    let refused = alice.refused(promotion("carol")).await;
    assert_eq!(
        (refused.code, &*refused.reason),
        (4322, "CONVERSATION_MEMBER_IN_ROLE_FULL")
    );
    // Who is a manager already takes no further place.
    alice
        .conv(promotion("bob"), OpType::MemberInfoUpdated)
        .await;

    let server = TestServer::builder()
        .configure(|config| config.moderation.roles = false)
        .start()
        .await;
    let (cid, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let refused = alice.refused(command::role(&cid, "alice", "Manager")).await;
    assert_eq!(
        (refused.code, &*refused.reason),
        (4325, "CONVERSATION_MEMBER_INFO_FEATURE_DISABLED")
    );
}

#[tokio::test]
async fn rooms_have_no_roles() {
    let server = TestServer::start().await;
    let [mut alice] = scene::logins(&server, ["alice"]).await;
    let room = scene::open_room(&mut alice).await;
    let refused = alice.refused(command::role(&room, "bob", "Manager")).await;
    assert_eq!(
        (refused.code, &*refused.reason),
        (4314, "NORMAL_CONVERSATION_REQUIRED")
    );
}

/// Waits for the next message and returns the roles that were told before it.
async fn roles_told(client: &mut Client) -> Vec<String> {
    let mut roles = Vec::new();
    loop {
        let event = client.next_event().await;
        let Some(body) = event.conv_message else {
            return roles;
        };
        roles.extend(body.info.and_then(|info| info.role));
    }
}

#[tokio::test]
async fn two_changes_of_one_role_at_once_end_as_the_last_event_says() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let [mut desk] = scene::logins(&server, ["alice"]).await;
    let mut role = "Member".to_owned();
    for _ in 0..10 {
        let (up, down) = tokio::join!(
            alice.conv(
                command::role(&cid, "bob", "Manager"),
                OpType::MemberInfoUpdated
            ),
            desk.conv(
                command::role(&cid, "bob", "Member"),
                OpType::MemberInfoUpdated
            ),
        );
        let id = |reply: ConvCommand| reply.info.and_then(|info| info.info_id);
        assert_eq!(id(up), id(down), "one member has one role");
        alice.say(&cid, "done").await;
        for told in roles_told(&mut bob).await {
            assert_ne!(told, role, "every event is a change from the one before");
            role = told;
        }
        // The last one is the truth: a manager is in the owner's way, a member is not.
        let quit = alice
            .conv(command::remove(&cid, &["alice"]), OpType::Removed)
            .await;
        assert_eq!(quit.failed_pids.is_empty(), role == "Member", "{role}");
        alice
            .conv(command::add(&cid, &["alice"]), OpType::Added)
            .await;
        alice.say(&cid, "back").await;
        assert_eq!(roles_told(&mut bob).await, [""; 0]);
    }
}
