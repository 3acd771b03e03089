//! Read positions and unread counts.

use parlor_model::{ConversationId, Mention, MessageId, Timestamp, UnreadConversation};
use parlor_store::message::{self, NewMessage};
use parlor_store::receipt::{self, Ack, AckedUpTo};
use parlor_store::{Connection, Store, member, unread};
use sqlx::PgPool;

use super::{START, client, clients, start, text};

/// After every message of a test.
const LATER: Timestamp = START.plus_millis(60_000);

async fn send(connection: &mut Connection, batch: &[NewMessage]) {
    message::insert_batch(connection, batch, START.plus_millis(1))
        .await
        .unwrap();
}

async fn read(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    message_id: Option<&str>,
    sent_at: Option<Timestamp>,
) -> UnreadConversation {
    let message_id = message_id.map(MessageId::trusted);
    let bob = client("b");
    assert!(
        member::mark_read(
            connection,
            conversation_id,
            &bob,
            message_id.as_ref(),
            sent_at,
            LATER
        )
        .await
        .unwrap()
        .is_some()
    );
    unread::lookup(
        connection,
        &bob,
        std::slice::from_ref(conversation_id),
        LATER,
    )
    .await
    .unwrap()
    .remove(0)
}

#[sqlx::test(migrations = "../../migrations")]
async fn c71_the_read_position_moves_forward_to_a_message_a_time_or_the_end(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let batch: Vec<NewMessage> = (1..=5).map(|n| text(&one, &format!("m{n}"), "a")).collect();
    send(&mut connection, &batch).await;
    let connection = &mut connection;
    assert_eq!(read(connection, &one, Some("m2"), None).await.count, 3);
    assert_eq!(
        read(connection, &one, Some("m1"), None).await.count,
        3,
        "never back"
    );
    assert_eq!(
        read(connection, &one, None, Some(START.plus_millis(3)))
            .await
            .count,
        2
    );
    assert_eq!(
        read(
            connection,
            &one,
            Some("unknown"),
            Some(START.plus_millis(4))
        )
        .await
        .count,
        1
    );
    let unread = read(connection, &one, None, None).await;
    assert_eq!(unread.count, 0);
    assert_eq!(unread.last_message.unwrap().id.as_str(), "m5");
}

