//! Conversations and members.

use parlor_model::{Conversation, ConversationId, ConversationKind};
use parlor_store::conversation::{self, Columns};
use parlor_store::{Store, member, message, unread};
use sqlx::PgPool;

use super::{START, client, clients, start, text};

#[sqlx::test(migrations = "../../migrations")]
async fn c9_c10_a_unique_conversation_is_found_by_its_present_members_only(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["ab", "c"]).await;
    let found = async |connection: &mut _, members: &[&str]| {
        let kind = ConversationKind::Normal;
        conversation::find_unique(connection, kind, "digest", &clients(members), START)
            .await
            .unwrap()
            .map(|found| found.id)
    };
    assert_eq!(
        found(&mut connection, &["c", "ab"]).await,
        Some(one.clone())
    );
    assert_eq!(found(&mut connection, &["a", "bc"]).await, None);
    member::insert(&mut connection, &one, &clients(&["d"]), START)
        .await
        .unwrap();
    assert_eq!(
        found(&mut connection, &["ab", "c"]).await,
        None,
        "members drifted"
    );
    member::delete(&mut connection, &one, &clients(&["d"]))
        .await
        .unwrap();
    assert_eq!(
        found(&mut connection, &["ab", "c"]).await,
        Some(one),
        "and came back"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_time_of_change_moves_strictly_forward(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let touch =
        async |connection: &mut _, now| conversation::touch(connection, &one, now).await.unwrap();
    assert_eq!(touch(&mut connection, START).await, START.plus_millis(1));
    assert_eq!(
        touch(&mut connection, START.plus_millis(-9)).await,
        START.plus_millis(2)
    );
    assert_eq!(
        touch(&mut connection, START.plus_millis(50)).await,
        START.plus_millis(50)
    );
    let columns = Columns {
        name: Some("n".to_owned()),
        attr: None,
        extra: serde_json::Map::new(),
    };
    assert_eq!(
        conversation::update(&mut connection, &one, &columns, START)
            .await
            .unwrap(),
        START.plus_millis(51)
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_real_changes_of_members_are_reported(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a", "b"]).await;
    let added = member::insert(&mut connection, &one, &clients(&["z", "b", "c"]), START)
        .await
        .unwrap();
    assert_eq!(added, clients(&["z", "c"]));
    let removed = member::delete(&mut connection, &one, &clients(&["a", "nobody"]))
        .await
        .unwrap();
    assert_eq!(removed, clients(&["a"]));
    assert!(
        member::set_muted(&mut connection, &one, &client("z"), true)
            .await
            .unwrap()
    );
    assert!(
        !member::set_muted(&mut connection, &one, &client("a"), true)
            .await
            .unwrap()
    );
    let members: Vec<(String, bool)> = member::list(&mut connection, &one)
        .await
        .unwrap()
        .into_iter()
        .map(|member| (member.client_id.to_string(), member.muted))
        .collect();
    assert_eq!(
        members,
        [
            ("b".to_owned(), false),
            ("z".to_owned(), true),
            ("c".to_owned(), false)
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_unknown_conversation_is_none(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let gone = ConversationId::trusted("gone");
    assert_eq!(
        conversation::lookup(&mut connection, &gone).await.unwrap(),
        None
    );
    assert_eq!(
        conversation::lock(&mut connection, &gone).await.unwrap(),
        None
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn c46_c47_a_temporary_conversation_ends_and_takes_its_messages_along(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let connection = &mut *connection;
    let normal = start(connection, "normal", &["a", "b"]).await;
    let end = START.plus_millis(1000);
    let temporary = ConversationId::trusted("_tmp:1");
    let created = Conversation {
        id: temporary.clone(),
        kind: ConversationKind::Temporary,
        expires_at: Some(end),
        ..conversation::lookup(connection, &normal)
            .await
            .unwrap()
            .unwrap()
    };
    conversation::insert(connection, &created).await.unwrap();
    member::insert(connection, &temporary, &clients(&["a", "b"]), START)
        .await
        .unwrap();
    let batch = [text(&normal, "m1", "a"), text(&temporary, "m2", "a")];
    message::insert_batch(connection, &batch, START)
        .await
        .unwrap();

    let found = async |connection: &mut _, now| {
        let kind = ConversationKind::Temporary;
        conversation::find_unique(connection, kind, "digest", &clients(&["b", "a"]), now)
            .await
            .unwrap()
    };
    let unread = async |connection: &mut _, now| {
        let unread = unread::list_changed(connection, &client("b"), None, now).await;
        unread.unwrap().len()
    };
    let joined = async |connection: &mut _, now| {
        let asked = [normal.clone(), temporary.clone()];
        let joined = member::list_joined(connection, &client("a"), &asked, now).await;
        joined.unwrap().contains(&temporary)
    };
    let before = end.plus_millis(-1);
    assert_eq!(found(connection, before).await, Some(created));
    assert_eq!(unread(connection, before).await, 2);
    assert!(joined(connection, before).await);
    assert_eq!(found(connection, end).await, None);
    assert_eq!(unread(connection, end).await, 1);
    assert!(!joined(connection, end).await);

    let delete = async |connection: &mut _, now| {
        conversation::delete_expired(connection, now, 10)
            .await
            .unwrap()
    };
    assert_eq!(delete(connection, before).await, 0);
    assert_eq!(delete(connection, end).await, 1);
    assert_eq!(
        conversation::lookup(connection, &temporary).await.unwrap(),
        None
    );
    assert!(
        message::lookup_sent_at(connection, &temporary, &batch[1].id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        message::lookup_sent_at(connection, &normal, &batch[0].id)
            .await
            .unwrap()
            .is_some()
    );
}
