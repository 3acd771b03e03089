//! One device per client and tag.

use parlor_testkit::{APP_ID, Client, TestServer, command};
use parlor_wire::proto::{CommandType, GenericCommand, OpType, ReportCommand, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;

use crate::scene;

const TAG: &str = "Mobile";

/// A login of alice that a user asks for.
fn log_in(tag: &str, device: &str) -> SessionCommand {
    SessionCommand {
        ua: Some("js/5".to_owned()),
        tag: Some(tag.to_owned()),
        device_id: (!device.is_empty()).then(|| device.to_owned()),
        config_bitmap: Some(command::FULL_BITMAP),
        ..SessionCommand::default()
    }
}

/// A login of alice that an SDK repeats by itself.
fn come_back(tag: &str, device: &str) -> SessionCommand {
    SessionCommand {
        r: Some(true),
        ..log_in(tag, device)
    }
}

fn with_token(st: &str) -> SessionCommand {
    SessionCommand {
        r: Some(true),
        st: Some(st.to_owned()),
        ua: Some("js/5".to_owned()),
        config_bitmap: Some(command::FULL_BITMAP),
        ..SessionCommand::default()
    }
}

fn open(body: SessionCommand) -> GenericCommand {
    command::open_with(APP_ID, "alice", body)
}

async fn connect(server: &TestServer) -> Client {
    Client::connect(server, Subprotocol::Protobuf2V3).await
}

/// Logs alice in and returns her token.
async fn opened(client: &mut Client, body: SessionCommand) -> String {
    let reply = client.request(open(body)).await;
    assert_eq!(reply.op, Some(OpType::Opened as i32), "{reply:?}");
    reply.session_message.and_then(|body| body.st).expect("st")
}

/// Fails to log alice in because another device comes first.
async fn conflict(client: &mut Client, body: SessionCommand) {
    let reply = client.request(open(body)).await;
    assert_eq!(reply.op, Some(OpType::Closed as i32), "{reply:?}");
    expect_conflict(reply);
}

fn expect_conflict(closed: GenericCommand) {
    assert_eq!(closed.peer_id.as_deref(), Some("alice"));
    let body = closed.session_message.expect("a session message");
    assert_eq!(body.code, Some(4111));
    assert_eq!(body.reason.as_deref(), Some("SESSION_CONFLICT"));
}

async fn expect_kicked_off(client: &mut Client) {
    let closed = client
        .expect_event(CommandType::Session, Some(OpType::Closed))
        .await;
    expect_conflict(closed);
}

async fn is_logged_in(client: &mut Client) -> bool {
    let reply = client
        .request_as("alice", command::online(&["alice"]))
        .await;
    match reply.error_message {
        None => true,
        Some(error) => {
            assert_eq!(error.code, 4105);
            false
        }
    }
}

#[tokio::test]
async fn w33_a_second_device_ends_the_first_ones_session() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    let old = opened(&mut first, log_in(TAG, "dev1")).await;
    opened(&mut second, log_in(TAG, "dev2")).await;
    expect_kicked_off(&mut first).await;
    assert!(!is_logged_in(&mut first).await);
    assert!(is_logged_in(&mut second).await);
    second.expect_none().await;

    // What is said to alice reaches the second device only.
    let mut bob = Client::login(&server, "bob").await;
    let cid = scene::start(&mut bob, &["alice", "bob"]).await;
    scene::expect_start(&mut second).await;
    scene::expect_start(&mut bob).await;
    scene::fence(&cid, &mut bob, &mut [&mut second]).await;
    first.expect_none().await;

    let refresh = command::session(
        OpType::Refresh,
        SessionCommand {
            st: Some(old),
            ..SessionCommand::default()
        },
    );
    let refused = first.request_as("alice", refresh).await;
    assert_eq!(refused.error_message.expect("an error").code, 4111);
}

#[tokio::test]
async fn w34_who_comes_back_by_itself_does_not_take_the_tag() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    let old = opened(&mut first, log_in(TAG, "dev1")).await;
    opened(&mut second, log_in(TAG, "dev2")).await;
    expect_kicked_off(&mut first).await;

    conflict(&mut first, come_back(TAG, "dev1")).await;
    conflict(&mut first, with_token(&old)).await;
    // A token's own tag and device count, whatever comes along.
    let token_and_identity = SessionCommand {
        st: Some(old),
        ..come_back(TAG, "dev2")
    };
    conflict(&mut first, token_and_identity).await;
    second.expect_none().await;
    assert!(is_logged_in(&mut second).await);

    opened(&mut first, come_back(TAG, "dev2")).await;
    assert!(is_logged_in(&mut first).await);
    second.expect_none().await;
}

