//! How long what somebody missed is kept.

use std::net::Ipv4Addr;

use parlor_chat::{Caller, NotificationsPage, OpenSession, StartConversation};
use parlor_model::{ClientId, ConversationKind, Features, JsonObject, SessionId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::scene::{START, Scene};

const WEEK_MS: i64 = 604_800_000;

fn bob() -> ClientId {
    ClientId::trusted("bob")
}

async fn start_with_bob(scene: &Scene) {
    let caller = Caller {
        client_id: ClientId::trusted("carol"),
        session_id: SessionId(1),
        session_key: Uuid::nil(),
        features: Features::default(),
        address: Ipv4Addr::LOCALHOST.into(),
    };
    let request = StartConversation {
        members: vec![bob()],
        attributes: JsonObject::new(),
        unique: false,
        kind: ConversationKind::Normal,
        temporary_ttl: None,
        signature: None,
    };
    let (_, outbox) = scene
        .chat
        .start_conversation(&caller, request)
        .await
        .expect("started");
    // Whoever is told later, it is kept already.
    drop(outbox);
}

#[sqlx::test(migrations = "../../migrations")]
async fn notifications_last_a_week_and_who_was_away_longer_is_told_so(pool: PgPool) {
    let scene = Scene::new(pool);
    let open = || OpenSession {
        client_id: Some(bob()),
        features: Some(Features::from_bits(0xBB)),
        ..OpenSession::default()
    };
    let (login, registration, _session) = scene.log_in(open()).await.unwrap();
    scene.clock.advance(1000);
    start_with_bob(&scene).await;
    let missed = async |after_ms: i64| {
        let after = START.plus_millis(after_ms);
        let missed = scene
            .chat
            .missed_notifications(&bob(), after, NotificationsPage::All)
            .await
            .unwrap();
        (missed.events.len(), missed.complete)
    };
    assert_eq!(missed(0).await, (2, true));
    assert_eq!(missed(1000).await, (0, true));
    assert_eq!(missed(-1).await, (2, false));

    // The session stays open, so the login goes on.
    for _ in 0..2 {
        scene.clock.advance(WEEK_MS / 2);
        scene.chat.clean_up().await.unwrap();
        scene.chat.refresh_session(&login).await.unwrap();
    }
    assert_eq!(missed(1000).await, (0, true));
    assert_eq!(missed(999).await, (2, false));
    scene.clock.advance(1);
    let removed = scene.chat.clean_up().await.unwrap();
    assert_eq!(removed.notifications, 2);
    assert_eq!(missed(999).await, (0, false));
    assert_eq!(missed(1001).await, (0, true));

    drop(registration);
    scene.clock.advance(WEEK_MS);
    scene.chat.clean_up().await.unwrap();
    start_with_bob(&scene).await;
    // Nobody asked any more.
    assert_eq!(missed(2 * WEEK_MS).await, (0, false));
}
