//! Who may ask for what (spec 03 §1.2, §1.3, §1.7).

use http::Method;
use parlor_admin::{ClientPermissions, Config, Verb};
use parlor_sign::request_sign;
use serde_json::json;
use sqlx::PgPool;

use crate::scene::{ANDROID_KEY, APP, CONVERSATIONS, KEY, MASTER, MASTER_KEY, Scene};

const CHECK_ONLINE: &str = "/1.2/rtm/clients/check-online";
const NOTIFICATIONS: &str = "/1.1/rtm/notifications";

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
            client_permissions: ClientPermissions {
                conversation: vec![Verb::Get],
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

#[sqlx::test(migrations = "../../migrations")]
async fn r4_the_android_library_signs_with_its_own_key(pool: PgPool) {
    let scene = Scene::new(pool);
    let timestamp = "1453014943466";
    for (key, status) in [(ANDROID_KEY, 404), (KEY, 401), (MASTER_KEY, 401)] {
        let sign = format!("{},{timestamp},ax-sig-1", request_sign(timestamp, key));
        let headers = [("x-lc-id", APP), ("x-lc-sign", &*sign)];
        let answer = scene.get_with("/1.1/classes/Any", &headers).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r5_r6_r7_what_is_for_the_apps_servers_needs_the_master_key(pool: PgPool) {
    let scene = Scene::new(pool);
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[], 401),
        (&[("x-lc-id", APP), ("x-lc-key", KEY)], 403),
        (&[("x-lc-id", APP), ("x-lc-sign", APP_SIGN)], 403),
        (&[("x-lc-id", APP), ("x-lc-sign", FALSE_MASTER_SIGN)], 401),
        (&[("x-lc-id", APP), ("x-lc-sign", MASTER_SIGN)], 200),
        // Suites override the key and leave the signature of the app key beside it.
        (
            &[
                ("x-lc-id", APP),
                ("x-lc-key", MASTER),
                ("x-lc-sign", APP_SIGN),
            ],
            200,
        ),
    ];
    for (headers, status) in cases {
        let body = json!({ "client_ids": ["a"] });
        let answer = scene
            .ask_with(Method::POST, CHECK_ONLINE, headers, &body)
            .await;
        if status == 200 {
            assert_eq!(answer.json(), json!({ "results": [] }));
        } else {
            assert_eq!(answer.failure(status), u64::from(status), "{headers:?}");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r64_a_session_token_is_good_for_its_client_only(pool: PgPool) {
    let scene = Scene::new(pool);
    let token = scene.log_in("a").await;
    let ask = async |target: &str, key: &str, token: &str| {
        let headers = [
            ("x-lc-id", APP),
            ("x-lc-key", key),
            ("x-lc-im-session-token", token),
        ];
        scene.get_with(target, &headers).await
    };
    let of_a = format!("{NOTIFICATIONS}?client_id=a&start_ts=0");
    let answer = ask(&of_a, KEY, &token).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    for (target, token) in [
        (&*of_a, "stale"),
        (&*of_a, ""),
        ("/1.1/rtm/notifications?client_id=b", &*token),
    ] {
        let answer = ask(target, KEY, token).await;
        assert_eq!(answer.failure(401), 4112, "{target}");
        assert_eq!(answer.failure_text(), "SESSION_TOKEN_EXPIRED");
    }
    // The token stands beside the app's credentials, not in their place.
    assert_eq!(ask(&of_a, "wrong", &token).await.failure(401), 401);
    assert_eq!(ask(&of_a, MASTER, "stale").await.failure(401), 4112);
    assert_eq!(ask(NOTIFICATIONS, KEY, &token).await.failure(400), 1);
    let long = format!("{NOTIFICATIONS}?client_id={}", "x".repeat(65));
    assert_eq!(ask(&long, KEY, &token).await.failure(400), 4103);
    scene.close_sessions(&token, "a").await;
    assert_eq!(ask(&of_a, KEY, &token).await.failure(401), 4112);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r61_more_than_twenty_clients_are_refused(pool: PgPool) {
    let scene = Scene::new(pool);
    let many: Vec<String> = (0..21).map(|n| format!("c{n}")).collect();
    for (target, name) in [(CHECK_ONLINE, "client_ids"), ("/1.1/rtm/online", "peers")] {
        let answer = scene
            .ask(Method::POST, target, &json!({ name: many }))
            .await;
        assert_eq!(answer.failure(400), 1);
        assert!(answer.failure_text().starts_with(name), "{answer:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r65_both_shapes_of_notifications_are_arrays(pool: PgPool) {
    let scene = Scene::new(pool);
    let token = scene.log_in("a").await;
    let headers = [
        ("x-lc-id", APP),
        ("x-lc-key", KEY),
        ("x-lc-im-session-token", &*token),
    ];
    let target = format!("{NOTIFICATIONS}?client_id=a&start_ts=0");
    let answer = scene.get_with(&target, &headers).await.json();
    assert!(answer["notifications"].is_array(), "{answer}");
    assert!(answer["permanent"]["notifications"].is_array(), "{answer}");
    assert_eq!(answer["droppable"]["invalidLocalConvCache"], true);
}