#[tokio::test]
async fn w34_a_holder_survives_its_socket_and_the_server() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    let old = opened(&mut first, log_in(TAG, "dev1")).await;
    let st = opened(&mut second, log_in(TAG, "dev2")).await;
    first.drop_socket();
    second.drop_socket();

    let server = server.restart().await;
    let mut first = connect(&server).await;
    conflict(&mut first, with_token(&old)).await;
    conflict(&mut first, come_back(TAG, "dev1")).await;
    let mut second = connect(&server).await;
    opened(&mut second, with_token(&st)).await;
    opened(&mut second, come_back(TAG, "dev2")).await;
}

#[tokio::test]
async fn a_holder_that_logs_out_leaves_the_tag_to_anybody() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    opened(&mut first, log_in(TAG, "dev1")).await;
    conflict(&mut second, come_back(TAG, "dev2")).await;
    first.request(command::close()).await;
    opened(&mut second, come_back(TAG, "dev2")).await;
    conflict(&mut first, come_back(TAG, "dev1")).await;
}

#[tokio::test]
async fn w35_a_user_who_logs_in_again_takes_the_tag_back() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    opened(&mut first, log_in(TAG, "dev1")).await;
    let st = opened(&mut second, log_in(TAG, "dev2")).await;
    expect_kicked_off(&mut first).await;
    opened(&mut first, log_in(TAG, "dev1")).await;
    expect_kicked_off(&mut second).await;
    conflict(&mut second, with_token(&st)).await;
    // A login that a user asks for starts over instead of being told to stay away.
    let asked_for = SessionCommand {
        r: None,
        ..with_token(&st)
    };
    assert_eq!(second.refused(open(asked_for)).await.code, 4112);
    assert!(is_logged_in(&mut first).await);
}

#[tokio::test]
async fn w36_without_a_tag_or_under_another_one_devices_live_side_by_side() {
    let server = TestServer::start().await;
    let mut clients = Vec::new();
    for (tag, device) in [
        ("", "dev1"),
        ("", "dev2"),
        ("default", "dev3"),
        ("default", "dev4"),
        (TAG, "dev5"),
        ("Web", "dev6"),
    ] {
        let mut client = connect(&server).await;
        opened(&mut client, log_in(tag, device)).await;
        clients.push(client);
    }
    let mut bob = Client::login(&server, "bob").await;
    let cid = scene::start(&mut bob, &["alice", "bob"]).await;
    scene::expect_start(&mut bob).await;
    for client in &mut clients {
        scene::expect_start(client).await;
    }
    let mut devices: Vec<&mut Client> = clients.iter_mut().collect();
    scene::fence(&cid, &mut bob, &mut devices).await;
}

#[tokio::test]
async fn w37_a_refusal_has_the_shape_that_the_sdk_understands() {
    let server = TestServer::start().await;
    let mut first = connect(&server).await;
    opened(&mut first, log_in(TAG, "dev1")).await;

    let mut second = connect(&server).await;
    for (ua, with_serial, is_error) in [
        (Some("js/5.0.0-rc.8"), true, false),
        (Some("LeanCloud-Swift-SDK/17.10.1"), true, false),
        (Some("LeanCloud-CSharp-SDK/2.0.0"), true, true),
        (Some("LeanCloud-Java-SDK/8.2.28"), true, true),
        (Some("android/4.7.11"), true, true),
        // Java that comes back by itself sends no serial number and expects `closed`; so does
        // C#, which leaves its name out.
        (Some("LeanCloud-Java-SDK/8.2.28"), false, false),
        (None, true, false),
    ] {
        let frame = open(SessionCommand {
            ua: ua.map(str::to_owned),
            ..come_back(TAG, "dev2")
        });
        let reply = if with_serial {
            second.request(frame).await
        } else {
            second.send(&frame).await;
            second.next_event().await
        };
        if is_error {
            let error = reply.error_message.expect("an error");
            assert_eq!((error.code, &*error.reason), (4111, "SESSION_CONFLICT"));
        } else {
            assert_eq!(reply.op, Some(OpType::Closed as i32), "{ua:?}");
            expect_conflict(reply);
        }
    }
    first.expect_none().await;
}

#[tokio::test]
async fn w38_a_reported_device_token_is_the_identity_from_then_on() {
    let server = TestServer::start().await;
    let ios = |r: bool, token: &str| {
        open(SessionCommand {
            r: Some(r),
            tag: Some(TAG.to_owned()),
            device_token: Some(token.to_owned()),
            ua: Some("LeanCloud-Swift-SDK/17".to_owned()),
            config_bitmap: Some(command::FULL_BITMAP),
            ..SessionCommand::default()
        })
    };
    let report = |token: &str| GenericCommand {
        report_message: Some(ReportCommand {
            initiative: Some(true),
            r#type: Some("token".to_owned()),
            data: Some(token.to_owned()),
        }),
        ..command::bare(CommandType::Report, Some(OpType::Upload))
    };
    let mut alice = connect(&server).await;
    let reply = alice.request(ios(false, "U")).await;
    assert_eq!(reply.op, Some(OpType::Opened as i32));
    let uploaded = alice.request(report("V")).await;
    assert_eq!(uploaded.cmd, Some(CommandType::Report as i32));
    assert_eq!(uploaded.op, Some(OpType::Uploaded as i32));
    // Without a serial number there is nothing to answer.
    alice.send(&report("W")).await;
    alice.expect_none().await;
    alice.drop_socket();

    let mut alice = connect(&server).await;
    conflict(&mut alice, come_back(TAG, "U")).await;
    conflict(&mut alice, come_back(TAG, "V")).await;
    let reply = alice.request(ios(true, "W")).await;
    assert_eq!(reply.op, Some(OpType::Opened as i32), "{reply:?}");
}

