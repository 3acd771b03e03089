//! Signatures of the app's server, when it asks for them.

use parlor_model::Clock;
use parlor_sign::{Action, AppCredentials, Signed};
use parlor_testkit::{APP_ID, APP_KEY, Client, MASTER_KEY, TestServer, command};
use parlor_wire::proto::{BlacklistCommand, ConvCommand, GenericCommand, OpType, SessionCommand};
use parlor_wire::subprotocol::Subprotocol;

const NONCE: &str = "a nonce";
const HOUR_MS: i64 = 60 * 60 * 1000;

async fn demanding() -> TestServer {
    TestServer::builder()
        .configure(|config| {
            config.signature.login = true;
            config.signature.conversation = true;
            config.signature.blacklist = true;
        })
        .start()
        .await
}

fn now_ms() -> i64 {
    Clock::system().now().as_millis()
}

fn sign_with(master_key: &str, client_id: &str, action: &Action, timestamp: i64) -> String {
    let credentials = AppCredentials {
        id: APP_ID.to_owned(),
        key: APP_KEY.to_owned(),
        master_key: master_key.to_owned(),
        android_key: None,
    };
    let signed = Signed {
        client_id,
        timestamp,
        nonce: NONCE,
    };
    parlor_sign::sign(&credentials, &signed, action)
}

fn open_signed(name: &str, signature: String, timestamp: i64) -> GenericCommand {
    command::open_with(
        APP_ID,
        name,
        SessionCommand {
            s: Some(signature),
            t: Some(timestamp),
            n: Some(NONCE.to_owned()),
            config_bitmap: Some(command::FULL_BITMAP),
            ..SessionCommand::default()
        },
    )
}

fn login_at(name: &str, timestamp: i64) -> GenericCommand {
    let signature = sign_with(MASTER_KEY, name, &Action::Login, timestamp);
    open_signed(name, signature, timestamp)
}

