//! Notifications kept for who missed them.

use parlor_model::{ClientId, Event, EventKind, Features, MessageId, ReceiptKind, SessionEnd};
use parlor_store::login::{self, Login};
use parlor_store::notification::{self, NewNotification, Page};
use parlor_store::{Connection, Store};
use sqlx::PgPool;
use uuid::Uuid;

use super::{START, client, clients};

const ASK: Features = Features::KEEP_NOTIFICATIONS;
const ALL: Page = Page::Newest(1000);

async fn log_in(connection: &mut Connection, key: u128, id: &str, features: u64, at: i64) -> Uuid {
    let login = Login {
        session_key: Uuid::from_u128(key),
        client_id: client(id),
        tag: None,
        device_id: None,
        features: Features::from_bits(features),
    };
    let opened_at = START.plus_millis(at);
    login::insert(connection, &login, opened_at, opened_at.plus_millis(10_000))
        .await
        .unwrap();
    login.session_key
}

/// An event told apart by its message id.
fn event(name: &str, at: i64) -> Event {
    Event {
        happened_at: START.plus_millis(at),
        kind: EventKind::Receipt {
            conversation_id: parlor_model::ConversationId::trusted("c"),
            message_id: MessageId::trusted(name),
            recipient: client("z"),
            kind: ReceiptKind::Read,
            is_group: false,
        },
    }
}

async fn keep(connection: &mut Connection, told: &[(&str, i64, &[ClientId])], now: i64) -> u64 {
    let events: Vec<(Event, &[ClientId])> = told
        .iter()
        .map(|&(name, at, clients)| (event(name, at), clients))
        .collect();
    let notifications: Vec<NewNotification<'_>> = events
        .iter()
        .map(|(event, clients)| NewNotification { event, clients })
        .collect();
    notification::insert(connection, &notifications, ASK, START.plus_millis(now))
        .await
        .unwrap()
}

async fn missed(connection: &mut Connection, id: &str, after: i64, page: Page) -> Vec<String> {
    let after = START.plus_millis(after);
    notification::list(connection, &client(id), after, page)
        .await
        .unwrap()
        .into_iter()
        .map(|event| match event.kind {
            EventKind::Receipt { message_id, .. } => message_id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_who_has_a_login_in_force_that_asks_is_remembered(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    log_in(&mut connection, 1, "asking", 0xBB, 0).await;
    log_in(&mut connection, 2, "asking", 0xBB, 0).await;
    log_in(&mut connection, 3, "silent", 0xAB, 0).await;
    log_in(&mut connection, 4, "expired", 0xBB, -10_000).await;
    let ended = log_in(&mut connection, 5, "ended", 0xBB, 0).await;
    login::end(&mut connection, ended, &SessionEnd::Conflict)
        .await
        .unwrap();
    let everybody = clients(&["asking", "silent", "expired", "ended", "never"]);
    let kept = keep(&mut connection, &[("a", 1, &everybody)], 1).await;
    assert_eq!(kept, 1);
    for (id, expected) in [("asking", 1), ("silent", 0), ("expired", 0), ("ended", 0)] {
        let missed = missed(&mut connection, id, 0, ALL).await;
        assert_eq!(missed.len(), expected, "{id}");
    }
    // Nobody to remember it for: not even the event stays.
    keep(&mut connection, &[("b", 1, &clients(&["silent"]))], 1).await;
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM notifications")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(stored, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn they_are_listed_in_order_strictly_after_a_moment_and_moments_are_not_split(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    log_in(&mut connection, 1, "a", 0xBB, 0).await;
    log_in(&mut connection, 2, "b", 0xBB, 0).await;
    let (a, b) = (clients(&["a"]), clients(&["a", "b"]));
    keep(&mut connection, &[("1", 10, &a), ("2", 10, &b)], 1).await;
    keep(&mut connection, &[("3", 20, &a), ("4", 20, &a)], 1).await;
    keep(&mut connection, &[("5", 15, &a)], 1).await;
    for (id, after, page, expected) in [
        ("a", 0, ALL, &["1", "2", "5", "3", "4"][..]),
        ("b", 0, ALL, &["2"]),
        ("a", 9, Page::Oldest(1), &["1", "2"]),
        ("a", 10, Page::Oldest(1), &["5"]),
        ("a", 15, Page::Oldest(1), &["3", "4"]),
        ("a", 20, Page::Oldest(1), &[]),
        ("a", 0, Page::Oldest(100), &["1", "2", "5", "3", "4"]),
        ("a", 0, Page::Newest(2), &["3", "4"]),
        ("c", 0, ALL, &[]),
    ] {
        let missed = missed(&mut connection, id, after, page).await;
        assert_eq!(missed, expected, "{id} after {after} {page:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn old_ones_go_and_too_many_are_cut_where_it_is_remembered(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    log_in(&mut connection, 1, "a", 0xBB, 0).await;
    log_in(&mut connection, 2, "b", 0xBB, 5).await;
    let both = clients(&["a", "b"]);
    for (name, at) in [("1", 10), ("2", 20), ("3", 20), ("4", 30), ("5", 40)] {
        keep(&mut connection, &[(name, at, &both[..])], 1).await;
    }
    keep(&mut connection, &[("6", 50, &both[..1])], 1).await;
    let since = async |connection: &mut _, id: &str| {
        notification::kept_since(connection, &client(id), ASK, START)
            .await
            .unwrap()
            .map(|since| since.as_millis() - START.as_millis())
    };
    assert_eq!(since(&mut connection, "a").await, Some(0));
    assert_eq!(since(&mut connection, "b").await, Some(5));
    assert_eq!(since(&mut connection, "nobody").await, None);

    // The fifth newest of a is of the same moment as one more.
    assert_eq!(notification::trim(&mut connection, 4).await.unwrap(), 4);
    assert_eq!(missed(&mut connection, "a", 0, ALL).await, ["4", "5", "6"]);
    assert_eq!(since(&mut connection, "a").await, Some(20));
    assert_eq!(
        missed(&mut connection, "b", 0, ALL).await,
        ["2", "3", "4", "5"]
    );
    assert_eq!(since(&mut connection, "b").await, Some(10));
    assert_eq!(notification::trim(&mut connection, 4).await.unwrap(), 0);

    let moment = START.plus_millis(40);
    let deleted = notification::delete_before(&mut connection, moment);
    assert_eq!(deleted.await.unwrap(), 4);
    assert_eq!(missed(&mut connection, "a", 0, ALL).await, ["5", "6"]);
    assert_eq!(missed(&mut connection, "b", 0, ALL).await, ["5"]);
}
