//! Queries as SDKs send them, against a real database.

use std::time::Duration;

use parlor_model::{
    ClientId, Content, Conversation, ConversationId, ConversationKind, JsonObject, Timestamp,
};
use serde_json::{Value, json};
use sqlx::{PgPool, Row};

use super::eval::Subject;
use super::list::page_statement;
use super::property::insert;
use super::{
    ConversationQuery, ConversationRow, Filter, LastMessage, ListError, MemberList, ScanKey,
    ScanOrder, ScanPosition, Scope, Sort, count, list,
};
use crate::{Store, StoreError};

const PATIENT: Duration = Duration::from_secs(60);

fn query(document: &Value) -> ConversationQuery {
    ConversationQuery {
        filter: Filter::from_json(document).unwrap(),
        scope: Scope::All,
        sort: Sort::by_creation(),
        after: None,
        skip: 0,
        limit: 100,
        members: MemberList::Included,
        last_message: LastMessage::Included,
        viewer: None,
    }
}

async fn rows(store: &Store, query: &ConversationQuery) -> Vec<ConversationRow> {
    let mut tx = store.begin().await.unwrap();
    list(&mut tx, query, PATIENT).await.unwrap()
}

async fn ids(store: &Store, query: &ConversationQuery) -> Vec<String> {
    rows(store, query)
        .await
        .into_iter()
        .map(|row| row.conversation.id.to_string())
        .collect()
}

