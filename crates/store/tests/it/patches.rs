//! Edits and recalls.

use parlor_model::{
    Content, ConversationId, ConversationKind, Mention, MessageId, Patch, Timestamp,
};
use parlor_store::message::{self, NewMessage, PageFrom, Span};
use parlor_store::patch::{self, NewPatch};
use parlor_store::{Connection, Store};
use sqlx::PgPool;

use super::{START, client, clients, start, text};

async fn send(connection: &mut Connection, batch: &[NewMessage]) {
    message::insert_batch(connection, batch, START)
        .await
        .unwrap();
}

fn edit(conversation_id: &ConversationId, id: &str, text: &str) -> NewPatch {
    NewPatch {
        conversation_id: conversation_id.clone(),
        message_id: MessageId::trusted(id),
        content: Content::Text(text.to_owned()),
        typed: None,
        mention: Mention::default(),
        recall: false,
    }
}

fn recall(conversation_id: &ConversationId, id: &str) -> NewPatch {
    NewPatch {
        recall: true,
        typed: Some(-127),
        ..edit(conversation_id, id, "gone")
    }
}

async fn apply(store: &Store, patch: &NewPatch, now: Timestamp) -> Option<Patch> {
    let mut tx = store.begin().await.unwrap();
    message::lock_conversations(&mut tx, &[patch.conversation_id.to_string()])
        .await
        .unwrap();
    let patched = patch::apply(&mut tx, patch, now).await.unwrap();
    tx.commit().await.unwrap();
    patched
}

#[sqlx::test(migrations = "../../migrations")]
async fn c79_a_patch_replaces_what_history_shows(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    send(&mut connection, &[text(&one, "m1", "a")]).await;
    let edited = NewPatch {
        content: Content::Binary(vec![0, 255]),
        typed: Some(-1),
        mention: Mention {
            all: true,
            clients: clients(&["b", "c"]),
        },
        ..edit(&one, "m1", "")
    };
    let patch = apply(&store, &edited, START.plus_millis(7)).await.unwrap();
    assert_eq!(patch.patched_at, START.plus_millis(7));
    assert!(!patch.recalled);
    assert_eq!(patch.message.sender, client("a"));
    assert_eq!(patch.message.sent_at, START);
    assert_eq!(patch.message.kind, ConversationKind::Normal);
    assert_eq!(patch.message.content, edited.content);
    assert_eq!(patch.message.mention, edited.mention);
    let whole = Span {
        low: parlor_model::MessageKey {
            sent_at: START,
            id: MessageId::trusted(""),
        },
        high: parlor_model::MessageKey {
            sent_at: START.plus_millis(1),
            id: MessageId::trusted(""),
        },
    };
    let log = message::history(
        &mut connection,
        &one,
        ConversationKind::Normal,
        &whole,
        Some(-1),
        PageFrom::Oldest,
        10,
    )
    .await
    .unwrap();
    assert_eq!(log, [patch.message]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_recall_is_for_good_and_needs_its_conversation(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let two = start(&mut connection, "two", &["a", "b"]).await;
    send(&mut connection, &[text(&one, "m1", "a")]).await;
    assert_eq!(apply(&store, &recall(&two, "m1"), START).await, None);
    assert_eq!(apply(&store, &recall(&one, "m2"), START).await, None);
    let m1 = MessageId::trusted("m1");
    let before = patch::lookup(&mut connection, &one, &m1).await.unwrap();
    assert!(!before.unwrap().recalled);
    assert!(
        apply(&store, &recall(&one, "m1"), START)
            .await
            .unwrap()
            .recalled
    );
    let after = patch::lookup(&mut connection, &one, &m1).await.unwrap();
    assert!(after.unwrap().recalled);
    assert_eq!(apply(&store, &edit(&one, "m1", "back"), START).await, None);
    assert_eq!(apply(&store, &recall(&one, "m1"), START).await, None);
    assert_eq!(
        patch::lookup(&mut connection, &two, &m1).await.unwrap(),
        None
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn patch_times_increase_within_a_conversation_whatever_the_clocks_say(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let batch: Vec<NewMessage> = (0..4).map(|n| text(&one, &format!("m{n}"), "a")).collect();
    send(&mut connection, &batch).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..4_i64 {
        let (store, one) = (store.clone(), one.clone());
        writers.spawn(async move {
            let clock = START.plus_millis(n * -100);
            let mut times = Vec::new();
            for round in 0..10 {
                let patch = edit(&one, &format!("m{n}"), &format!("round {round}"));
                times.push(apply(&store, &patch, clock).await.unwrap().patched_at);
            }
            times
        });
    }
    let mut times = Vec::new();
    for of_one in writers.join_all().await {
        assert!(of_one.is_sorted_by(|a, b| a < b), "{of_one:?}");
        times.extend(of_one);
    }
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 40, "no two patches share a time");
    assert!(times[0] > START, "a patch is later than its message");
}

#[sqlx::test(migrations = "../../migrations")]
async fn c81_the_newest_patches_of_my_conversations_are_listed_ascending(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let two = start(&mut connection, "two", &["b", "c"]).await;
    let foreign = start(&mut connection, "foreign", &["a", "c"]).await;
    let batch: Vec<NewMessage> = [&one, &two, &foreign]
        .into_iter()
        .flat_map(|id| {
            [
                text(id, &format!("{id}1"), "a"),
                text(id, &format!("{id}2"), "a"),
            ]
        })
        .collect();
    send(&mut connection, &batch).await;
    let at = |millis| START.plus_millis(millis);
    for (patch, now) in [
        (edit(&two, "two1", "x"), at(10)),
        (edit(&one, "one1", "x"), at(20)),
        (edit(&foreign, "foreign1", "x"), at(30)),
        (edit(&one, "one2", "x"), at(40)),
        (recall(&two, "two1"), at(50)),
    ] {
        apply(&store, &patch, now).await.unwrap();
    }
    let mut since = async |moment, limit| -> Vec<(String, bool)> {
        patch::list_since(&mut connection, &client("b"), moment, START, limit)
            .await
            .unwrap()
            .into_iter()
            .map(|patch| (patch.message.id.to_string(), patch.recalled))
            .collect()
    };
    let listed = |ids: &[(&str, bool)]| -> Vec<(String, bool)> {
        ids.iter()
            .map(|(id, recalled)| ((*id).to_owned(), *recalled))
            .collect()
    };
    let all = listed(&[("one1", false), ("one2", false), ("two1", true)]);
    assert_eq!(since(START, 100).await, all);
    assert_eq!(since(at(20), 100).await, all[1..]);
    assert_eq!(since(START, 2).await, all[1..]);
    assert_eq!(since(at(50), 100).await, []);
}
