//! A conversation as a `_Conversation` row in JSON (spec 02 §3.5, spec 03 §3.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_model::{ClientId, Content, ConversationKind, JsonObject, Message, Timestamp};
use parlor_store::conversation_query::ConversationRow;
use serde_json::{Value, json};

/// Stored keys that never come back: one is not a column of clients, and the other makes the
/// Java SDK take the row for an archive of its own.
const HIDDEN: [&str; 2] = ["ACL", "className"];

/// Keys of a client's row that are no columns. SDKs build a message from them, so a user column
/// of that name would let any client show the others a message that nobody sent.
const DERIVED: [&str; 9] = [
    "muted",
    "msg",
    "bin",
    "msg_mid",
    "msg_from",
    "msg_timestamp",
    "patch_timestamp",
    "mention_all",
    "mention_pids",
];

/// For whom a row is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowView<'a> {
    /// A client over its session: with what depends on it, and with the last message.
    Client(&'a ClientId),
    /// The app's server: columns only.
    App,
}

impl RowView<'_> {
    fn shows_column(self, key: &str) -> bool {
        let derived = match self {
            Self::Client(_) => DERIVED.contains(&key),
            Self::App => false,
        };
        !derived && !HIDDEN.contains(&key)
    }
}

/// Builds the row. Columns without a value are left out, so that no SDK meets a `null`.
pub(crate) fn to_json(row: &ConversationRow, view: RowView<'_>) -> JsonObject {
    let conversation = &row.conversation;
    let mut json: JsonObject = conversation
        .extra
        .iter()
        .filter(|(key, _)| view.shows_column(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut set = |key: &str, value: Value| {
        json.insert(key.to_owned(), value);
    };
    set("objectId", conversation.id.as_str().into());
    set("createdAt", conversation.created_at.to_iso().into());
    set("updatedAt", conversation.updated_at.to_iso().into());
    if let Some(name) = &conversation.name {
        set("name", name.as_str().into());
    }
    if let Some(attr) = &conversation.attr {
        set("attr", Value::Object(attr.clone()));
    }
    if let Some(creator) = &conversation.creator {
        set("c", creator.as_str().into());
    }
    if let Some(members) = &row.members {
        set("m", ids(members));
    }
    if !row.muted.is_empty() {
        set("mu", ids(&row.muted));
    }
    match conversation.kind {
        ConversationKind::Normal => {}
        ConversationKind::ChatRoom => set("tr", true.into()),
        ConversationKind::Service => set("sys", true.into()),
        ConversationKind::Temporary => {
            // Twice, for SDKs that read one and SDKs that read the other.
            set("temp", true.into());
            set("ttl", conversation.ttl_secs().into());
            set("tempConv", true.into());
            set("tempConvTTL", conversation.ttl_secs().into());
        }
    }
    // How a temporary conversation is found again is nobody's business.
    if let Some(unique_id) = &conversation.unique_id
        && conversation.kind != ConversationKind::Temporary
    {
        set("unique", true.into());
        set("uniqueId", unique_id.as_str().into());
    }
    if let Some(at) = row.last_message_at {
        set("lm", date(at));
    }
    if let RowView::Client(client_id) = view {
        let subscription = row.subscription.as_ref();
        let muted = row.muted.contains(client_id) || subscription.is_some_and(|one| one.muted);
        set("muted", muted.into());
        if conversation.kind == ConversationKind::Service {
            set("joined", subscription.is_some().into());
            if let Some(subscription) = subscription {
                set("joinedAt", subscription.since.as_millis().into());
            }
        }
        if let Some(message) = &row.last_message {
            add_message(&mut json, message);
        }
    }
    json
}

fn add_message(json: &mut JsonObject, message: &Message) {
    let (content, binary) = match &message.content {
        Content::Text(text) => (text.clone(), false),
        Content::Binary(bytes) => (STANDARD.encode(bytes), true),
    };
    let mut set = |key: &str, value: Value| {
        json.insert(key.to_owned(), value);
    };
    set("msg", content.into());
    // The C# SDK fails when this is missing.
    set("bin", binary.into());
    set("msg_mid", message.id.as_str().into());
    set("msg_from", message.sender.as_str().into());
    set("msg_timestamp", message.sent_at.as_millis().into());
    set("mention_all", message.mention.all.into());
    set("mention_pids", ids(&message.mention.clients));
    if let Some(at) = message.patched_at {
        set("patch_timestamp", at.as_millis().into());
    }
}

fn ids(clients: &[ClientId]) -> Value {
    clients.iter().map(ClientId::as_str).collect()
}

fn date(at: Timestamp) -> Value {
    json!({"__type": "Date", "iso": at.to_iso()})
}

#[cfg(test)]
mod tests {
    use parlor_model::{Conversation, ConversationId, Mention, MessageId};
    use parlor_store::stream::Subscription;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + millis)
    }

    fn row() -> ConversationRow {
        let extra = json!({"topic": "tea", "ACL": {"*": {"read": true}}, "className": "x"});
        ConversationRow {
            conversation: Conversation {
                id: ConversationId::trusted("5f00"),
                kind: ConversationKind::Normal,
                name: Some("Tom & Jerry".to_owned()),
                creator: Some(ClientId::trusted("tom")),
                attr: json!({"a": 1}).as_object().cloned(),
                extra: extra.as_object().cloned().unwrap(),
                unique_id: Some("abc".to_owned()),
                created_at: at(0),
                updated_at: at(1),
                expires_at: None,
            },
            members: Some(vec![ClientId::trusted("tom"), ClientId::trusted("jerry")]),
            muted: vec![ClientId::trusted("jerry")],
            last_message_at: Some(at(2)),
            subscription: None,
            last_message: Some(Message {
                id: MessageId::trusted("mid"),
                conversation_id: ConversationId::trusted("5f00"),
                kind: ConversationKind::Normal,
                sender: ClientId::trusted("tom"),
                sent_at: at(2),
                content: Content::Text("hi".to_owned()),
                mention: Mention {
                    all: true,
                    clients: vec![ClientId::trusted("jerry")],
                },
                transient: false,
                patched_at: None,
            }),
        }
    }

    #[test]
    fn a_client_sees_columns_its_mute_and_the_last_message() {
        let jerry = ClientId::trusted("jerry");
        assert_eq!(
            Value::Object(to_json(&row(), RowView::Client(&jerry))),
            json!({
                "objectId": "5f00",
                "createdAt": "2025-11-24T16:00:00.000Z",
                "updatedAt": "2025-11-24T16:00:00.001Z",
                "name": "Tom & Jerry",
                "attr": {"a": 1},
                "topic": "tea",
                "c": "tom",
                "m": ["tom", "jerry"],
                "mu": ["jerry"],
                "unique": true,
                "uniqueId": "abc",
                "lm": {"__type": "Date", "iso": "2025-11-24T16:00:00.002Z"},
                "muted": true,
                "msg": "hi",
                "bin": false,
                "msg_mid": "mid",
                "msg_from": "tom",
                "msg_timestamp": 1_764_000_000_002_i64,
                "mention_all": true,
                "mention_pids": ["jerry"]
            })
        );
    }

    #[test]
    fn the_app_sees_columns_only() {
        let json = to_json(&row(), RowView::App);
        for key in ["msg", "bin", "msg_mid", "muted", "mention_all"] {
            assert!(!json.contains_key(key), "{key}");
        }
        assert_eq!(json["mu"], json!(["jerry"]));
    }

    #[test]
    fn c31_binary_content_is_base64_and_says_so() {
        let mut row = row();
        let message = row.last_message.as_mut().unwrap();
        message.content = Content::Binary(vec![0, 255]);
        message.patched_at = Some(at(9));
        let json = to_json(&row, RowView::Client(&ClientId::trusted("tom")));
        assert_eq!(json["msg"], json!("AP8="));
        assert_eq!(json["bin"], json!(true));
        assert_eq!(json["patch_timestamp"], json!(1_764_000_000_009_i64));
    }

    #[test]
    fn unset_columns_are_left_out() {
        let mut row = row();
        row.conversation.kind = ConversationKind::ChatRoom;
        row.conversation.name = None;
        row.conversation.attr = None;
        row.conversation.creator = None;
        row.conversation.unique_id = None;
        row.conversation.extra = JsonObject::new();
        row.members = None;
        row.muted = Vec::new();
        row.last_message_at = None;
        row.last_message = None;
        let tom = ClientId::trusted("tom");
        assert_eq!(
            Value::Object(to_json(&row, RowView::Client(&tom))),
            json!({
                "objectId": "5f00",
                "createdAt": "2025-11-24T16:00:00.000Z",
                "updatedAt": "2025-11-24T16:00:00.001Z",
                "tr": true,
                "muted": false
            })
        );
    }

    #[test]
    fn c47_a_temporary_conversation_says_how_long_it_lasts() {
        let mut row = row();
        row.conversation.id = ConversationId::trusted("_tmp:1");
        row.conversation.kind = ConversationKind::Temporary;
        row.conversation.expires_at = Some(at(60_000));
        row.conversation.extra.insert("ttl".to_owned(), json!(9));
        let json = to_json(&row, RowView::Client(&ClientId::trusted("tom")));
        assert_eq!(json["temp"], json!(true));
        assert_eq!(json["ttl"], json!(60));
        assert_eq!(json["tempConv"], json!(true));
        assert_eq!(json["tempConvTTL"], json!(60));
        assert!(!json.contains_key("unique") && !json.contains_key("uniqueId"));
    }

    #[test]
    fn c52_a_service_conversation_tells_a_client_of_its_own_subscription() {
        let mut row = row();
        row.conversation.kind = ConversationKind::Service;
        row.members = None;
        row.muted = Vec::new();
        let tom = ClientId::trusted("tom");
        let json = to_json(&row, RowView::Client(&tom));
        assert_eq!(json["sys"], json!(true));
        assert_eq!(json["joined"], json!(false));
        assert_eq!(json["muted"], json!(false));
        assert!(!json.contains_key("joinedAt") && !json.contains_key("m"));
        row.subscription = Some(Subscription {
            conversation_id: row.conversation.id.clone(),
            client_id: tom.clone(),
            since: at(7),
            muted: true,
        });
        let json = to_json(&row, RowView::Client(&tom));
        assert_eq!(json["joined"], json!(true));
        assert_eq!(json["joinedAt"], json!(1_764_000_000_007_i64));
        assert_eq!(json["muted"], json!(true));
        assert!(!to_json(&row, RowView::App).contains_key("joined"));
    }

    #[test]
    fn a_user_column_never_stands_in_for_a_message() {
        let mut row = row();
        row.last_message = None;
        for key in DERIVED {
            row.conversation
                .extra
                .insert(key.to_owned(), "forged".into());
        }
        let json = to_json(&row, RowView::Client(&ClientId::trusted("tom")));
        let shown: Vec<&str> = DERIVED
            .into_iter()
            .filter(|key| json.contains_key(*key))
            .collect();
        assert_eq!(shown, ["muted"]);
        assert_eq!(json["muted"], json!(false));
        // Nothing is derived for the app's server, so these are columns like any other.
        assert_eq!(to_json(&row, RowView::App)["msg"], json!("forged"));
    }
}
