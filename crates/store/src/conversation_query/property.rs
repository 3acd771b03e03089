//! The SQL of any filter finds exactly the conversations that the evaluator lets pass.

use std::time::Duration;

use parlor_model::{ClientId, Conversation, ConversationId, ConversationKind, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use super::eval::Subject;
use super::{ConversationQuery, Filter, LastMessage, MemberList, Scope, Sort, count, list};
use crate::{Store, conversation};

const KEYS: [&str; 21] = [
    "objectId",
    "name",
    "c",
    "uniqueId",
    "createdAt",
    "updatedAt",
    "lm",
    "tr",
    "sys",
    "unique",
    "m",
    "mu",
    "attr",
    "attr.a",
    "attr.b",
    "attr.b.a",
    "attr.b.0",
    "attr.b.-1",
    "x",
    "y",
    "x.a",
];

const PATTERNS: [&str; 14] = [
    "^a",
    "b$",
    "a.b",
    r"^\Qa.b\E",
    r".*\Q.\E.*",
    "[^a]",
    "a|b",
    "^(?=a)a?b?",
    "(?<!a)b",
    "^$",
    "",
    "^b",
    "(?i)A",
    "[a-b]{2}",
];

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "A", "", "a.b", "a\nb", "é"]).prop_map(str::to_owned)
}

fn client() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "A"]).prop_map(str::to_owned)
}

fn at() -> impl Strategy<Value = Timestamp> {
    (0_i64..4).prop_map(|step| Timestamp::from_millis(1_700_000_000_000 + step))
}

fn date() -> impl Strategy<Value = Value> {
    at().prop_map(|at| json!({"__type": "Date", "iso": at.to_iso()}))
}

/// Dates as other programs may have stored them.
fn odd_date() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20.0019Z",
        "2023-11-14T22:13:20.1Z",
        "soon",
        "",
    ])
    .prop_map(|iso| json!({"__type": "Date", "iso": iso}))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => prop::sample::select(vec![
            Value::Null, json!(true), json!(false), json!(0), json!(1), json!(1.0), json!(2),
            json!(1.5), json!(-1), json!(9_007_199_254_740_993_i64),
        ]),
        2 => text().prop_map(Value::String),
        1 => date(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

fn stored() -> impl Strategy<Value = Value> {
    prop_oneof![4 => value(), 1 => odd_date()]
}

/// An operand whose keys cannot be taken for operators and whose Dates can be read.
fn operand() -> impl Strategy<Value = Value> {
    prop_oneof![3 => scalar(), 1 => value(), 1 => prop::collection::vec(client(), 0..3).prop_map(|clients| json!(clients))]
}

fn operators() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        operand().prop_map(|operand| json!({"$eq": operand})),
        operand().prop_map(|operand| json!({"$ne": operand})),
        prop::collection::vec(operand(), 0..4).prop_map(|items| json!({"$in": items})),
        prop::collection::vec(operand(), 0..4).prop_map(|items| json!({"$nin": items})),
        prop::collection::vec(operand(), 0..3).prop_map(|items| json!({"$all": items})),
        prop::collection::vec(client(), 0..3).prop_map(|items| json!({"$all": items})),
        (
            prop::sample::select(vec!["$lt", "$lte", "$gt", "$gte"]),
            prop_oneof![
                date(),
                text().prop_map(Value::String),
                prop::sample::select(vec![json!(0), json!(1), json!(1.5)]),
            ]
        )
            .prop_map(|(operator, bound)| json!({operator: bound})),
        any::<bool>().prop_map(|exists| json!({"$exists": exists})),
        (0..3).prop_map(|size| json!({"$size": size})),
        (
            prop::sample::select(PATTERNS.to_vec()),
            prop::sample::select(vec!["", "i", "s", "m", "ms"])
        )
            .prop_map(|(pattern, options)| json!({"$regex": pattern, "$options": options})),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| json!({"$not": inner})),
            (inner.clone(), inner).prop_map(|(left, right)| {
                let mut left = left;
                let both = left.as_object_mut().unwrap();
                for (key, value) in right.as_object().unwrap() {
                    // An operator that is there twice would lose its options.
                    if !both.contains_key("$regex") {
                        both.insert(key.clone(), value.clone());
                    }
                }
                left
            }),
        ]
    })
}

/// One condition; mostly with an operand of the type that the key holds.
fn field() -> impl Strategy<Value = (String, Value)> {
    let texts = prop::sample::select(vec!["objectId", "name", "c", "uniqueId", "m", "mu"]);
    let times = prop::sample::select(vec!["createdAt", "updatedAt", "lm"]);
    let comparisons = || prop::sample::select(vec!["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"]);
    prop_oneof![
        2 => (texts, comparisons(), client())
            .prop_map(|(key, operator, text)| (key, json!({operator: text}))),
        2 => (times, comparisons(), date())
            .prop_map(|(key, operator, date)| (key, json!({operator: date}))),
        1 => (prop::sample::select(vec!["tr", "sys", "unique"]), any::<bool>())
            .prop_map(|(key, truth)| (key, json!(truth))),
        4 => (prop::sample::select(KEYS.to_vec()), prop_oneof![1 => operand(), 3 => operators()]),
    ]
    .prop_map(|(key, value)| (key.to_owned(), value))
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop::collection::vec(field(), 1..3)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()));
    leaf.prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"$and": parts})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"$or": parts})),
            inner.prop_map(|inner| json!({"$not": inner})),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[ab]", stored(), 0..3)
        .prop_map(|object| object.into_iter().collect())
}