async fn logged_in(server: &TestServer, name: &str) -> Client {
    let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
    let opened = client.request(login_at(name, now_ms())).await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    client
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A conversation command of these members, signed for an action.
fn conv_signed(
    operation: OpType,
    name: &str,
    cid: Option<&str>,
    members: &[&str],
    action: &Action,
) -> GenericCommand {
    let timestamp = now_ms();
    command::conv(
        operation,
        ConvCommand {
            cid: cid.map(str::to_owned),
            m: texts(members),
            s: Some(sign_with(MASTER_KEY, name, action, timestamp)),
            t: Some(timestamp),
            n: Some(NONCE.to_owned()),
            ..ConvCommand::default()
        },
    )
}

#[tokio::test]
async fn w40_logins_need_a_fresh_signature_of_the_master_key() {
    let server = demanding().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let refused = [
        command::open(APP_ID, "Tom"),
        login_at("Tom", now_ms() - 6 * HOUR_MS - 60_000),
        open_signed(
            "Tom",
            sign_with("another", "Tom", &Action::Login, now_ms()),
            now_ms(),
        ),
        open_signed("Tom", sign_with(MASTER_KEY, "Eve", &Action::Login, 1), 1),
        open_signed("Tom", "not hex".to_owned(), now_ms()),
    ];
    for open in refused {
        let error = client.refused(open).await;
        assert_eq!((error.code, &*error.reason), (4102, "SIGNATURE_FAILED"));
    }
    let millis = now_ms();
    let upper = sign_with(MASTER_KEY, "upper", &Action::Login, millis).to_uppercase();
    for open in [
        login_at("millis", millis),
        login_at("seconds", millis / 1000),
        open_signed("upper", upper, millis),
    ] {
        let opened = client.request(open).await;
        assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    }
}

#[tokio::test]
async fn w40_w41_a_valid_token_needs_no_signature_and_a_nonce_may_come_again() {
    let server = demanding().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let open = login_at("Tom", now_ms());
    let opened = client.request(open.clone()).await;
    let token = opened.session_message.and_then(|body| body.st).expect("st");
    client.drop_socket();
    let mut again = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let reopened = again.request(command::reopen(APP_ID, "Tom", &token)).await;
    assert_eq!(reopened.op, Some(OpType::Opened as i32), "{reopened:?}");
    let mut other = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    let repeated = other.request(open).await;
    assert_eq!(repeated.op, Some(OpType::Opened as i32), "{repeated:?}");
}

#[tokio::test]
async fn w42_a_start_may_be_signed_with_or_without_its_creator() {
    let server = demanding().await;
    let mut tom = logged_in(&server, "Tom").await;
    let start = |signed: &[&str]| {
        let action = Action::Start {
            members: texts(signed),
        };
        conv_signed(OpType::Start, "Tom", None, &["Tom", "b", "a"], &action)
    };
    for signed in [&["Tom", "a", "b"][..], &["a", "b"]] {
        tom.conv(start(signed), OpType::Started).await;
        tom.expect_conv(OpType::Joined).await;
        tom.expect_conv(OpType::MembersJoined).await;
    }
    // Members are signed in order: this text is the same list out of order.
    let unsorted = start(&["Tom:b:a"]);
    for open in [start(&["a"]), unsorted, command::start(&["Tom", "a", "b"])] {
        let error = tom.refused(open).await;
        assert_eq!(
            (error.code, &*error.reason),
            (4302, "CONVERSATION_SIGNATURE_FAILED")
        );
    }
}

#[tokio::test]
async fn w43_adding_is_signed_as_invite_and_removing_as_kick_or_invite() {
    let server = demanding().await;
    let mut tom = logged_in(&server, "Tom").await;
    let start = Action::Start {
        members: texts(&["Tom"]),
    };
    let started = conv_signed(OpType::Start, "Tom", None, &["Tom"], &start);
    let cid = tom.conv(started, OpType::Started).await.cid.expect("cid");
    tom.expect_conv(OpType::Joined).await;
    tom.expect_conv(OpType::MembersJoined).await;
    let invite = Action::Invite {
        conversation_id: cid.clone(),
        members: texts(&["a"]),
    };
    let kick = Action::Kick {
        conversation_id: cid.clone(),
        members: texts(&["a"]),
    };
    let change =
        |operation, action: &Action| conv_signed(operation, "Tom", Some(&cid), &["a"], action);

    assert_eq!(tom.refused(change(OpType::Add, &kick)).await.code, 4302);
    for removal in [&kick, &invite] {
        tom.conv(change(OpType::Add, &invite), OpType::Added).await;
        tom.expect_conv(OpType::MembersJoined).await;
        tom.conv(change(OpType::Remove, removal), OpType::Removed)
            .await;
        tom.expect_conv(OpType::MembersLeft).await;
    }
    let unsigned = command::remove(&cid, &["a"]);
    assert_eq!(tom.refused(unsigned).await.code, 4302);
    tom.conv(command::remove(&cid, &["Tom"]), OpType::Removed)
        .await;
}

#[tokio::test]
async fn w43_a_temporary_conversation_starts_unsigned() {
    let server = demanding().await;
    let mut tom = logged_in(&server, "Tom").await;
    let temporary = ConvCommand {
        m: texts(&["Tom", "a"]),
        temp_conv: Some(true),
        ..ConvCommand::default()
    };
    let started = tom
        .conv(command::conv(OpType::Start, temporary), OpType::Started)
        .await;
    assert!(started.cid.expect("cid").starts_with("_tmp:"));
    // Any other kind of start is still refused without a signature.
    let error = tom.refused(command::start(&["Tom", "a"])).await;
    assert_eq!(error.code, 4302);
}

/// A blacklist command with a signature of an action by the name.
fn blacklist_signed(
    operation: OpType,
    body: BlacklistCommand,
    conversation_id: &str,
    name: &str,
) -> GenericCommand {
    let timestamp = now_ms();
    let action = Action::Blacklist {
        conversation_id: conversation_id.to_owned(),
        members: body.to_pids.clone(),
        name: name.to_owned(),
    };
    command::blacklist(
        operation,
        BlacklistCommand {
            s: Some(sign_with(MASTER_KEY, "Tom", &action, timestamp)),
            t: Some(timestamp),
            n: Some(NONCE.to_owned()),
            ..body
        },
    )
}

#[tokio::test]
async fn w44_blocking_is_signed_by_the_name_of_what_is_done() {
    let server = demanding().await;
    let mut tom = logged_in(&server, "Tom").await;
    let start = Action::Start {
        members: texts(&["Tom"]),
    };
    let started = conv_signed(OpType::Start, "Tom", None, &["Tom"], &start);
    let cid = tom.conv(started, OpType::Started).await.cid.expect("cid");
    let clients = || BlacklistCommand {
        src_cid: Some(cid.clone()),
        to_pids: texts(&["b", "a"]),
        ..BlacklistCommand::default()
    };
    let conversations = || BlacklistCommand {
        src_pid: Some("Tom".to_owned()),
        to_cids: vec![cid.clone()],
        ..BlacklistCommand::default()
    };
    let signed = |operation, body, name| blacklist_signed(operation, body, &cid, name);
    for refused in [
        command::block(&cid, &["a"]),
        command::unblock(&cid, &["a"]),
        command::blacklist(OpType::Block, conversations()),
        signed(OpType::Block, clients(), "conversation-unblock-clients"),
        signed(OpType::Block, clients(), "unblock"),
        signed(OpType::Unblock, clients(), "block"),
        signed(OpType::Block, clients(), "kick"),
        signed(OpType::Block, conversations(), "conversation-block-clients"),
        signed(
            OpType::Unblock,
            conversations(),
            "client-block-conversations",
        ),
    ] {
        let refused = tom.refused(refused).await;
        assert_eq!(
            (refused.code, &*refused.reason),
            (4546, "BLACKLIST_SIGNATURE_FAILED")
        );
    }
    for (block, unblock) in [
        ("conversation-block-clients", "conversation-unblock-clients"),
        ("block", "unblock"),
    ] {
        let frame = signed(OpType::Block, clients(), block);
        let reply = tom.blacklist(frame, OpType::Blocked).await;
        assert_eq!(reply.allowed_pids, ["b", "a"]);
        let frame = signed(OpType::Unblock, clients(), unblock);
        tom.blacklist(frame, OpType::Unblocked).await;
    }
    let frame = signed(OpType::Block, conversations(), "client-block-conversations");
    tom.blacklist(frame, OpType::Blocked).await;
    let frame = signed(
        OpType::Unblock,
        conversations(),
        "client-unblock-conversations",
    );
    tom.blacklist(frame, OpType::Unblocked).await;
    // Looking needs no signature, and neither does silencing.
    tom.blacklist(command::blocked(&cid, None, None), OpType::QueryResult)
        .await;
    let refused = tom.refused(command::silence(&cid, &["Tom"])).await;
    assert_eq!(refused.code, 4320);
}
