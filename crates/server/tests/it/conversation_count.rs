use parlor_testkit::{TestServer, command};
use parlor_wire::proto::{ConvCommand, OpType};
use serde_json::{Value, json};

use crate::scene;

#[tokio::test]
async fn c37_members_are_counted() {
    let server = TestServer::start().await;
    let (cid, [mut alice, _bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let reply = alice
        .conv(command::on(OpType::Count, &cid), OpType::Result)
        .await;
    assert_eq!(reply.count, Some(2));
    alice
        .conv(command::remove(&cid, &["alice", "bob"]), OpType::Removed)
        .await;
    let reply = alice
        .conv(command::on(OpType::Count, &cid), OpType::Result)
        .await;
    assert_eq!(reply.count, Some(0));
}

#[tokio::test]
async fn membership_is_told_per_conversation() {
    let server = TestServer::start().await;
    let (mine, [mut alice]) = scene::chat(&server, ["alice"]).await;
    let (others, [_bob]) = scene::chat(&server, ["bob"]).await;
    let unknown = "555555555555555555555555".to_owned();
    let ask = command::conv(
        OpType::IsMember,
        ConvCommand {
            cids: vec![mine.clone(), others.clone(), unknown.clone()],
            ..ConvCommand::default()
        },
    );
    let results = alice.conv(ask, OpType::IsMember).await.results;
    let answer: Value = serde_json::from_str(&results.expect("results").data).expect("JSON");
    assert_eq!(answer, json!({ mine: true, others: false, unknown: false }));
}

#[tokio::test]
async fn a_sample_of_members_is_at_most_what_was_asked() {
    let server = TestServer::start().await;
    let (cid, [mut alice, _bob, _carol]) = scene::chat(&server, ["alice", "bob", "carol"]).await;
    for (limit, expected) in [(None, 3), (Some(2), 2), (Some(1000), 3)] {
        let ask = command::conv(
            OpType::Members,
            ConvCommand {
                cid: Some(cid.clone()),
                limit,
                ..ConvCommand::default()
            },
        );
        let members = alice.conv(ask, OpType::Members).await.m;
        assert_eq!(members.len(), expected, "{members:?}");
    }
}