#[sqlx::test(migrations = "../../migrations")]
async fn c67_c72_only_messages_of_others_count_and_mentions_are_seen(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let mentioning = NewMessage {
        mention: Mention {
            all: false,
            clients: clients(&["b"]),
        },
        ..text(&one, "m2", "a")
    };
    send(
        &mut connection,
        &[text(&one, "m1", "a"), mentioning, text(&one, "m3", "b")],
    )
    .await;
    let of_bob = unread::list_changed(&mut connection, &client("b"), None, LATER)
        .await
        .unwrap();
    assert_eq!(of_bob.len(), 1);
    assert_eq!((of_bob[0].count, of_bob[0].mentioned), (2, true));
    assert_eq!(of_bob[0].last_message.as_ref().unwrap().id.as_str(), "m3");
    let of_alice = unread::list_changed(&mut connection, &client("a"), None, LATER)
        .await
        .unwrap();
    assert_eq!((of_alice[0].count, of_alice[0].mentioned), (1, false));
    assert!(
        unread::list_changed(&mut connection, &client("stranger"), None, LATER)
            .await
            .unwrap()
            .is_empty()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn c69_only_what_changed_since_the_last_report_is_reported(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    send(&mut connection, &[text(&one, "m1", "a")]).await;
    let bob = client("b");
    let since = async |connection: &mut _, moment| {
        unread::list_changed(connection, &bob, Some(moment), LATER)
            .await
            .unwrap()
            .iter()
            .map(|unread| unread.count)
            .collect::<Vec<i32>>()
    };
    assert_eq!(since(&mut connection, START).await, [1]);
    assert_eq!(since(&mut connection, START.plus_millis(1)).await, [0; 0]);
    read(&mut connection, &one, None, None).await;
    assert_eq!(
        since(&mut connection, START).await,
        [0],
        "read on another device"
    );
    assert_eq!(since(&mut connection, LATER).await, [0; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn c70_counts_and_conversations_are_capped(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let busy = start(&mut connection, "busy", &["a", "b"]).await;
    let batch: Vec<NewMessage> = (0..120)
        .map(|n| text(&busy, &format!("m{n}"), "a"))
        .collect();
    send(&mut connection, &batch).await;
    for n in 0..60 {
        let quiet = start(&mut connection, &format!("quiet{n}"), &["a", "b"]).await;
        send(&mut connection, &[text(&quiet, &format!("q{n}"), "a")]).await;
    }
    let reported = unread::list_changed(&mut connection, &client("b"), None, LATER)
        .await
        .unwrap();
    assert_eq!(reported.len(), 50);
    assert_eq!(reported[0].conversation_id, busy, "newest first");
    assert_eq!(reported[0].count, 100);
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_joins_later_has_nothing_unread_from_before(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    send(&mut connection, &[text(&one, "m1", "a")]).await;
    member::insert(
        &mut connection,
        &one,
        &clients(&["b"]),
        START.plus_millis(10),
    )
    .await
    .unwrap();
    assert!(
        unread::list_changed(&mut connection, &client("b"), None, LATER)
            .await
            .unwrap()
            .is_empty()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_of_the_millisecond_of_joining_is_unread(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    message::insert_batch(&mut connection, &[text(&one, "m1", "a")], START)
        .await
        .unwrap();
    let unread = unread::list_changed(&mut connection, &client("b"), None, LATER)
        .await
        .unwrap();
    assert_eq!(unread[0].count, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn c65_delivery_marks_move_forward_together_and_never_past_the_end(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b", "c"]).await;
    let asking = |id: &str, sender: &str| NewMessage {
        receipt: true,
        ..text(&one, id, sender)
    };
    send(
        &mut connection,
        &[asking("m1", "a"), text(&one, "m2", "a"), asking("m3", "b")],
    )
    .await;
    let ack = |client_id: &str, up_to| Ack {
        conversation_id: one.clone(),
        client_id: client(client_id),
        up_to,
    };
    let message = |id: &str| AckedUpTo::Message(MessageId::trusted(id));
    let acks = [
        ack("b", message("m1")),
        ack("b", AckedUpTo::Time(LATER)),
        ack("c", message("m2")),
        ack("a", message("m1")),
        ack("stranger", message("m1")),
    ];
    let moved = receipt::move_acks(&mut connection, &acks, LATER)
        .await
        .unwrap();
    let mut ends: Vec<(String, i64)> = moved
        .iter()
        .map(|moved| {
            (
                moved.client_id.to_string(),
                moved.to.as_millis() - START.as_millis(),
            )
        })
        .collect();
    ends.sort();
    assert_eq!(ends, [("b".to_owned(), 3), ("c".to_owned(), 2)]);
    let owed: Vec<(String, String)> = receipt::list_owed(&mut connection, &moved)
        .await
        .unwrap()
        .into_iter()
        .map(|owed| {
            assert!(owed.is_group);
            (owed.message_id.to_string(), owed.recipient.to_string())
        })
        .collect();
    assert_eq!(owed.len(), 2, "{owed:?}");
    assert!(owed.iter().all(|(message_id, _)| message_id == "m1"));
    assert!(
        receipt::move_acks(&mut connection, &acks, LATER)
            .await
            .unwrap()
            .is_empty()
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_that_commits_during_a_read_stays_unread(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    send(&mut connection, &[text(&one, "m1", "a")]).await;
    let mut writing = store.begin().await.unwrap();
    send(&mut writing, &[text(&one, "m2", "a")]).await;
    assert_eq!(read(&mut connection, &one, None, None).await.count, 0);
    writing.commit().await.unwrap();
    let unread = unread::lookup(&mut connection, &client("b"), &[one], LATER)
        .await
        .unwrap();
    assert_eq!(unread[0].count, 1);
}
