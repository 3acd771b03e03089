use parlor_testkit::{Client, TestServer, command};
use parlor_wire::proto::OpType;

#[tokio::test]
async fn w27_the_first_twenty_ids_are_looked_at() {
    let server = TestServer::start().await;
    let mut alice = Client::login(&server, "alice").await;
    let _bob = Client::login(&server, "bob").await;
    let _carol = Client::login(&server, "carol").await;
    let strangers: Vec<String> = (0..18).map(|n| format!("stranger-{n}")).collect();
    let mut asked = vec!["alice", "bob"];
    asked.extend(strangers.iter().map(String::as_str));
    asked.push("carol");
    assert_eq!(asked.len(), 21);

    let reply = alice.request(command::online(&asked)).await;
    assert_eq!(reply.op, Some(OpType::QueryResult as i32));
    let mut online = reply
        .session_message
        .expect("a session message")
        .online_session_peer_ids;
    online.sort();
    assert_eq!(online, ["alice", "bob"]);

    let reply = alice.request(command::online(&["stranger-1"])).await;
    let session = reply.session_message.expect("a session message");
    assert!(session.online_session_peer_ids.is_empty());
}