#[tokio::test]
async fn a_device_that_logs_in_again_replaces_its_own_session_silently() {
    let server = TestServer::start().await;
    let mut lost = connect(&server).await;
    let old = opened(&mut lost, log_in(TAG, "dev1")).await;
    let mut alice = connect(&server).await;
    opened(&mut alice, log_in(TAG, "dev1")).await;
    lost.expect_none().await;
    assert!(!is_logged_in(&mut lost).await);
    assert!(is_logged_in(&mut alice).await);
    assert_eq!(lost.refused(open(with_token(&old))).await.code, 4112);
}

#[tokio::test]
async fn a_device_without_identity_comes_back_when_nobody_is_there() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (connect(&server).await, connect(&server).await);
    opened(&mut first, log_in(TAG, "")).await;
    conflict(&mut second, come_back(TAG, "")).await;
    first.drop_socket();
    // The server notices the lost socket a moment later.
    parlor_testkit::eventually("alice to be gone", || async {
        let mut bob = Client::login(&server, "bob").await;
        let reply = bob.request(command::online(&["alice"])).await;
        let online = reply.session_message.expect("a session message");
        online.online_session_peer_ids.is_empty().then_some(())
    })
    .await;
    opened(&mut second, come_back(TAG, "")).await;
}

#[tokio::test]
async fn siblings_on_the_socket_of_an_ended_session_stay() {
    let server = TestServer::start().await;
    let mut shared = connect(&server).await;
    opened(&mut shared, log_in(TAG, "dev1")).await;
    shared.open("bob").await;
    let mut second = connect(&server).await;
    opened(&mut second, log_in(TAG, "dev2")).await;
    expect_kicked_off(&mut shared).await;

    // Without a name the first session that is left is meant.
    let reply = shared.request(command::online(&["alice", "bob"])).await;
    assert_eq!(reply.peer_id.as_deref(), Some("bob"));
    let mut carol = Client::login(&server, "carol").await;
    let cid = scene::start(&mut carol, &["bob", "carol"]).await;
    scene::expect_start(&mut carol).await;
    scene::expect_start(&mut shared).await;
    scene::fence(&cid, &mut carol, &mut [&mut shared]).await;
}

#[tokio::test]
async fn an_ended_session_leaves_its_chat_room() {
    let server = TestServer::start().await;
    let mut first = connect(&server).await;
    opened(&mut first, log_in(TAG, "dev1")).await;
    let room = command::conv(
        OpType::Start,
        parlor_wire::proto::ConvCommand {
            transient: Some(true),
            ..parlor_wire::proto::ConvCommand::default()
        },
    );
    let cid = first.conv(room, OpType::Started).await.cid.expect("cid");
    first
        .conv(command::add(&cid, &["alice"]), OpType::Added)
        .await;
    let mut bob = Client::login(&server, "bob").await;
    bob.conv(command::add(&cid, &["bob"]), OpType::Added).await;
    let counted = bob.conv(command::on(OpType::Count, &cid), OpType::Result);
    assert_eq!(counted.await.count, Some(2));

    let mut second = connect(&server).await;
    opened(&mut second, log_in(TAG, "dev2")).await;
    expect_kicked_off(&mut first).await;
    let counted = bob.conv(command::on(OpType::Count, &cid), OpType::Result);
    assert_eq!(counted.await.count, Some(1));
    bob.say(&cid, "anybody?").await;
    first.expect_none().await;
}

#[tokio::test]
async fn of_devices_that_log_in_at_the_same_moment_exactly_one_stays() {
    let server = TestServer::start().await;
    for round in 0..15 {
        let mut devices = Vec::new();
        for _ in 0..4 {
            devices.push(connect(&server).await);
        }
        let logins = devices
            .iter_mut()
            .enumerate()
            .map(|(n, device)| async move {
                let body = log_in(TAG, &format!("dev{round}-{n}"));
                let reply = device.request(open(body)).await;
                (reply.op == Some(OpType::Opened as i32), reply)
            });
        let replies = futures_util::future::join_all(logins).await;
        let mut staying = 0;
        for (device, (was_opened, reply)) in devices.iter_mut().zip(replies) {
            if !was_opened {
                expect_conflict(reply);
            }
            if is_logged_in(device).await {
                assert!(was_opened);
                staying += 1;
                assert!(device.arrived().is_empty());
            } else if was_opened {
                expect_kicked_off(device).await;
            }
        }
        assert_eq!(staying, 1, "round {round}");
    }
}
