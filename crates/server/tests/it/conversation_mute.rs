use parlor_testkit::{TestServer, command};
use parlor_wire::proto::OpType;
use serde_json::json;

use crate::scene;

#[tokio::test]
async fn c36_muting_is_my_own_business() {
    let server = TestServer::start().await;
    let (cid, [mut alice, mut bob]) = scene::chat(&server, ["alice", "bob"]).await;
    let row = alice.row(&cid).await;
    let mut last = row["updatedAt"].as_str().expect("a date").to_owned();
    assert_eq!(row["muted"], false);
    for (operation, muted) in [(OpType::Mute, true), (OpType::Unmute, false)] {
        let reply = alice
            .conv(command::on(operation, &cid), OpType::Updated)
            .await;
        assert_eq!(reply.cid.as_deref(), Some(&*cid));
        let udate = reply.udate.expect("udate");
        assert!(udate > last, "{udate} after {last}");
        last = udate;
        let row = alice.row(&cid).await;
        assert_eq!(row["muted"], muted);
        if muted {
            assert_eq!(row["mu"], json!(["alice"]));
        }
        assert_eq!(bob.row(&cid).await["muted"], false);
    }
    scene::fence(&cid, &mut alice, &mut [&mut bob]).await;
    alice.expect_none().await;
    bob.expect_none().await;

    let [mut mallory] = scene::logins(&server, ["mallory"]).await;
    let refusal = mallory.refused(command::on(OpType::Mute, &cid)).await;
    assert_eq!(refusal.code, 4317);
}
