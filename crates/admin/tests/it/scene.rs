//! Where every test begins: an app with known keys, and some conversations.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use parlor_admin::{AdminState, Config};
use parlor_chat::{Caller, Chat, OpenSession, SendMessage, StartConversation};
use parlor_cluster::Registry;
use parlor_model::{
    ClientId, Clock, Content, ConversationId, ConversationKind, Features, JsonObject, Mention,
    MessageId, MessageKey, Priority, SessionId, TestClock, Timestamp,
};
use parlor_sign::AppCredentials;
use parlor_store::Store;
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

pub(crate) const APP: &str = "app-id-for-tests";
/// The key pair of the published signature vectors.
pub(crate) const KEY: &str = "UtOCzqb67d3sN12Kts4URwy8";
pub(crate) const MASTER_KEY: &str = "DyJegPlemooo4X1tg94gQkw1";
pub(crate) const MASTER: &str = "DyJegPlemooo4X1tg94gQkw1,master";

pub(crate) const ANDROID_KEY: &str = "android-key-for-tests";

pub(crate) const CONVERSATIONS: &str = "/1.1/classes/_Conversation";

/// When every scene begins: 2026-01-12T08:30:00.123Z.
const START: Timestamp = Timestamp::from_millis(1_768_206_600_123);

pub(crate) struct Scene {
    chat: Chat,
    clock: TestClock,
    router: Router,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Scene {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self::with(pool, Config::default())
    }

    pub(crate) fn with(pool: PgPool, config: Config) -> Self {
        let clock = TestClock::starting_at(START);
        let chat = Chat::new(
            Store::from_pool(pool),
            Registry::new(),
            Clock::Test(clock.clone()),
            parlor_chat::Config::default(),
            &TaskTracker::new(),
            &CancellationToken::new(),
        );
        let credentials = AppCredentials {
            id: APP.to_owned(),
            key: KEY.to_owned(),
            master_key: MASTER_KEY.to_owned(),
            android_key: Some(ANDROID_KEY.to_owned()),
        };
        let router = parlor_admin::router(AdminState::new(chat.clone(), credentials, config));
        Self {
            chat,
            clock,
            router,
        }
    }

    /// Starts a conversation a second after the one before; the first member creates it.
    pub(crate) async fn start(&self, members: &[&str], attributes: Value) -> String {
        let members: Vec<ClientId> = members.iter().map(|&id| ClientId::trusted(id)).collect();
        let caller = caller(members[0].as_str());
        let request = StartConversation {
            members,
            attributes: serde_json::from_value::<JsonObject>(attributes).expect("an object"),
            unique: false,
            kind: ConversationKind::Normal,
            temporary_ttl: None,
            signature: None,
        };
        let (started, _) = self
            .chat
            .start_conversation(&caller, request)
            .await
            .expect("a start");
        self.clock.advance(1000);
        started.conversation_id.to_string()
    }

    /// Makes a row as the app's server and returns its id.
    pub(crate) async fn create(&self, row: Value) -> String {
        let answer = self.ask(Method::POST, CONVERSATIONS, &row).await;
        assert_eq!(answer.status.as_u16(), 201, "{answer:?}");
        let id = answer.json()["objectId"]
            .as_str()
            .expect("objectId")
            .to_owned();
        assert_eq!(answer.header("location"), format!("{CONVERSATIONS}/{id}"));
        id
    }

    /// Sends a text to a conversation.
    pub(crate) async fn say(&self, conversation: &str, sender: &str, text: &str) -> MessageKey {
        let message_id = self.chat.new_message_id();
        self.say_as(conversation, sender, text, message_id).await
    }

    /// Sends a text under an id.
    pub(crate) async fn say_as(
        &self,
        conversation: &str,
        sender: &str,
        text: &str,
        message_id: MessageId,
    ) -> MessageKey {
        let request = SendMessage {
            conversation_id: ConversationId::trusted(conversation),
            content: Content::Text(text.to_owned()),
            transient: false,
            receipt: false,
            will: false,
            dedupe_token: None,
            push_data: None,
            mention: Mention::default(),
            priority: Priority::Normal,
        };
        let (done, sent) = oneshot::channel();
        let done = Box::new(move |outcome| {
            let _ = done.send(outcome);
        });
        self.chat
            .send_message(&caller(sender), message_id, request, done)
            .await;
        sent.await.expect("an outcome").expect("a message")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("a router cannot fail");
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.expect("a body").to_vec(),
        }
    }

    /// Asks with the master key.
    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.get_with(target, &[("x-lc-id", APP), ("x-lc-key", MASTER)])
            .await
    }

    pub(crate) async fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Asks with the master key and a JSON body.
    pub(crate) async fn ask(&self, method: Method, target: &str, body: &Value) -> Answer {
        self.ask_with(
            method,
            target,
            &[("x-lc-id", APP), ("x-lc-key", MASTER)],
            body,
        )
        .await
    }

    pub(crate) async fn ask_with(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.expect("a request")).await
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.clock.advance(millis);
    }

    /// Opens a session and returns its token.
    pub(crate) async fn log_in(&self, client: &str) -> String {
        let open = OpenSession {
            client_id: Some(ClientId::trusted(client)),
            ..OpenSession::default()
        };
        let login = self.chat.open_session(open).await.expect("a login");
        let grant = self.chat.refresh_session(&login).await.expect("a session");
        grant.token
    }

    /// Closes the session of a token.
    pub(crate) async fn close_sessions(&self, token: &str, client: &str) {
        let client = ClientId::trusted(client);
        let login = self.chat.check_session_token(&client, token).await;
        self.chat
            .close_session(login.expect("a login").session_key)
            .await
            .expect("closed");
    }

    /// Finds rows with the master key and returns the answer.
    pub(crate) async fn find(&self, parameters: &[(&str, &str)]) -> Value {
        let answer = self.get(&find_target(parameters)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    }

    /// Finds rows with the master key and returns their ids.
    pub(crate) async fn find_ids(&self, parameters: &[(&str, &str)]) -> Vec<String> {
        let found = self.find(parameters).await;
        found["results"]
            .as_array()
            .expect("results")
            .iter()
            .map(|row| row["objectId"].as_str().expect("objectId").to_owned())
            .collect()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// Checks that it is a failure as every SDK decodes it and returns its code.
    pub(crate) fn failure(&self, status: u16) -> u64 {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            "application/json;charset=utf-8"
        );
        assert_ne!(self.header("access-control-allow-origin"), "");
        let body = self.json();
        assert!(body["error"].is_string(), "{body}");
        body["code"].as_u64().expect("a numeric code")
    }

    pub(crate) fn failure_text(&self) -> String {
        self.json()["error"].as_str().expect("error").to_owned()
    }
}

/// A session of a client.
fn caller(client: &str) -> Caller {
    Caller {
        client_id: ClientId::trusted(client),
        session_id: SessionId(1),
        session_key: uuid::Uuid::nil(),
        features: Features::default(),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
    }
}

/// The path and query of a find.
pub(crate) fn find_target(parameters: &[(&str, &str)]) -> String {
    let mut target = CONVERSATIONS.to_owned();
    for (index, (name, value)) in parameters.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        for byte in value.bytes() {
            target.push_str(&format!("%{byte:02X}"));
        }
    }
    target
}