fn subject(id: &str, age: i64) -> Subject {
    let at = Timestamp::from_millis(1_700_000_000_000 + age);
    Subject {
        conversation: Conversation {
            id: ConversationId::trusted(id),
            kind: ConversationKind::Normal,
            name: None,
            creator: Some(ClientId::trusted("alice")),
            attr: None,
            extra: JsonObject::new(),
            unique_id: None,
            created_at: at,
            updated_at: at,
            expires_at: None,
        },
        members: Vec::new(),
        muted: Vec::new(),
        last_message_at: None,
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn insert_all(store: &Store, subjects: &[Subject]) {
    for subject in subjects {
        insert(store, subject).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn c27_regex_metacharacters_are_literal_inside_quotes(pool: PgPool) {
    let store = Store::from_pool(pool);
    let names = [
        "a.b*c",
        "aXbbc",
        "(x)[y]",
        "xy",
        r"back\slash",
        "100%",
        "$5^",
        "{2}|a",
        "a+b?",
    ];
    for (age, name) in (0..).zip(names) {
        let mut subject = subject(&format!("id{age}"), age);
        subject.conversation.name = Some(name.to_owned());
        insert(&store, &subject).await;
    }
    for (age, name) in names.iter().enumerate() {
        for pattern in [
            format!(r"^\Q{name}\E"),
            format!(r".*\Q{name}\E.*"),
            format!(r"\Q{name}\E$"),
        ] {
            let query = query(&json!({"name": {"$regex": pattern}}));
            assert_eq!(ids(&store, &query).await, [format!("id{age}")], "{pattern}");
        }
    }
    for (pattern, options, expected) in [
        (r"\bXY\b", "i", &["id3"][..]),
        (r"^a(?!\.)", "", &["id1", "id8"]),
        (r"(?<=\[)y", "", &["id2"]),
        (r"^\d{3}%$", "", &["id5"]),
        (r"[^\w\s]{4}", "", &[]),
        ("^ x  y # spaces", "x", &["id3"]),
    ] {
        let query = query(&json!({"name": {"$regex": pattern, "$options": options}}));
        assert_eq!(ids(&store, &query).await, expected, "{pattern}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn c28_and_wrapping_finds_the_same(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut named = subject("named", 0);
    named.conversation.name = Some("x".to_owned());
    insert_all(&store, &[named, subject("other", 1)]).await;
    for document in [json!({"name": "x"}), json!({"$and": [{"name": "x"}]})] {
        assert_eq!(ids(&store, &query(&document)).await, ["named"]);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn rows_carry_members_in_order_and_the_newest_message(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut talked = subject("talked", 0);
    talked.members = texts(&["zoe", "alice", "bob"]);
    talked.muted = texts(&["bob"]);
    talked.last_message_at = Some(Timestamp::from_millis(1_700_000_005_000));
    insert_all(&store, &[talked, subject("silent", 1)]).await;

    let found = rows(&store, &query(&json!({}))).await;
    let clients =
        |ids: &[&str]| -> Vec<ClientId> { ids.iter().map(|id| ClientId::trusted(*id)).collect() };
    assert_eq!(found[0].members, Some(clients(&["zoe", "alice", "bob"])));
    assert_eq!(found[0].muted, clients(&["bob"]));
    let last = found[0].last_message.clone().unwrap();
    assert_eq!(last.content, Content::Text("newest".to_owned()));
    assert_eq!(Some(last.sent_at), found[0].last_message_at);
    assert_eq!(found[1].members, Some(Vec::new()));
    assert_eq!(found[1].last_message_at, None);

    let compact = ConversationQuery {
        members: MemberList::Omitted,
        last_message: LastMessage::Omitted,
        ..query(&json!({}))
    };
    let found = rows(&store, &compact).await;
    assert_eq!(found[0].members, None);
    assert_eq!(found[0].muted, clients(&["bob"]));
    assert_eq!(found[0].last_message, None);
    assert_eq!(
        found[0].last_message_at,
        Some(Timestamp::from_millis(1_700_000_005_000))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn order_puts_absent_values_first_and_reversed_last(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut subjects = Vec::new();
    for (age, (score, last)) in (0..).zip([
        (json!(10), Some(3)),
        (json!(9), None),
        (json!("text"), Some(1)),
        (Value::Null, Some(2)),
        (
            json!({"__type": "Date", "iso": "2026-01-12T08:30:00.000Z"}),
            None,
        ),
    ]) {
        let mut subject = subject(&format!("id{age}"), age);
        if !score.is_null() {
            subject.conversation.extra.insert("score".to_owned(), score);
        }
        subject.last_message_at = last.map(|at| Timestamp::from_millis(1_700_000_000_000 + at));
        subjects.push(subject);
    }
    insert_all(&store, &subjects).await;
    for (order, expected) in [
        ("-lm,-createdAt", ["id0", "id3", "id2", "id4", "id1"]),
        ("lm,createdAt", ["id1", "id4", "id2", "id3", "id0"]),
        ("score", ["id3", "id1", "id0", "id2", "id4"]),
        ("-score", ["id4", "id2", "id0", "id1", "id3"]),
        ("-objectId", ["id4", "id3", "id2", "id1", "id0"]),
        ("name,-createdAt", ["id4", "id3", "id2", "id1", "id0"]),
        ("tr,unique,c,updatedAt", ["id0", "id1", "id2", "id3", "id4"]),
    ] {
        let query = ConversationQuery {
            sort: Sort::parse(order).unwrap().unwrap(),
            ..query(&json!({}))
        };
        assert_eq!(ids(&store, &query).await, expected, "{order}");
    }
    let page = ConversationQuery {
        skip: 1,
        limit: 2,
        ..query(&json!({}))
    };
    assert_eq!(ids(&store, &page).await, ["id1", "id2"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn c47_only_their_own_scope_holds_temporary_conversations(pool: PgPool) {
    let store = Store::from_pool(pool);
    let end = Timestamp::from_millis(1_700_000_060_000);
    for (age, kind) in (0..).zip([
        ConversationKind::Normal,
        ConversationKind::ChatRoom,
        ConversationKind::Service,
        ConversationKind::Temporary,
    ]) {
        let mut subject = subject(&format!("id{age}"), age);
        subject.conversation.kind = kind;
        subject.conversation.expires_at = (kind == ConversationKind::Temporary).then_some(end);
        insert(&store, &subject).await;
    }
    let all = query(&json!({}));
    assert_eq!(ids(&store, &all).await, ["id0", "id1", "id2"]);
    let normal = ConversationQuery {
        scope: Scope::Normal,
        ..all
    };
    assert_eq!(ids(&store, &normal).await, ["id0"]);
    for (now, alive) in [(end.plus_millis(-1), &["id3"][..]), (end, &[])] {
        let temporary = ConversationQuery {
            scope: Scope::TemporaryAt(now),
            ..query(&json!({}))
        };
        assert_eq!(ids(&store, &temporary).await, alive);
    }
    let mut tx = store.begin().await.unwrap();
    let counted = count(&mut tx, &normal.filter, Scope::All, PATIENT).await;
    assert_eq!(counted.unwrap(), 3);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_query_that_takes_too_long_is_timed_out(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut writer = store.begin().await.unwrap();
    sqlx::query("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *writer)
        .await
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    let result = list(&mut tx, &query(&json!({})), Duration::from_millis(20)).await;
    assert!(matches!(
        result,
        Err(ListError::Store(StoreError::TimedOut(_)))
    ));
    tx.rollback().await.unwrap();
    writer.rollback().await.unwrap();
    // The limit ends with its transaction.
    let mut connection = store.acquire().await.unwrap();
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(timeout, "0");
}

/// Makes a table large enough for the planner to care: every conversation has two of 5000
/// members and one message.
async fn fill(pool: &PgPool) {
    for statement in [
        "INSERT INTO conversations (conversation_id, kind, created_at, updated_at)
         SELECT 'id' || n, 1, now(), now() FROM generate_series(1, 20000) AS n",
        "INSERT INTO members (conversation_id, client_id, joined_at, read_up_to_ms, acked_up_to_ms)
         SELECT 'id' || n, 'client' || (n + other) % 5000, now(), 0, 0
         FROM generate_series(1, 20000) AS n, generate_series(0, 1) AS other",
        "INSERT INTO messages (conversation_id, sent_at_ms, message_id, sender_id, content,
                               is_binary, mention_all, mention_ids, receipt)
         SELECT 'id' || n, n, 'm' || n, 'a', 'x', false, false, '{}', false
         FROM generate_series(1, 20000) AS n",
        "ANALYZE",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

async fn plan(pool: &PgPool, query: &ConversationQuery) -> String {
    let mut explain = page_statement(query);
    // The builder holds the arguments; only its text gets a word in front.
    let statement = format!("EXPLAIN {}", explain.sql().as_str());
    let arguments = sqlx::Execute::take_arguments(&mut explain.build())
        .unwrap()
        .unwrap();
    let rows = sqlx::query_with(sqlx::AssertSqlSafe(statement), arguments)
        .fetch_all(pool)
        .await
        .unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    lines.join("\n")
}

#[sqlx::test(migrations = "../../migrations")]
async fn conditions_on_members_and_ids_never_scan_the_conversations(pool: PgPool) {
    fill(&pool).await;
    for document in [
        json!({"m": "client7"}),
        json!({"m": {"$in": ["client7", "client9"]}}),
        json!({"m": {"$all": ["client7", "client8"]}}),
        json!({"m": {"$all": ["client7", "client8"], "$size": 2}}),
        json!({"m": ["client7", "client8"]}),
        json!({"m": "client7", "attr.type": 1, "lm": {"$exists": true}}),
        json!({"$and": [{"m": "client7"}, {"tr": {"$ne": true}}]}),
        json!({"objectId": "id7"}),
        json!({"objectId": {"$in": ["id7", "id8", "id9"]}}),
    ] {
        for sort in [Sort::by_activity(), Sort::by_creation()] {
            let query = ConversationQuery {
                sort,
                ..query(&document)
            };
            let plan = plan(&pool, &query).await;
            assert!(
                !plan.contains("Seq Scan on conversations")
                    && !plan.contains("Seq Scan on members"),
                "{document}:\n{plan}"
            );
        }
    }
    // Without a condition the order of creation reads only the page from its index.
    let plan = plan(&pool, &query(&json!({}))).await;
    assert!(plan.contains("conversations_created_at_idx"), "{plan}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_scan_goes_on_by_its_index_wherever_it_is(pool: PgPool) {
    fill(&pool).await;
    for (key, index) in [
        (ScanKey::Id, "conversations_pkey"),
        (ScanKey::Created, "conversations_created_at_idx"),
        (ScanKey::Updated, "conversations_updated_at_idx"),
    ] {
        for descending in [false, true] {
            let order = ScanOrder { key, descending };
            let position = ScanPosition {
                at: (key != ScanKey::Id).then(|| Timestamp::from_millis(1_700_000_000_000)),
                id: "id5".to_owned(),
            };
            let query = ConversationQuery {
                sort: order.sort(),
                after: Some((order, position)),
                ..query(&json!({}))
            };
            let plan = plan(&pool, &query).await;
            assert!(plan.contains(index), "{order:?}:\n{plan}");
            assert!(!plan.contains("Sort"), "{order:?}:\n{plan}");
        }
    }
}
