//! Messages that wait for a client.

use parlor_model::{ConversationId, ConversationKind, Timestamp};
use parlor_store::message::{self, NewMessage};
use parlor_store::receipt::{self, Ack, AckedUpTo};
use parlor_store::{Connection, Store, member, missed};
use sqlx::PgPool;

use super::{START, client, start, text};

/// After every message of a test.
const LATER: Timestamp = START.plus_millis(60_000);
const BEGINNING: Timestamp = Timestamp::from_millis(i64::MIN);

async fn send(connection: &mut Connection, conversation_id: &ConversationId, ids: &[&str]) {
    let batch: Vec<NewMessage> = ids
        .iter()
        .map(|id| {
            text(
                conversation_id,
                id,
                if id.starts_with('b') { "b" } else { "a" },
            )
        })
        .collect();
    message::insert_batch(connection, &batch, START.plus_millis(1))
        .await
        .unwrap();
}

async fn waiting(
    connection: &mut Connection,
    after: &[(&ConversationId, Timestamp)],
    queue: i64,
    batch: i64,
) -> Vec<String> {
    let after: Vec<(ConversationId, Timestamp)> = after
        .iter()
        .map(|(id, after)| ((*id).clone(), *after))
        .collect();
    missed::list_messages(connection, &client("b"), &after, LATER, queue, batch)
        .await
        .unwrap()
        .into_iter()
        .map(|message| message.id.to_string())
        .collect()
}

async fn conversations(connection: &mut Connection) -> Vec<String> {
    let kinds = [ConversationKind::Normal];
    missed::list_conversations(connection, &client("b"), &kinds, LATER)
        .await
        .unwrap()
        .into_iter()
        .map(|id| id.to_string())
        .collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn c73_what_others_said_waits_until_it_is_acked_or_read(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let one = start(connection, "one", &["a", "b"]).await;
    let two = start(connection, "two", &["a", "b"]).await;
    let mine = start(connection, "mine", &["a", "b"]).await;
    let foreign = start(connection, "foreign", &["a", "c"]).await;
    send(connection, &two, &["a1"]).await;
    send(connection, &one, &["a2", "b3", "a4", "a5"]).await;
    send(connection, &mine, &["b6"]).await;
    send(connection, &foreign, &["a7"]).await;
    assert_eq!(conversations(connection).await, ["one", "two"]);
    let all = [
        (&one, BEGINNING),
        (&two, BEGINNING),
        (&mine, BEGINNING),
        (&foreign, BEGINNING),
    ];
    assert_eq!(
        waiting(connection, &all, 100, 20).await,
        ["a2", "a4", "a5", "a1"]
    );
    let after_a2 = [(&one, START.plus_millis(1))];
    assert_eq!(waiting(connection, &after_a2, 100, 20).await, ["a4", "a5"]);
    // The newest of the queue, and of those the first.
    assert_eq!(waiting(connection, &all[..1], 2, 1).await, ["a4"]);

    let ack = Ack {
        conversation_id: one.clone(),
        client_id: client("b"),
        up_to: AckedUpTo::Time(START.plus_millis(3)),
    };
    receipt::move_acks(connection, &[ack], LATER).await.unwrap();
    assert_eq!(waiting(connection, &all[..1], 100, 20).await, ["a5"]);
    member::mark_read(connection, &two, &client("b"), None, None, LATER)
        .await
        .unwrap();
    assert_eq!(conversations(connection).await, ["one"]);
    assert_eq!(waiting(connection, &all[1..2], 100, 20).await, [""; 0]);
}
