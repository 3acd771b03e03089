//! The log: order, uniqueness, paging.

use std::collections::BTreeSet;

use parlor_model::{
    Content, ConversationId, ConversationKind, Mention, Message, MessageId, MessageKey, Timestamp,
};
use parlor_store::message::{self, Inserted, NewMessage, PageFrom, Span};
use parlor_store::{Connection, Store, StoreError};
use sqlx::PgPool;

use super::{START, clients, start, text};

/// Commits a batch the way the message writer does.
async fn write(
    store: &Store,
    batch: &[NewMessage],
    now: Timestamp,
) -> Result<Vec<Inserted>, StoreError> {
    let ids: Vec<String> = batch
        .iter()
        .map(|message| message.conversation_id.to_string())
        .collect();
    let mut tx = store.begin().await?;
    message::lock_conversations(&mut tx, &ids).await?;
    let inserted = message::insert_batch(&mut tx, batch, now).await?;
    tx.commit().await?;
    Ok(inserted)
}

async fn all(connection: &mut Connection, conversation_id: &ConversationId) -> Vec<Message> {
    let key = |millis| MessageKey {
        sent_at: Timestamp::from_millis(millis),
        id: MessageId::trusted(""),
    };
    let span = Span {
        low: key(i64::MIN),
        high: key(i64::MAX),
    };
    message::history(
        connection,
        conversation_id,
        ConversationKind::Normal,
        &span,
        None,
        PageFrom::Oldest,
        10_000,
    )
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn times_increase_strictly_while_the_clock_stands_still_or_goes_back(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let two = start(&mut connection, "two", &["a"]).await;
    let batch = [
        text(&one, "m1", "a"),
        text(&two, "m2", "a"),
        text(&one, "m3", "a"),
    ];
    assert_eq!(
        write(&store, &batch, START).await.unwrap(),
        [
            Inserted::New(START),
            Inserted::New(START),
            Inserted::New(START.plus_millis(1))
        ]
    );
    assert_eq!(
        write(&store, &[text(&one, "m4", "a")], START.plus_millis(-5000))
            .await
            .unwrap(),
        [Inserted::New(START.plus_millis(2))]
    );
    let ids: Vec<String> = all(&mut connection, &one)
        .await
        .iter()
        .map(|message| message.id.to_string())
        .collect();
    assert_eq!(ids, ["m1", "m3", "m4"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn writers_with_different_clocks_keep_one_order_per_conversation(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let two = start(&mut connection, "two", &["a"]).await;
    let mut writers = tokio::task::JoinSet::new();
    for node in 0..3_i64 {
        let (store, one, two) = (store.clone(), one.clone(), two.clone());
        writers.spawn(async move {
            let clock = START.plus_millis(node * -100);
            for n in 0..40 {
                // Opposite orders, so that unordered locks would deadlock.
                let mut batch = vec![
                    text(&one, &format!("{node}-{n}-one"), "a"),
                    text(&two, &format!("{node}-{n}-two"), "a"),
                ];
                if node % 2 == 1 {
                    batch.reverse();
                }
                for outcome in write(&store, &batch, clock).await.unwrap() {
                    assert!(matches!(outcome, Inserted::New(_)));
                }
            }
        });
    }
    writers.join_all().await;
    for conversation_id in [&one, &two] {
        let log = all(&mut connection, conversation_id).await;
        assert_eq!(log.len(), 120);
        let times: BTreeSet<i64> = log
            .iter()
            .map(|message| message.sent_at.as_millis())
            .collect();
        assert_eq!(times.len(), 120, "no two messages share a time");
        for node in 0..3 {
            let of_node: Vec<&str> = log
                .iter()
                .map(|message| message.id.as_str())
                .filter(|id| id.starts_with(&format!("{node}-")))
                .collect();
            let sent: Vec<String> = (0..40)
                .map(|n| format!("{node}-{n}-{conversation_id}"))
                .collect();
            assert_eq!(of_node, sent, "each writer's messages keep their order");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn c57_a_dedupe_token_stores_once_even_within_one_batch(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let with_token = |id: &str, sender: &str| NewMessage {
        dedupe_token: Some("token".to_owned()),
        ..text(&one, id, sender)
    };
    let first = MessageKey {
        sent_at: START,
        id: MessageId::trusted("m1"),
    };
    let batch = [
        with_token("m1", "a"),
        with_token("m2", "a"),
        with_token("m3", "b"),
    ];
    let outcomes = write(&store, &batch, START).await.unwrap();
    assert_eq!(outcomes[0], Inserted::New(START));
    assert_eq!(outcomes[1], Inserted::Duplicate(first.clone()));
    assert!(
        matches!(outcomes[2], Inserted::New(_)),
        "tokens are per sender"
    );
    assert_eq!(
        write(&store, &[with_token("m4", "a")], START.plus_millis(9))
            .await
            .unwrap(),
        [Inserted::Duplicate(first)]
    );
    assert_eq!(all(&mut connection, &one).await.len(), 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_to_a_missing_conversation_fails_alone(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let gone = ConversationId::trusted("gone");
    let batch = [
        text(&one, "m1", "a"),
        text(&gone, "m2", "a"),
        text(&one, "m3", "a"),
    ];
    assert_eq!(
        write(&store, &batch, START).await.unwrap(),
        [
            Inserted::New(START),
            Inserted::ConversationGone,
            Inserted::New(START.plus_millis(1))
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn content_and_mentions_come_back_as_sent(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let nul_text = NewMessage {
        content: Content::Text("a\0b \u{1F600}".to_owned()),
        mention: Mention {
            all: true,
            clients: clients(&["b", "quote\" and \\ and ,{}"]),
        },
        ..text(&one, "m1", "a")
    };
    let binary = NewMessage {
        content: Content::Binary(vec![0, 255, 128]),
        ..text(&one, "m2", "a")
    };
    write(&store, &[nul_text.clone(), binary.clone()], START)
        .await
        .unwrap();
    let log = all(&mut connection, &one).await;
    assert_eq!(log[0].content, nul_text.content);
    assert_eq!(log[0].mention, nul_text.mention);
    assert_eq!(log[1].content, binary.content);
    assert_eq!(log[1].mention, Mention::default());
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_are_taken_from_either_end_and_come_ascending(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let batch: Vec<NewMessage> = (0..5)
        .map(|n| NewMessage {
            typed: (n % 2 == 0).then_some(-1),
            ..text(&one, &format!("m{n}"), "a")
        })
        .collect();
    write(&store, &batch, START).await.unwrap();
    let span = Span {
        low: MessageKey {
            sent_at: START,
            id: MessageId::trusted("m0"),
        },
        high: MessageKey {
            sent_at: START.plus_millis(4),
            id: MessageId::trusted("m4"),
        },
    };
    let mut page = async |typed, from| -> Vec<String> {
        message::history(
            &mut connection,
            &one,
            ConversationKind::Normal,
            &span,
            typed,
            from,
            2,
        )
        .await
        .unwrap()
        .iter()
        .map(|message| message.id.to_string())
        .collect()
    };
    assert_eq!(page(None, PageFrom::Oldest).await, ["m0", "m1"]);
    assert_eq!(page(None, PageFrom::Newest).await, ["m2", "m3"]);
    assert_eq!(page(Some(-1), PageFrom::Newest).await, ["m0", "m2"]);
    assert_eq!(page(Some(7), PageFrom::Newest).await, [""; 0]);
}
