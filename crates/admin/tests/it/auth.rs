//! Who may ask for what (spec 03 §1.2, §1.3, §1.7).

use parlor_admin::{ClassPermissions, Config};
use parlor_sign::AccessLevel;
use serde_json::json;
use sqlx::PgPool;

use crate::scene::{APP, CONVERSATIONS, KEY, MASTER, MASTER_KEY, Scene};

const APP_SIGN: &str = "d5bcbb897e19b2f6633c716dfdfaf9be,1453014943466";
const MASTER_SIGN: &str = "e074720658078c898aa0d4b1b82bdf4b,1453014943466,master";
/// Made with the app key, claims the master key.
const FALSE_MASTER_SIGN: &str = "d5bcbb897e19b2f6633c716dfdfaf9be,1453014943466,master";

#[sqlx::test(migrations = "../../migrations")]
async fn r3_r4_r5_r8_every_proof_has_its_level(pool: PgPool) {
    let scene = Scene::new(pool);
    let cases: [(&[(&str, &str)], u16); 18] = [
        (&[], 401),
        (&[("x-lc-id", APP)], 401),
        (&[("x-lc-key", MASTER)], 401),
        (&[("x-lc-id", "another"), ("x-lc-key", MASTER)], 401),
        (&[("x-lc-id", APP), ("x-lc-key", "wrong")], 401),
        (&[("x-lc-id", APP), ("x-lc-key", MASTER_KEY)], 401),
        (&[("x-lc-id", APP), ("x-lc-key", "cl\u{e9}")], 401),
        (&[("x-lc-id", APP), ("x-lc-sign", FALSE_MASTER_SIGN)], 401),
        (&[("x-lc-id", APP), ("x-lc-key", KEY)], 403),
        (&[("x-lc-id", APP), ("x-lc-sign", APP_SIGN)], 403),
        (&[("x-lc-id", APP), ("x-lc-key", MASTER)], 200),
        (&[("x-lc-id", APP), ("x-lc-sign", MASTER_SIGN)], 200),
        (
            &[
                ("X-AVOSCloud-Application-Id", APP),
                ("X-AVOSCloud-Master-Key", MASTER_KEY),
            ],
            200,
        ),
        (
            &[
                ("X-Uluru-Application-Id", APP),
                ("X-Uluru-Application-Key", MASTER),
            ],
            200,
        ),
        (
            &[
                ("x-avoscloud-application-id", APP),
                ("x-avoscloud-request-sign", MASTER_SIGN),
            ],
            200,
        ),
        (
            &[
                ("x-lc-id", APP),
                ("x-lc-key", MASTER),
                ("x-lc-sign", APP_SIGN),
            ],
            200,
        ),
        (
            &[
                ("x-lc-id", APP),
                ("x-lc-key", KEY),
                ("x-lc-sign", MASTER_SIGN),
            ],
            403,
        ),
        (
            &[
                ("x-lc-id", APP),
                ("x-lc-key", ""),
                ("x-lc-sign", MASTER_SIGN),
            ],
            200,
        ),
    ];
    for (headers, status) in cases {
        for target in [CONVERSATIONS, "/1.1/classes/_Conversation/5a"] {
            let answer = scene.get_with(target, headers).await;
            if status == 200 {
                assert_eq!(answer.status.as_u16(), 200, "{headers:?} {answer:?}");
            } else {
                assert_eq!(answer.failure(status), u64::from(status), "{headers:?}");
            }
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_operator_opens_single_verbs(pool: PgPool) {
    let scene = Scene::with(
        pool,
        Config {
            conversation_class: ClassPermissions {
                get: AccessLevel::App,
                ..ClassPermissions::default()
            },
            ..Config::default()
        },
    );
    let id = scene.start(&["a"], json!({})).await;
    let app = [("x-lc-id", APP), ("x-lc-key", KEY)];
    let row = scene.get_with(&format!("{CONVERSATIONS}/{id}"), &app).await;
    assert_eq!(row.json()["objectId"], id);
    let answer = scene.get_with(CONVERSATIONS, &app).await;
    assert_eq!(answer.failure(403), 403);
    assert!(answer.failure_text().contains("find"), "{answer:?}");
    assert_eq!(scene.get_with(CONVERSATIONS, &[]).await.failure(401), 401);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r1_r2_the_date_needs_no_credentials(pool: PgPool) {
    let scene = Scene::new(pool);
    let cases: [&[(&str, &str)]; 3] = [
        &[],
        &[("x-lc-id", APP), ("x-lc-key", KEY)],
        &[("x-lc-id", "another"), ("x-lc-key", "wrong")],
    ];
    for headers in cases {
        let answer = scene.get_with("/1.1/date", headers).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(
            answer.json(),
            json!({ "__type": "Date", "iso": "2026-01-12T08:30:00.123Z" })
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r20_an_unknown_class_is_told_to_the_app_only(pool: PgPool) {
    let scene = Scene::new(pool);
    for target in ["/1.1/classes/NoSuchClass", "/1.1/classes/NoSuchClass/5a"] {
        assert_eq!(scene.get(target).await.failure(404), 101);
        assert_eq!(scene.get_with(target, &[]).await.failure(401), 401);
    }
}
