//! Streams of service conversations.

use parlor_model::{
    AddressedTo, Conversation, ConversationId, ConversationKind, Mention, MessageId, MessageKey,
    Timestamp, UnreadConversation,
};
use parlor_store::message::{self, NewMessage, PageFrom, Span};
use parlor_store::stream::{self, SubscriptionKey};
use parlor_store::system_message::{self, SystemMessageFilter, SystemMessageOrder};
use parlor_store::{
    Connection, Store, broadcast, client as client_store, conversation, stream_log,
};
use sqlx::PgPool;

use super::{START, client, clients, text};

/// When broadcasts to everybody cease to count.
const DAY: i64 = 86_400_000;

async fn service(connection: &mut Connection, id: &str) -> ConversationId {
    let conversation = Conversation {
        id: ConversationId::trusted(id),
        kind: ConversationKind::Service,
        name: None,
        creator: None,
        attr: None,
        extra: serde_json::Map::new(),
        unique_id: None,
        created_at: START,
        updated_at: START,
        expires_at: None,
    };
    conversation::insert(connection, &conversation)
        .await
        .unwrap();
    conversation.id
}

fn to_clients(names: &[&str]) -> AddressedTo {
    AddressedTo::Clients(clients(names))
}

const fn to_everybody(valid_till: Timestamp) -> AddressedTo {
    AddressedTo::Everybody { valid_till }
}

/// Stores a message; the sender of what is for the app is the name before the dash.
async fn send(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    id: &str,
    addressed_to: AddressedTo,
    at: Timestamp,
) {
    let sender = match addressed_to {
        AddressedTo::App => id.split('-').next().unwrap(),
        _ => "app",
    };
    let message = NewMessage {
        addressed_to,
        sender_address: Some("10.0.0.7".parse().unwrap()),
        ..text(conversation_id, id, sender)
    };
    message::insert_batch(connection, &[message], at)
        .await
        .unwrap();
}

const fn everything() -> (Timestamp, Timestamp) {
    (
        Timestamp::from_millis(i64::MIN),
        Timestamp::from_millis(i64::MAX),
    )
}

fn span((low, high): (Timestamp, Timestamp)) -> Span {
    let key = |sent_at| MessageKey {
        sent_at,
        id: MessageId::trusted(""),
    };
    Span {
        low: key(low),
        high: key(high),
    }
}

async fn stream_of(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    name: &str,
    bounds: (Timestamp, Timestamp),
    from: PageFrom,
    limit: u32,
) -> Vec<String> {
    let client_id = client(name);
    let share = stream::share_of(connection, conversation_id, &client_id)
        .await
        .unwrap();
    stream_log::history(
        connection,
        conversation_id,
        &client_id,
        share,
        &span(bounds),
        None,
        from,
        limit,
    )
    .await
    .unwrap()
    .into_iter()
    .map(|message| message.id.to_string())
    .collect()
}

async fn all_of(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    name: &str,
) -> Vec<String> {
    let from = PageFrom::Oldest;
    stream_of(connection, conversation_id, name, everything(), from, 100).await
}