prop_compose! {
    fn subject(index: usize)(
        kind in prop::sample::select(vec![
            ConversationKind::Normal, ConversationKind::Normal, ConversationKind::ChatRoom,
            ConversationKind::Service,
        ]),
        name in prop::option::of(text()),
        creator in prop::option::of(client()),
        attr in prop::option::of(object()),
        extra in prop::collection::btree_map("[xy]", stored(), 0..3),
        unique_id in prop::option::of(client()),
        created_at in at(),
        updated_at in at(),
        last_message_at in prop::option::of(at()),
        members in prop::sample::subsequence(vec!["b", "a", "ab", "A"], 0..4),
        muted in prop::collection::vec(any::<bool>(), 4),
    ) -> Subject {
        let members: Vec<String> = members.into_iter().map(str::to_owned).collect();
        Subject {
            conversation: Conversation {
                // Some ids are also operands.
                id: ConversationId::trusted(if index == 0 { "a".to_owned() } else { format!("id{index}") }),
                kind,
                name,
                creator: creator.map(ClientId::trusted),
                attr,
                extra: extra.into_iter().collect(),
                unique_id,
                created_at,
                updated_at,
                expires_at: None,
            },
            muted: members
                .iter()
                .zip(muted)
                .filter(|(_, muted)| *muted)
                .map(|(client, _)| client.clone())
                .collect(),
            members,
            last_message_at,
        }
    }
}

pub(super) async fn insert(store: &Store, subject: &Subject) {
    let mut tx = store.begin().await.unwrap();
    conversation::insert(&mut tx, &subject.conversation)
        .await
        .unwrap();
    let id = subject.conversation.id.as_str();
    for client in &subject.members {
        sqlx::query(
            "INSERT INTO members (conversation_id, client_id, joined_at, muted, read_up_to_ms,
                                  acked_up_to_ms)
             VALUES ($1, $2, now(), $3, 0, 0)",
        )
        .bind(id)
        .bind(client)
        .bind(subject.muted.contains(client))
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    if let Some(at) = subject.last_message_at {
        for (age, content) in [(10, "older"), (0, "newest")] {
            sqlx::query(
                "INSERT INTO messages (conversation_id, sent_at_ms, message_id, sender_id, content,
                                       is_binary, mention_all, mention_ids, receipt)
                 VALUES ($1, $2, $3, 'a', $4, false, false, '{}', false)",
            )
            .bind(id)
            .bind(at.as_millis() - age)
            .bind(format!("{id}-{age}"))
            .bind(content.as_bytes())
            .execute(&mut *tx)
            .await
            .unwrap();
        }
    }
    tx.commit().await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_database_and_the_evaluator_agree_on_any_filter(pool: PgPool) {
    const SUBJECTS: usize = 120;
    const FILTERS: usize = 1500;
    let store = Store::from_pool(pool);
    let mut runner = TestRunner::default();
    let mut subjects = Vec::new();
    for index in 0..SUBJECTS {
        let subject = subject(index).new_tree(&mut runner).unwrap().current();
        insert(&store, &subject).await;
        subjects.push(subject);
    }
    let documents = document();
    let (mut some, mut proper) = (0, 0);
    for _ in 0..FILTERS {
        let document = documents.new_tree(&mut runner).unwrap().current();
        let filter =
            Filter::from_json(&document).unwrap_or_else(|error| panic!("{error} in {document}"));
        let mut expected: Vec<&str> = subjects
            .iter()
            .filter(|subject| subject.passes(&filter))
            .map(|subject| subject.conversation.id.as_str())
            .collect();
        expected.sort_unstable();
        let query = ConversationQuery {
            filter,
            scope: Scope::All,
            sort: Sort::parse("objectId").unwrap().unwrap(),
            after: None,
            skip: 0,
            limit: 1000,
            members: MemberList::Omitted,
            last_message: LastMessage::Omitted,
            viewer: None,
        };
        let mut tx = store.begin().await.unwrap();
        let found = list(&mut tx, &query, Duration::from_secs(60))
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        let found: Vec<&str> = found
            .iter()
            .map(|row| row.conversation.id.as_str())
            .collect();
        let disputed = subjects.iter().find(|subject| {
            let id = subject.conversation.id.as_str();
            found.contains(&id) != expected.contains(&id)
        });
        assert!(
            found == expected,
            "where {document}: the database finds {found:?}, not {expected:?}; for one {disputed:?}"
        );
        let mut tx = store.begin().await.unwrap();
        let counted = count(&mut tx, &query.filter, Scope::All, Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(counted, expected.len() as u64, "where {document}");
        some += usize::from(!expected.is_empty());
        proper += usize::from(!expected.is_empty() && expected.len() < SUBJECTS);
    }
    // The generator would prove little if filters let everything or nothing pass.
    assert!(some > FILTERS / 3, "{some} of {FILTERS} find something");
    assert!(proper > FILTERS / 4, "{proper} of {FILTERS} find a part");
}
