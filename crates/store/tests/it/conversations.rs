//! Conversations and members.

use parlor_model::ConversationId;
use parlor_store::conversation::{self, Columns};
use parlor_store::{Store, member};
use sqlx::PgPool;

use super::{START, client, clients, start};

#[sqlx::test(migrations = "../../migrations")]
async fn c9_c10_a_unique_conversation_is_found_by_its_present_members_only(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["ab", "c"]).await;
    let found = async |connection: &mut _, members: &[&str]| {
        conversation::find_unique(connection, "digest", &clients(members))
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
