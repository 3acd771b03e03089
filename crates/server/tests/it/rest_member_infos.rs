//! The class `_ConversationMemberInfo`, as clients and the app's server read it.

use parlor_testkit::{APP_ID, APP_KEY, Client, MASTER_KEY, TestServer, command};
use parlor_wire::proto::OpType;
use parlor_wire::subprotocol::Subprotocol;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::scene;

const CLASS: &str = "/1.1/classes/_ConversationMemberInfo";

/// Logs a client in and returns its session token too.
async fn login(server: &TestServer, name: &str) -> (Client, String) {
    let mut client = Client::connect(server, Subprotocol::Protobuf2V3).await;
    let opened = client.open(name).await;
    let token = opened.session_message.and_then(|body| body.st).expect("st");
    (client, token)
}

async fn get(
    server: &TestServer,
    key: &str,
    token: Option<&str>,
    query: &[(&str, &str)],
) -> (StatusCode, Value) {
    let encoded: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
        .collect();
    let mut request = reqwest::Client::new()
        .get(server.url(&format!("{CLASS}?{}", encoded.join("&"))))
        .header("X-LC-Id", APP_ID)
        .header("X-LC-Key", key);
    if let Some(token) = token {
        request = request.header("X-LC-IM-Session-Token", token);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Starts a conversation of alice, bob and carol in which bob is a manager.
async fn with_a_manager(alice: &mut Client) -> String {
    let cid = scene::start(alice, &["alice", "bob", "carol"]).await;
    let promotion = command::role(&cid, "bob", "Manager");
    alice.conv(promotion, OpType::MemberInfoUpdated).await;
    cid
}

#[tokio::test]
async fn r64_members_list_roles_however_their_sdk_asks() {
    let server = TestServer::start().await;
    let (mut alice, token) = login(&server, "alice").await;
    let cid = scene::start(&mut alice, &["alice", "bob"]).await;
    let filter = json!({ "cid": cid }).to_string();
    let of_alice = [("client_id", "alice"), ("where", &*filter)];
    let (status, body) = get(&server, APP_KEY, Some(&token), &of_alice).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "results": [] })));

    let cid = with_a_manager(&mut alice).await;
    let filter = json!({ "cid": cid }).to_string();
    let by_where = [("client_id", "alice"), ("where", &*filter)];
    let (status, body) = get(&server, APP_KEY, Some(&token), &by_where).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let row = &body["results"][0];
    assert_eq!(row["cid"], cid);
    assert_eq!(row["clientId"], "bob");
    assert_eq!(row["role"], "Manager");
    for key in ["objectId", "createdAt", "updatedAt"] {
        assert!(row[key].is_string(), "{row}");
    }
    assert_eq!(body, json!({ "results": [row] }), "nothing else");

    // C# says it plainly; Swift and Java page, and Java sorts.
    let plain = [("client_id", "alice"), ("cid", &*cid)];
    let paged = [
        ("client_id", "alice"),
        ("where", &*filter),
        ("limit", "500"),
        ("skip", "0"),
        ("order", "-createdAt"),
    ];
    for query in [&plain[..], &paged] {
        let (_, same) = get(&server, APP_KEY, Some(&token), query).await;
        assert_eq!(same, body);
    }
    let beyond = [("client_id", "alice"), ("cid", &*cid), ("skip", "1")];
    let (_, beyond) = get(&server, APP_KEY, Some(&token), &beyond).await;
    assert_eq!(beyond, json!({ "results": [] }));
    // The row keeps its id when the role changes.
    let demotion = command::role(&cid, "bob", "Member");
    alice.conv(demotion, OpType::MemberInfoUpdated).await;
    let (_, changed) = get(&server, APP_KEY, Some(&token), &by_where).await;
    assert_eq!(changed["results"][0]["role"], "Member");
    assert_eq!(changed["results"][0]["objectId"], row["objectId"]);
}

#[tokio::test]
async fn r64_who_has_no_session_or_is_no_member_lists_nothing() {
    let server = TestServer::start().await;
    let (mut alice, token) = login(&server, "alice").await;
    let cid = with_a_manager(&mut alice).await;
    let of = |client_id| [("client_id", client_id), ("cid", &*cid)];
    for (token, client_id) in [
        (Some("stale"), "alice"),
        (None, "alice"),
        (Some(&*token), "bob"),
    ] {
        let (status, body) = get(&server, APP_KEY, token, &of(client_id)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
        assert_eq!(body["code"], 4112);
    }
    let (_, mallorys) = login(&server, "mallory").await;
    let unknown = [("client_id", "mallory"), ("cid", "unknown")];
    let nothing = [("client_id", "mallory")];
    let strange = [
        ("client_id", "mallory"),
        ("where", r#"{"cid":{"$exists":true}}"#),
    ];
    for (query, code) in [
        (&of("mallory")[..], 4317),
        (&unknown, 4303),
        (&nothing, 1),
        (&strange, 1),
    ] {
        let (status, body) = get(&server, APP_KEY, Some(&mallorys), query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(body["code"], code, "{query:?}");
    }
}

#[tokio::test]
async fn r64_the_apps_server_lists_all_roles() {
    let server = TestServer::start().await;
    let (mut alice, _) = login(&server, "alice").await;
    let first = with_a_manager(&mut alice).await;
    let second = with_a_manager(&mut alice).await;
    let demotion = command::role(&second, "carol", "Member");
    alice.conv(demotion, OpType::MemberInfoUpdated).await;
    let master = format!("{MASTER_KEY},master");
    let of_second = json!({ "cid": second, "clientId": "bob" }).to_string();
    for (query, expected) in [
        (
            &[][..],
            vec![(&first, "bob"), (&second, "bob"), (&second, "carol")],
        ),
        (
            &[("where", r#"{"role":"Manager"}"#)],
            vec![(&first, "bob"), (&second, "bob")],
        ),
        (&[("where", r#"{"role":"Owner"}"#)], vec![]),
        (&[("where", &*of_second)], vec![(&second, "bob")]),
        (&[("limit", "1"), ("skip", "1")], vec![(&second, "bob")]),
    ] {
        let (status, body) = get(&server, &master, None, query).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let rows = body["results"].as_array().expect("rows");
        let found: Vec<(&str, &str)> = rows
            .iter()
            .map(|row| {
                let text = |key: &str| row[key].as_str().expect("a text");
                (text("cid"), text("clientId"))
            })
            .collect();
        let expected: Vec<(&str, &str)> = expected
            .into_iter()
            .map(|(cid, client_id)| (&**cid, client_id))
            .collect();
        assert_eq!(found, expected, "{query:?}");
    }
    let unknown_role = [("where", r#"{"role":"Boss"}"#)];
    let (status, _) = get(&server, &master, None, &unknown_role).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
