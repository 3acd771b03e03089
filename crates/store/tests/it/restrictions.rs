//! Silenced and blocked clients, and conversations that clients block.

use parlor_model::{ConversationId, Restriction};
use parlor_store::restriction::Restrictions;
use parlor_store::{Store, StoreError, client_block, restriction};
use sqlx::PgPool;

use super::{START, client, clients, start};

const SILENCED: Restriction = Restriction::Silenced;
const BLOCKED: Restriction = Restriction::Blocked;

#[sqlx::test(migrations = "../../migrations")]
async fn lists_keep_their_order_and_report_real_changes_only(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let added = restriction::insert(&mut connection, &one, SILENCED, &clients(&["c", "b"]))
        .await
        .unwrap();
    assert_eq!(added, clients(&["c", "b"]));
    let added = restriction::insert(&mut connection, &one, SILENCED, &clients(&["b", "a"]))
        .await
        .unwrap();
    assert_eq!(added, clients(&["a"]));
    restriction::insert(&mut connection, &one, BLOCKED, &clients(&["b"]))
        .await
        .unwrap();
    for (offset, limit, expected) in [
        (0, 10, &["c", "b", "a"][..]),
        (0, 2, &["c", "b"]),
        (1, 2, &["b", "a"]),
        (3, 2, &[]),
    ] {
        let listed = restriction::list(&mut connection, &one, SILENCED, offset, limit)
            .await
            .unwrap();
        assert_eq!(listed, clients(expected), "{offset} {limit}");
    }
    for (restriction, count) in [(SILENCED, 3), (BLOCKED, 1)] {
        let counted = restriction::count(&mut connection, &one, restriction)
            .await
            .unwrap();
        assert_eq!(counted, count);
    }
    let asked = clients(&["a", "d"]);
    let found = restriction::list_among(&mut connection, &one, SILENCED, &asked)
        .await
        .unwrap();
    assert_eq!(found, clients(&["a"]));
    let lifted = restriction::delete(&mut connection, &one, SILENCED, &clients(&["b", "d"]))
        .await
        .unwrap();
    assert_eq!(lifted, clients(&["b"]));
    let restrictions = restriction::lookup(&mut connection, &one, START)
        .await
        .unwrap();
    assert_eq!(restrictions.blocked, clients(&["b"]), "another list");
}

#[sqlx::test(migrations = "../../migrations")]
async fn r57_a_temporary_silence_ends_by_itself_and_can_be_prolonged(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let two = start(&mut connection, "two", &["a"]).await;
    let (a, b) = (client("a"), client("b"));
    let at = |millis| START.plus_millis(millis);
    restriction::silence_until(&mut connection, &one, &a, at(100), at(0))
        .await
        .unwrap();
    restriction::silence_until(&mut connection, &one, &a, at(200), at(50))
        .await
        .unwrap();
    restriction::silence_until(&mut connection, &one, &b, at(150), at(50))
        .await
        .unwrap();
    for (now, expected) in [
        (149, vec![(a.clone(), at(200)), (b.clone(), at(150))]),
        (150, vec![(a.clone(), at(200))]),
        (200, vec![]),
    ] {
        let mut found = restriction::lookup(&mut connection, &one, at(now))
            .await
            .unwrap();
        found.silenced_until.sort_unstable();
        let expected = Restrictions {
            silenced_until: expected,
            ..Restrictions::default()
        };
        assert_eq!(found, expected, "{now}");
    }
    restriction::end_silence(&mut connection, &one, &a)
        .await
        .unwrap();
    let left = restriction::lookup(&mut connection, &one, at(60))
        .await
        .unwrap();
    assert_eq!(left.silenced_until, [(b, at(150))]);
    // The next silence anywhere clears away what has ended.
    restriction::silence_until(&mut connection, &two, &a, at(300), at(150))
        .await
        .unwrap();
    let left = restriction::lookup(&mut connection, &one, at(60))
        .await
        .unwrap();
    assert_eq!(left, Restrictions::default());
    let nowhere = ConversationId::trusted("nowhere");
    let refused = restriction::silence_until(&mut connection, &nowhere, &a, at(300), at(150)).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_client_blocks_conversations_that_exist(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["a"]).await;
    let two = start(&mut connection, "two", &["a"]).await;
    let unknown = ConversationId::trusted("unknown");
    let (a, b) = (client("a"), client("b"));
    let wanted = [two.clone(), unknown.clone(), one.clone()];
    let noted = client_block::insert(&mut connection, &a, &wanted)
        .await
        .unwrap();
    assert_eq!(noted, [two.clone(), one.clone()]);
    let again = [one.clone(), one.clone()];
    client_block::insert(&mut connection, &a, &again)
        .await
        .unwrap();
    client_block::insert(&mut connection, &b, std::slice::from_ref(&two))
        .await
        .unwrap();
    assert_eq!(client_block::count(&mut connection, &a).await.unwrap(), 2);
    for (offset, expected) in [(0, vec![two.clone(), one.clone()]), (1, vec![one.clone()])] {
        let listed = client_block::list(&mut connection, &a, offset, 5)
            .await
            .unwrap();
        assert_eq!(listed, expected);
    }
    let among = client_block::list_among(&mut connection, &b, &wanted)
        .await
        .unwrap();
    assert_eq!(among, [two]);
    let unwilling = client_block::list_unwilling(&mut connection, &one, &clients(&["a", "b"]))
        .await
        .unwrap();
    assert_eq!(unwilling, clients(&["a"]));
    client_block::delete(&mut connection, &a, &wanted)
        .await
        .unwrap();
    assert_eq!(client_block::count(&mut connection, &a).await.unwrap(), 0);
}
