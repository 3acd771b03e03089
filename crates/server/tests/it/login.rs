//! Logins of push and LiveQuery, which SDKs send on every connect.

use parlor_testkit::{APP_ID, Client, TestServer, command};
use parlor_wire::proto::{AckCommand, CommandType, GenericCommand};
use parlor_wire::subprotocol::Subprotocol;

const LIVE_QUERY: i32 = 1;

fn login(installation_id: &str, service: Option<i32>) -> GenericCommand {
    GenericCommand {
        app_id: Some(APP_ID.to_owned()),
        installation_id: Some(installation_id.to_owned()),
        service,
        ..command::bare(CommandType::Login, None)
    }
}

#[tokio::test]
async fn w59_push_and_live_query_log_in_and_acknowledge() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server, Subprotocol::Protobuf2V3).await;
    client.send(&login("phone", None)).await;
    let push = client.next_event().await;
    assert_eq!(push.cmd, Some(CommandType::Loggedin as i32));
    assert_eq!(push.service, Some(0));
    assert_eq!(push.i, None);

    client
        .send(&GenericCommand {
            i: Some(7),
            ..login("livequery-phone", Some(LIVE_QUERY))
        })
        .await;
    let live_query = client.reply(7).await;
    assert_eq!(live_query.cmd, Some(CommandType::Loggedin as i32));
    assert_eq!(live_query.service, Some(LIVE_QUERY));
    assert_eq!(
        live_query.installation_id.as_deref(),
        Some("livequery-phone")
    );

    client
        .send(&GenericCommand {
            installation_id: Some("livequery-phone".to_owned()),
            service: Some(LIVE_QUERY),
            ..command::ack(AckCommand {
                ids: vec!["1".to_owned()],
                ..AckCommand::default()
            })
        })
        .await;
    client.expect_none().await;

    let logout = client
        .request(GenericCommand {
            installation_id: Some("livequery-phone".to_owned()),
            service: Some(LIVE_QUERY),
            ..command::bare(CommandType::Logout, None)
        })
        .await;
    assert_eq!(logout.cmd, Some(CommandType::Loggedout as i32));
    assert_eq!(logout.service, Some(LIVE_QUERY));
    assert_eq!(logout.installation_id.as_deref(), Some("livequery-phone"));
}
