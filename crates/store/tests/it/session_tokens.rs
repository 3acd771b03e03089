//! Session tokens.

use parlor_model::{Features, Tag};
use parlor_store::session_token::{self, TokenSession};
use parlor_store::{Connection, Store};
use sqlx::PgPool;
use uuid::Uuid;

use super::{START, client};

fn session(key: u128) -> TokenSession {
    TokenSession {
        session_key: Uuid::from_u128(key),
        client_id: client("a"),
        tag: Tag::from_wire("Mobile"),
        device_id: None,
        features: Features::from_bits(0xBB),
    }
}

async fn issue(connection: &mut Connection, token: u8, session: &TokenSession, at: i64) {
    let issued_at = START.plus_millis(at);
    session_token::insert(
        connection,
        &[token; 32],
        session,
        issued_at,
        issued_at.plus_millis(1000),
    )
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_brings_its_session_back_until_it_expires(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    issue(&mut connection, 1, &session(7), 0).await;
    let lookup = async |connection: &mut _, token: u8, at| {
        session_token::lookup(connection, &[token; 32], START.plus_millis(at))
            .await
            .unwrap()
    };
    assert_eq!(lookup(&mut connection, 1, 999).await, Some(session(7)));
    assert_eq!(lookup(&mut connection, 1, 1000).await, None);
    assert_eq!(lookup(&mut connection, 2, 0).await, None);
    let expired = session_token::delete_expired(&mut connection, START.plus_millis(1000));
    assert_eq!(expired.await.unwrap(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn closing_revokes_every_token_of_the_login_and_no_other(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    issue(&mut connection, 1, &session(7), 0).await;
    issue(&mut connection, 2, &session(7), 1).await;
    issue(&mut connection, 3, &session(8), 2).await;
    session_token::delete_session(&mut connection, Uuid::from_u128(7))
        .await
        .unwrap();
    let mut valid = Vec::new();
    for token in 1..=3_u8 {
        let found = session_token::lookup(&mut connection, &[token; 32], START)
            .await
            .unwrap();
        valid.push(found.is_some());
    }
    assert_eq!(valid, [false, false, true]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_login_keeps_its_newest_tokens_only(pool: PgPool) {
    let store = Store::from_pool(pool);
    let mut connection = store.acquire().await.unwrap();
    for token in 0..20 {
        issue(&mut connection, token, &session(7), i64::from(token)).await;
    }
    let mut valid = Vec::new();
    for token in 0..20_u8 {
        if session_token::lookup(&mut connection, &[token; 32], START)
            .await
            .unwrap()
            .is_some()
        {
            valid.push(token);
        }
    }
    assert_eq!(valid, [12, 13, 14, 15, 16, 17, 18, 19]);
}
