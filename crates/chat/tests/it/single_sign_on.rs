//! One device per client and tag: the races, and the life of a holder.

use parlor_chat::OpenError;
use parlor_model::SessionEnd;
use sqlx::PgPool;

use crate::scene::{Scene, alice, asked_for, repeated};

const WEEK_MS: i64 = 604_800_000;

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_overtaken_before_its_session_is_there_finds_out_when_it_asks(pool: PgPool) {
    let scene = Scene::new(pool);
    let first = scene.chat.open_session(asked_for("dev1")).await.unwrap();
    let (second, _registration, session) = scene.log_in(asked_for("dev2")).await.unwrap();
    let (_first_registration, first_session, _mailbox) = scene.register(&first);
    let refused = scene.chat.refresh_session(&first).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");
    assert!(scene.registry.is_live(&alice(), second.session_key));
    assert_eq!(session.connection.take_ended(), []);
    assert_eq!(first_session.connection.take_ended(), []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_overtaken_after_its_session_is_there_is_ended(pool: PgPool) {
    let scene = Scene::new(pool);
    let first = scene.chat.open_session(asked_for("dev1")).await.unwrap();
    let (_registration, session, _mailbox) = scene.register(&first);
    scene.log_in(asked_for("dev2")).await.unwrap();
    assert_eq!(
        session.connection.take_ended(),
        [(session.address.id, SessionEnd::Conflict)]
    );
    let refused = scene.chat.refresh_session(&first).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_holder_that_is_away_keeps_its_tag_until_its_last_token_expires(pool: PgPool) {
    let scene = Scene::new(pool);
    drop(scene.log_in(asked_for("dev1")).await.unwrap());
    scene.clock.advance(WEEK_MS - 1);
    let refused = scene.chat.open_session(repeated("dev2")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");
    scene.clock.advance(1);
    scene.log_in(repeated("dev2")).await.unwrap();
    let refused = scene.chat.open_session(repeated("dev1")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_holder_whose_session_stays_open_keeps_its_tag_for_ever(pool: PgPool) {
    let scene = Scene::new(pool);
    let (login, registration, _session) = scene.log_in(asked_for("dev1")).await.unwrap();
    scene.clock.advance(WEEK_MS);
    // Expired, but nobody has cleaned up yet.
    let refused = scene.chat.open_session(repeated("dev2")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");
    for _ in 0..3 {
        let removed = scene.chat.clean_up().await.unwrap();
        assert_eq!(removed.logins, 0);
        scene.clock.advance(WEEK_MS - 1);
    }
    scene.chat.refresh_session(&login).await.unwrap();
    let refused = scene.chat.open_session(repeated("dev2")).await.unwrap_err();
    assert!(matches!(refused, OpenError::Conflict), "{refused:?}");

    drop(registration);
    scene.clock.advance(WEEK_MS);
    let removed = scene.chat.clean_up().await.unwrap();
    assert_eq!(removed.logins, 1);
    scene.log_in(repeated("dev2")).await.unwrap();
}
