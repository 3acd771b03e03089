//! Logins and their tokens.

use parlor_model::{DeviceId, Features, SessionEnd, Tag};
use parlor_store::login::{self, Holder, Login};
use parlor_store::session_token::{self, Found, Issued};
use parlor_store::{Connection, Store};
use sqlx::PgPool;
use uuid::Uuid;

use super::{START, client};

const TTL_MS: i64 = 1000;

fn login_of(key: u128, tag: &str) -> Login {
    Login {
        session_key: Uuid::from_u128(key),
        client_id: client("a"),
        tag: Tag::from_wire(tag),
        device_id: None,
        features: Features::from_bits(0xBB),
    }
}

async fn log_in(connection: &mut Connection, login: &Login) {
    login::insert(connection, login, START, START.plus_millis(TTL_MS))
        .await
        .unwrap();
}

async fn issue(connection: &mut Connection, token: u8, login: &Login, at: i64) -> Issued {
    let issued_at = START.plus_millis(at);
    session_token::insert(
        connection,
        &[token; 32],
        login.session_key,
        login.features,
        issued_at,
        issued_at.plus_millis(TTL_MS),
    )
    .await
    .unwrap()
}

async fn lookup(connection: &mut Connection, token: u8, at: i64) -> Option<Found> {
    session_token::lookup(connection, &[token; 32], START.plus_millis(at))
        .await
        .unwrap()
}

async fn holder(connection: &mut Connection, tag: &Tag) -> Option<Holder> {
    login::lookup_holder(connection, &client("a"), tag)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_brings_its_login_back_until_it_expires(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let login = login_of(7, "Mobile");
    log_in(&mut connection, &login).await;
    assert_eq!(issue(&mut connection, 1, &login, 0).await, Issued::Stored);
    let found = lookup(&mut connection, 1, TTL_MS - 1).await;
    assert_eq!(found, Some(Found { login, end: None }));
    assert_eq!(lookup(&mut connection, 1, TTL_MS).await, None);
    assert_eq!(lookup(&mut connection, 2, 0).await, None);
    let now = START.plus_millis(TTL_MS);
    let expired = session_token::delete_expired(&mut connection, now);
    assert_eq!(expired.await.unwrap(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn forgetting_a_login_revokes_every_token_of_it_and_no_other(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let (first, second) = (login_of(7, ""), login_of(8, ""));
    log_in(&mut connection, &first).await;
    log_in(&mut connection, &second).await;
    issue(&mut connection, 1, &first, 0).await;
    issue(&mut connection, 2, &first, 1).await;
    issue(&mut connection, 3, &second, 2).await;
    login::delete(&mut connection, first.session_key)
        .await
        .unwrap();
    let mut valid = Vec::new();
    for token in 1..=3_u8 {
        valid.push(lookup(&mut connection, token, 0).await.is_some());
    }
    assert_eq!(valid, [false, false, true]);
    assert_eq!(issue(&mut connection, 4, &first, 0).await, Issued::Gone);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_login_keeps_its_newest_tokens_only(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let login = login_of(7, "");
    log_in(&mut connection, &login).await;
    for token in 0..20 {
        issue(&mut connection, token, &login, i64::from(token)).await;
    }
    let mut valid = Vec::new();
    for token in 0..20_u8 {
        if lookup(&mut connection, token, 0).await.is_some() {
            valid.push(token);
        }
    }
    assert_eq!(valid, [12, 13, 14, 15, 16, 17, 18, 19]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_ended_login_keeps_its_tokens_and_its_end_but_not_its_tag(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let (first, second) = (login_of(7, "Mobile"), login_of(8, "Mobile"));
    let tag = Tag::from_wire("Mobile").unwrap();
    log_in(&mut connection, &first).await;
    issue(&mut connection, 1, &first, 0).await;
    // A tag has one holder, whoever asks.
    let taken = login::insert(&mut connection, &second, START, START.plus_millis(TTL_MS));
    taken.await.unwrap_err();

    login::end(&mut connection, first.session_key, &SessionEnd::Conflict)
        .await
        .unwrap();
    log_in(&mut connection, &second).await;
    issue(&mut connection, 2, &second, 0).await;
    let held = holder(&mut connection, &tag).await;
    assert_eq!(held.unwrap().login, second);

    let kicked = SessionEnd::Kicked {
        reason: Some("bye".into()),
    };
    login::end_all(&mut connection, &client("a"), &kicked)
        .await
        .unwrap();
    for (token, login, end) in [(1, first, SessionEnd::Conflict), (2, second, kicked)] {
        let found = lookup(&mut connection, token, 0).await.unwrap();
        assert_eq!(found.end.as_ref(), Some(&end));
        let issued = issue(&mut connection, 9, &login, 0).await;
        assert_eq!(issued, Issued::Ended(end));
    }
    assert_eq!(lookup(&mut connection, 9, 0).await, None);
    assert_eq!(holder(&mut connection, &tag).await, None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_open_login_is_extended_when_it_is_due_and_others_expire(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let (open, lost) = (login_of(7, ""), login_of(8, ""));
    log_in(&mut connection, &open).await;
    log_in(&mut connection, &lost).await;
    let keys = [open.session_key];
    let until = START.plus_millis(10 * TTL_MS);
    let not_due = START.plus_millis(TTL_MS);
    login::extend(&mut connection, &keys, not_due, until)
        .await
        .unwrap();
    let due = START.plus_millis(TTL_MS + 1);
    login::extend(&mut connection, &keys, due, until)
        .await
        .unwrap();
    let now = START.plus_millis(TTL_MS);
    let deleted = login::delete_expired(&mut connection, now);
    assert_eq!(deleted.await.unwrap(), 1);
    assert_eq!(issue(&mut connection, 1, &open, 0).await, Issued::Stored);
    assert_eq!(issue(&mut connection, 2, &lost, 0).await, Issued::Gone);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_device_of_a_login_changes_and_tells_its_features(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    let login = login_of(7, "");
    log_in(&mut connection, &login).await;
    let device = DeviceId("token".into());
    let features = async |connection: &mut _, device| {
        login::lookup_features(connection, &client("a"), device)
            .await
            .unwrap()
    };
    let known = Some(login.features);
    assert_eq!(features(&mut connection, None).await, known);
    assert!(
        login::update_device(&mut connection, login.session_key, &device)
            .await
            .unwrap()
    );
    assert_eq!(features(&mut connection, Some(&device)).await, known);
    assert_eq!(features(&mut connection, None).await, None);
}
