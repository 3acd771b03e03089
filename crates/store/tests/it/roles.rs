//! Roles given to members.

use parlor_model::{AssignedRole, ConversationId, MemberRole, MemberRoleId, Timestamp};
use parlor_store::{Store, StoreError, member_role};
use sqlx::PgPool;

use super::{START, client, clients, start};

fn role(conversation_id: &ConversationId, client_id: &str, role: MemberRole) -> AssignedRole {
    AssignedRole {
        id: MemberRoleId::trusted(format!("role of {client_id}")),
        conversation_id: conversation_id.clone(),
        client_id: client(client_id),
        role,
        created_at: START,
        updated_at: START,
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_role_changes_in_its_row_and_ends_with_it(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["alice", "bob", "carol"]).await;
    let two = start(&mut connection, "two", &["alice", "bob"]).await;
    let manager = role(&one, "bob", MemberRole::Manager);
    assert_eq!(
        member_role::assign(&mut connection, &manager)
            .await
            .unwrap(),
        manager
    );
    let later = Timestamp::from_millis(START.as_millis() + 5);
    let again = AssignedRole {
        id: MemberRoleId::trusted("another id"),
        role: MemberRole::Member,
        created_at: later,
        updated_at: later,
        ..manager.clone()
    };
    let changed = AssignedRole {
        id: manager.id.clone(),
        created_at: START,
        ..again.clone()
    };
    assert_eq!(
        member_role::assign(&mut connection, &again).await.unwrap(),
        changed
    );
    let bob = client("bob");
    assert_eq!(
        member_role::lookup(&mut connection, &one, &bob)
            .await
            .unwrap(),
        Some(changed)
    );
    assert_eq!(
        member_role::lookup(&mut connection, &two, &bob)
            .await
            .unwrap(),
        None
    );
    for name in ["carol", "alice"] {
        let manager = role(&one, name, MemberRole::Manager);
        member_role::assign(&mut connection, &manager)
            .await
            .unwrap();
    }
    let managers = member_role::list_managers(&mut connection, &one)
        .await
        .unwrap();
    assert_eq!(managers, clients(&["alice", "carol"]));
    member_role::delete(&mut connection, &one, &clients(&["alice", "nobody"]))
        .await
        .unwrap();
    let managers = member_role::list_managers(&mut connection, &one)
        .await
        .unwrap();
    assert_eq!(managers, clients(&["carol"]));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_owner_has_no_row(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let one = start(&mut connection, "one", &["alice"]).await;
    let owner = role(&one, "alice", MemberRole::Owner);
    let refused = member_role::assign(&mut connection, &owner).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}
