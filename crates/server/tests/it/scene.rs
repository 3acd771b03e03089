//! Where most tests begin: some clients, logged in, in a conversation.

use parlor_testkit::{Client, MASTER_KEY, TestServer, command};
use parlor_wire::proto::{
    AckCommand, ConvCommand, DirectCommand, ErrorCommand, OpType, SessionCommand,
};
use parlor_wire::subprotocol::Subprotocol;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Logs clients in, each on its own connection.
pub(crate) async fn logins<const N: usize>(server: &TestServer, names: [&str; N]) -> [Client; N] {
    let mut clients = Vec::with_capacity(N);
    for name in names {
        clients.push(Client::login(server, name).await);
    }
    clients.try_into().expect("one client per name")
}

/// Logs clients in and lets the first one start a conversation of all of them. Everybody has
/// taken the events of the start.
pub(crate) async fn chat<const N: usize>(
    server: &TestServer,
    names: [&str; N],
) -> (String, [Client; N]) {
    let mut clients = logins(server, names).await;
    let cid = start(&mut clients[0], &names).await;
    for client in &mut clients {
        expect_start(client).await;
    }
    (cid, clients)
}

/// Starts a new conversation and returns its id; its events are still to come.
pub(crate) async fn start(client: &mut Client, members: &[&str]) -> String {
    let started = client.conv(command::start(members), OpType::Started).await;
    started.cid.expect("cid")
}

/// Starts a room; the client that does is in it.
pub(crate) async fn open_room(client: &mut Client) -> String {
    let start = command::conv(
        OpType::Start,
        ConvCommand {
            transient: Some(true),
            ..ConvCommand::default()
        },
    );
    let started = client.conv(start, OpType::Started).await;
    started.cid.expect("cid")
}

/// Takes the two events that each initial member gets.
pub(crate) async fn expect_start(client: &mut Client) -> (ConvCommand, ConvCommand) {
    let joined = client.expect_conv(OpType::Joined).await;
    let members_joined = client.expect_conv(OpType::MembersJoined).await;
    (joined, members_joined)
}

/// Logs in with exactly these fields of `session/open`.
pub(crate) async fn login_with(server: &TestServer, name: &str, body: SessionCommand) -> Client {
    let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
    let opened = client
        .request(command::open_with(server.app_id(), name, body))
        .await;
    assert_eq!(opened.op, Some(OpType::Opened as i32), "{opened:?}");
    client
}

/// Sends a text that everybody else must get next: whatever was to come before it in this
/// conversation has come, and was not an event.
pub(crate) async fn fence(cid: &str, from: &mut Client, others: &mut [&mut Client]) -> AckCommand {
    let ack = from.say(cid, "fence").await;
    for other in others {
        assert_eq!(id_of(&other.expect_message().await), uid(&ack));
    }
    ack
}

/// Returns the id of an acked message.
pub(crate) fn uid(ack: &AckCommand) -> &str {
    ack.uid.as_deref().expect("uid")
}

/// Returns the id of a delivered message.
pub(crate) fn id_of(message: &DirectCommand) -> &str {
    message.id.as_deref().expect("id")
}

/// Asks over REST as the app's server and returns the answer.
pub(crate) async fn ask(
    server: &TestServer,
    method: Method,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let answer = reqwest::Client::new()
        .request(method, server.url(path))
        .header("x-lc-id", server.app_id())
        .header("x-lc-key", format!("{MASTER_KEY},master"))
        .json(body)
        .send()
        .await
        .expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

/// Asks over REST for something that must succeed.
pub(crate) async fn done(server: &TestServer, method: Method, path: &str, body: &Value) -> Value {
    let (status, answer) = ask(server, method, path, body).await;
    assert!(status.is_success(), "{status} {answer}");
    answer
}

/// Makes a member a manager. The owner takes the event, and so do the others.
pub(crate) async fn promote(cid: &str, owner: &mut Client, name: &str, others: &mut [&mut Client]) {
    let promotion = command::role(cid, name, "Manager");
    owner.conv(promotion, OpType::MemberInfoUpdated).await;
    owner.expect_conv(OpType::MemberInfoChanged).await;
    for other in others {
        other.expect_conv(OpType::MemberInfoChanged).await;
    }
}

/// Returns codes and ids of what failed in an operation on several members.
pub(crate) fn failures(failed: &[ErrorCommand]) -> Vec<(i32, Vec<String>)> {
    failed
        .iter()
        .map(|failure| (failure.code, failure.pids.clone()))
        .collect()
}

/// Returns ids as frames carry them.
pub(crate) fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}
