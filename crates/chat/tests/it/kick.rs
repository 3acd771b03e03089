//! A kick against the logins around it.

use std::time::Duration;

use parlor_chat::{Config, OpenError, OpenSession, PresentedSignature, SignaturePolicy};
use parlor_model::{SessionEnd, Timestamp};
use parlor_sign::{Action, AppCredentials, Signed};
use sqlx::PgPool;

use crate::scene::{START, Scene, alice, asked_for};

const WINDOW_MS: i64 = 6 * 60 * 60 * 1000;

fn credentials() -> AppCredentials {
    AppCredentials {
        id: "app-id-for-tests".to_owned(),
        key: "app-key".to_owned(),
        master_key: "master-key".to_owned(),
        android_key: None,
    }
}

fn demanding() -> Config {
    Config {
        signatures: Some(SignaturePolicy {
            login: true,
            conversation: false,
            blacklist: false,
            history: false,
            window: Duration::from_millis(WINDOW_MS.unsigned_abs()),
            credentials: credentials(),
        }),
        ..Config::default()
    }
}

fn signed_at(at: Timestamp) -> OpenSession {
    let signed = Signed {
        client_id: "alice",
        timestamp: at.as_millis(),
        nonce: "n",
    };
    OpenSession {
        signature: Some(PresentedSignature {
            signature: parlor_sign::sign(&credentials(), &signed, &Action::Login),
            timestamp: at.as_millis(),
            nonce: "n".to_owned(),
        }),
        ..asked_for("dev1")
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_kicked_before_its_session_is_there_finds_out_when_it_asks(pool: PgPool) {
    let scene = Scene::new(pool);
    let login = scene.chat.open_session(asked_for("dev1")).await.unwrap();
    scene.chat.kick_client(&alice(), Some("bye")).await.unwrap();
    let (_registration, session, _mailbox) = scene.register(&login);
    let refused = scene.chat.refresh_session(&login).await.unwrap_err();
    assert!(
        matches!(&refused, OpenError::Kicked { reason } if reason.as_deref() == Some("bye")),
        "{refused:?}"
    );
    assert_eq!(session.connection.take_ended(), []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_is_kicked_with_its_session_there_is_ended_and_holds_no_tag(pool: PgPool) {
    let scene = Scene::new(pool);
    let (_login, _registration, session) = scene.log_in(asked_for("dev1")).await.unwrap();
    scene.chat.kick_client(&alice(), None).await.unwrap();
    assert_eq!(
        session.connection.take_ended(),
        [(session.address.id, SessionEnd::Kicked { reason: None })]
    );
    let another = OpenSession {
        reconnect: true,
        ..asked_for("dev2")
    };
    scene.log_in(another).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn w39_signatures_up_to_the_kick_are_void_until_they_are_too_old(pool: PgPool) {
    let scene = Scene::with(pool, demanding());
    scene.log_in(signed_at(START)).await.unwrap();
    scene.clock.advance(1000);
    let kicked_at = START.plus_millis(1000);
    scene.chat.kick_client(&alice(), None).await.unwrap();
    for ago in [1000, 1, 0] {
        let refused = scene
            .chat
            .open_session(signed_at(kicked_at.plus_millis(-ago)))
            .await
            .unwrap_err();
        assert!(matches!(refused, OpenError::Signature(_)), "{refused:?}");
    }
    scene
        .log_in(signed_at(kicked_at.plus_millis(1)))
        .await
        .unwrap();

    scene.clock.advance(WINDOW_MS);
    assert_eq!(scene.chat.clean_up().await.unwrap().kicks, 0);
    let refused = scene.chat.open_session(signed_at(kicked_at)).await;
    assert!(matches!(refused, Err(OpenError::Signature(_))));
    scene.clock.advance(1);
    assert_eq!(scene.chat.clean_up().await.unwrap().kicks, 1);
    // Forgotten, but too old anyway.
    let refused = scene.chat.open_session(signed_at(kicked_at)).await;
    assert!(matches!(refused, Err(OpenError::Signature(_))));
}