async fn unread_of(
    connection: &mut Connection,
    name: &str,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Vec<UnreadConversation> {
    stream_log::list_changed(connection, &client(name), since, now)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn c52_a_stream_is_broadcasts_own_messages_and_those_to_the_client_alone(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let news = service(connection, "news").await;
    let other = service(connection, "other").await;
    for name in ["a", "b", "c"] {
        client_store::note_login(connection, &client(name), START)
            .await
            .unwrap();
    }
    let at = |millis| START.plus_millis(millis);
    let till = at(DAY);
    send(connection, &news, "early", AddressedTo::Subscribers, at(1)).await;
    stream::subscribe(connection, &news, &client("a"), at(2))
        .await
        .unwrap();
    stream::subscribe(connection, &other, &client("a"), at(2))
        .await
        .unwrap();
    send(
        connection,
        &news,
        "broadcast",
        AddressedTo::Subscribers,
        at(3),
    )
    .await;
    send(
        connection,
        &news,
        "to-ab",
        to_clients(&["a", "b", "a"]),
        at(4),
    )
    .await;
    send(connection, &news, "a-says", AddressedTo::App, at(5)).await;
    send(connection, &news, "b-says", AddressedTo::App, at(6)).await;
    send(connection, &news, "all", to_everybody(till), at(7)).await;
    send(connection, &news, "to-b", to_clients(&["b"]), at(8)).await;
    send(
        connection,
        &other,
        "elsewhere",
        AddressedTo::Subscribers,
        at(9),
    )
    .await;

    assert_eq!(
        all_of(connection, &news, "a").await,
        ["broadcast", "to-ab", "a-says", "all"]
    );
    assert_eq!(
        all_of(connection, &news, "b").await,
        ["to-ab", "b-says", "all", "to-b"]
    );
    assert_eq!(all_of(connection, &news, "c").await, ["all"]);
    assert_eq!(
        all_of(connection, &news, "never").await,
        [""; 0],
        "who never logged in"
    );

    // Pages from both ends, over the borders of the parts.
    let inside = (at(3), at(8));
    let newest = PageFrom::Newest;
    let oldest = PageFrom::Oldest;
    for (bounds, from, limit, expected) in [
        (
            everything(),
            oldest,
            3,
            &["broadcast", "to-ab", "a-says"][..],
        ),
        (everything(), newest, 3, &["to-ab", "a-says", "all"]),
        (everything(), newest, 1, &["all"]),
        (inside, oldest, 1, &["broadcast"]),
        ((at(4), at(7)), newest, 100, &["to-ab", "a-says"]),
        ((at(8), at(9)), oldest, 100, &[]),
    ] {
        assert_eq!(
            stream_of(connection, &news, "a", bounds, from, limit).await,
            expected
        );
    }

    // Who unsubscribes keeps what it got; a new subscription begins anew.
    stream::unsubscribe(connection, &news, &client("a"), at(10))
        .await
        .unwrap();
    send(
        connection,
        &news,
        "missed",
        AddressedTo::Subscribers,
        at(11),
    )
    .await;
    assert_eq!(
        all_of(connection, &news, "a").await,
        ["broadcast", "to-ab", "a-says", "all"]
    );
    stream::subscribe(connection, &news, &client("a"), at(12))
        .await
        .unwrap();
    send(connection, &news, "again", AddressedTo::Subscribers, at(12)).await;
    assert_eq!(
        all_of(connection, &news, "a").await,
        ["to-ab", "a-says", "all", "again"]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_stream_counts_what_others_sent_after_the_read_position(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let news = service(connection, "news").await;
    let at = |millis| START.plus_millis(millis);
    client_store::note_login(connection, &client("a"), START)
        .await
        .unwrap();
    assert_eq!(unread_of(connection, "a", None, at(1)).await, []);
    stream::subscribe(connection, &news, &client("a"), at(1))
        .await
        .unwrap();
    assert_eq!(unread_of(connection, "a", None, at(1)).await, []);
    send(
        connection,
        &news,
        "broadcast",
        AddressedTo::Subscribers,
        at(2),
    )
    .await;
    let mentioning = NewMessage {
        addressed_to: to_clients(&["a", "b"]),
        mention: Mention {
            all: false,
            clients: clients(&["a"]),
        },
        ..text(&news, "to-ab", "app")
    };
    message::insert_batch(connection, &[mentioning], at(3))
        .await
        .unwrap();
    send(connection, &news, "a-says", AddressedTo::App, at(4)).await;
    send(connection, &news, "b-says", AddressedTo::App, at(5)).await;

    let of_a = unread_of(connection, "a", None, at(9)).await;
    assert_eq!(of_a.len(), 1);
    assert_eq!(of_a[0].conversation_kind, ConversationKind::Service);
    assert_eq!((of_a[0].count, of_a[0].mentioned), (2, true));
    let newest = of_a[0].last_message.as_ref().unwrap();
    assert_eq!(newest.id.as_str(), "a-says", "of its stream");
    let of_b = unread_of(connection, "b", None, at(9)).await;
    assert_eq!((of_b[0].count, of_b[0].mentioned), (1, false));
    assert_eq!(unread_of(connection, "c", None, at(9)).await, []);
    assert_eq!(unread_of(connection, "a", Some(at(4)), at(9)).await, []);

    let broadcast = MessageId::trusted("broadcast");
    stream::mark_read(
        connection,
        &news,
        &client("a"),
        Some(&broadcast),
        None,
        at(10),
    )
    .await
    .unwrap();
    let only = [news.clone()];
    let read = stream_log::lookup(connection, &client("a"), &only, at(10))
        .await
        .unwrap();
    assert_eq!((read[0].count, read[0].mentioned), (1, true));
    stream::mark_read(connection, &news, &client("a"), None, None, at(11))
        .await
        .unwrap();
    // Never back.
    stream::mark_read(
        connection,
        &news,
        &client("a"),
        Some(&broadcast),
        None,
        at(12),
    )
    .await
    .unwrap();
    let read = unread_of(connection, "a", Some(at(4)), at(13)).await;
    assert_eq!((read[0].count, read[0].mentioned), (0, false));
    assert_eq!(unread_of(connection, "a", None, at(13)).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r54_a_broadcast_to_everybody_is_unread_while_it_holds(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let news = service(connection, "news").await;
    let at = |millis| START.plus_millis(millis);
    client_store::note_login(connection, &client("old"), START)
        .await
        .unwrap();
    send(connection, &news, "expired", to_everybody(at(50)), at(1)).await;
    send(connection, &news, "first", to_everybody(at(DAY)), at(2)).await;
    send(connection, &news, "second", to_everybody(at(DAY)), at(3)).await;
    let ids = |broadcasts: Vec<broadcast::LiveBroadcast>| -> Vec<String> {
        let ids = broadcasts
            .into_iter()
            .map(|live| live.message.id.to_string());
        ids.collect()
    };
    let live = broadcast::list_live(connection, &news, at(60), 0, 10)
        .await
        .unwrap();
    assert_eq!(live[0].valid_till, at(DAY));
    assert_eq!(ids(live), ["second", "first"]);
    let live = broadcast::list_live(connection, &news, at(60), 1, 1).await;
    assert_eq!(ids(live.unwrap()), ["first"]);

    assert_eq!(unread_of(connection, "old", None, at(60)).await[0].count, 2);
    assert_eq!(
        all_of(connection, &news, "old").await,
        ["expired", "first", "second"],
        "history keeps what does not count any more"
    );
    // A new client gets the newest one that holds, and all that come.
    client_store::note_login(connection, &client("new"), at(60))
        .await
        .unwrap();
    client_store::note_login(connection, &client("old"), at(60))
        .await
        .unwrap();
    assert_eq!(unread_of(connection, "new", None, at(60)).await[0].count, 1);
    assert_eq!(all_of(connection, &news, "new").await, ["second"]);
    assert_eq!(unread_of(connection, "old", None, at(60)).await[0].count, 2);

    // Reading it makes no subscriber.
    stream::mark_read(connection, &news, &client("new"), None, None, at(61))
        .await
        .unwrap();
    assert_eq!(unread_of(connection, "new", None, at(62)).await, []);
    assert_eq!(
        stream::count_subscribers(connection, &news).await.unwrap(),
        0
    );

    let delete = async |connection: &mut _, id| {
        broadcast::delete(connection, &MessageId::trusted(id))
            .await
            .unwrap()
    };
    assert!(delete(connection, "first").await);
    assert!(!delete(connection, "first").await);
    assert_eq!(unread_of(connection, "old", None, at(63)).await[0].count, 1);
    assert_eq!(unread_of(connection, "old", None, at(DAY)).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r52_subscribers_and_subscriptions_are_paged_through(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let news = service(connection, "news").await;
    let other = service(connection, "other").await;
    let at = |millis| START.plus_millis(millis);
    for (order, name) in ["c", "a", "b"].into_iter().enumerate() {
        let at = at(i64::try_from(order).unwrap());
        let since = stream::subscribe(connection, &news, &client(name), at)
            .await
            .unwrap();
        assert_eq!(since, at);
    }
    // Subscribing again moves nothing.
    assert_eq!(
        stream::subscribe(connection, &news, &client("c"), at(9))
            .await
            .unwrap(),
        START
    );
    stream::unsubscribe(connection, &news, &client("b"), at(9))
        .await
        .unwrap();
    assert_eq!(
        stream::count_subscribers(connection, &news).await.unwrap(),
        2
    );
    let page = stream::list_subscribers(connection, &news, None, 1)
        .await
        .unwrap();
    assert_eq!((page[0].client_id.as_str(), page[0].since), ("a", at(1)));
    let page = stream::list_subscribers(connection, &news, Some(&client("a")), 9)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].client_id.as_str(), page[0].since), ("c", START));
    let among = clients(&["a", "b", "nobody"]);
    let among = stream::list_subscribers_among(connection, &news, &among).await;
    assert_eq!(among.unwrap(), clients(&["a"]));

    stream::subscribe(connection, &other, &client("a"), at(1))
        .await
        .unwrap();
    let key = |id: &ConversationId| SubscriptionKey {
        since: at(1),
        conversation_id: id.clone(),
    };
    let a = client("a");
    let ids = |subscriptions: Vec<stream::Subscription>| -> Vec<ConversationId> {
        let subscriptions = subscriptions.into_iter();
        subscriptions.map(|one| one.conversation_id).collect()
    };
    let after = async |connection: &mut _, key| {
        let page = stream::list_subscriptions_after(connection, &a, key, 9).await;
        ids(page.unwrap())
    };
    let before = async |connection: &mut _, key| {
        let page = stream::list_subscriptions_before(connection, &a, key, 9).await;
        ids(page.unwrap())
    };
    let both = [news.clone(), other.clone()];
    assert_eq!(after(connection, None).await, both);
    assert_eq!(after(connection, Some(&key(&news))).await, both[1..]);
    assert_eq!(
        before(connection, None).await,
        [both[1].clone(), both[0].clone()]
    );
    assert_eq!(before(connection, Some(&key(&other))).await, both[..1]);

    assert!(
        stream::set_muted(connection, &news, &a, true)
            .await
            .unwrap()
    );
    let b = client("b");
    assert!(
        !stream::set_muted(connection, &news, &b, true)
            .await
            .unwrap()
    );
    let subscribed = stream::list_subscribed(connection, &a, &both)
        .await
        .unwrap();
    assert!(subscribed[&news].muted && !subscribed[&other].muted);
}

#[sqlx::test(migrations = "../../migrations")]
async fn c52_what_clients_send_to_the_app_is_found_there(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let news = service(connection, "news").await;
    let other = service(connection, "other").await;
    let at = |millis| START.plus_millis(millis);
    send(connection, &news, "a-1", AddressedTo::App, at(1)).await;
    send(connection, &other, "a-2", AddressedTo::App, at(2)).await;
    send(connection, &news, "b-3", AddressedTo::App, at(3)).await;
    send(
        connection,
        &news,
        "broadcast",
        AddressedTo::Subscribers,
        at(4),
    )
    .await;
    let found = async |connection: &mut _, filter: SystemMessageFilter, order| {
        let found = system_message::list(connection, &filter, order, 0, 10)
            .await
            .unwrap();
        let count = system_message::count(connection, &filter).await.unwrap();
        assert_eq!(count, found.len() as u64);
        assert!(
            found
                .iter()
                .all(|one| one.sender_address.as_deref() == Some("10.0.0.7"))
        );
        found
            .into_iter()
            .map(|one| one.message.id.to_string())
            .collect::<Vec<String>>()
    };
    let all = SystemMessageFilter::default();
    let (oldest, newest) = (SystemMessageOrder::Oldest, SystemMessageOrder::Newest);
    assert_eq!(
        found(connection, all.clone(), oldest).await,
        ["a-1", "a-2", "b-3"]
    );
    assert_eq!(
        found(connection, all.clone(), newest).await,
        ["b-3", "a-2", "a-1"]
    );
    for (filter, expected) in [
        (
            SystemMessageFilter {
                conversation_id: Some(news.clone()),
                ..all.clone()
            },
            &["a-1", "b-3"][..],
        ),
        (
            SystemMessageFilter {
                sender: Some(client("a")),
                from: Some(at(2)),
                ..all.clone()
            },
            &["a-2"],
        ),
        (
            SystemMessageFilter {
                message_id: Some(MessageId::trusted("b-3")),
                before: Some(at(3)),
                ..all.clone()
            },
            &[],
        ),
    ] {
        assert_eq!(found(connection, filter, oldest).await, expected);
    }
    let page = system_message::list(connection, &all, newest, 1, 1)
        .await
        .unwrap();
    assert_eq!(page[0].message.id.as_str(), "a-2");
}
