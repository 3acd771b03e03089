//! What holds for every request (spec 03 §1.1, §1.4–1.6).

use std::io::Write;

use axum::body::Body;
use http::{Method, Request};
use parlor_admin::Config;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::scene::{APP, CONVERSATIONS, MASTER, MASTER_KEY, Scene};

const CHECK_ONLINE: &str = "/1.2/rtm/clients/check-online";

#[sqlx::test(migrations = "../../migrations")]
async fn r9_every_origin_may_call_and_failures_say_so_too(pool: PgPool) {
    let scene = Scene::new(pool);
    for target in [
        "/1.1/date",
        CONVERSATIONS,
        "/nowhere",
        "/1.2/rtm/all-conversations",
    ] {
        let preflight = Request::options(target)
            .header("origin", "http://x")
            .header("access-control-request-method", "GET")
            .header(
                "access-control-request-headers",
                "x-lc-sign,x-lc-ua,x-lc-im-session-token,cache-control",
            )
            .body(Body::empty())
            .unwrap();
        let answer = scene.send(preflight).await;
        assert_eq!(answer.status.as_u16(), 200, "{target}");
        assert_eq!(answer.header("access-control-allow-origin"), "http://x");
        assert_eq!(answer.header("access-control-max-age"), "86400");
        let allowed = answer.header("access-control-allow-headers");
        for name in [
            "content-type",
            "cache-control",
            "x-requested-with",
            "x-lc-id",
            "x-lc-key",
            "x-lc-sign",
            "x-lc-session",
            "x-lc-prod",
            "x-lc-hook-key",
            "x-lc-ua",
            "x-lc-im-session-token",
            "x-uluru-application-id",
            "x-avoscloud-application-key",
            "x-avoscloud-master-key",
            "x-uluru-session-token",
            "x-avoscloud-application-production",
        ] {
            assert!(allowed.split(", ").any(|known| known == name), "{name}");
        }
        for method in ["PUT", "GET", "POST", "DELETE"] {
            assert!(
                answer
                    .header("access-control-allow-methods")
                    .contains(method)
            );
        }
    }
    let refused = scene
        .get_with(CONVERSATIONS, &[("origin", "http://x")])
        .await;
    assert_eq!(refused.failure(401), 401);
    assert_eq!(refused.header("access-control-allow-origin"), "http://x");
    let native = scene.get_with("/1.1/date", &[]).await;
    assert_eq!(native.header("access-control-allow-origin"), "*");
    assert_eq!(
        native.header("content-type"),
        "application/json;charset=utf-8"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r10_a_text_plain_post_stands_for_a_get(pool: PgPool) {
    let scene = Scene::new(pool);
    let first = scene.start(&["a"], json!({ "name": "one" })).await;
    let second = scene.start(&["a", "b"], json!({ "name": "two" })).await;
    let post = async |target: &str, body: Value| {
        let request = Request::post(target)
            .header("content-type", "text/plain")
            .body(Body::from(body.to_string()))
            .unwrap();
        scene.send(request).await
    };
    let row = post(
        &format!("{CONVERSATIONS}/{first}"),
        json!({ "_method": "GET", "_ApplicationId": APP, "_MasterKey": MASTER_KEY }),
    )
    .await;
    assert_eq!(row.json()["name"], "one");
    let found = post(
        CONVERSATIONS,
        json!({
            "_method": "GET",
            "_ApplicationId": APP,
            "_ApplicationKey": MASTER,
            "where": { "m": "b" },
            "limit": 5,
            "count": 1,
        }),
    )
    .await
    .json();
    assert_eq!(found["results"][0]["objectId"], second);
    assert_eq!(found["count"], 1);
    let unknown = post(
        CONVERSATIONS,
        json!({ "_method": "GET", "_ApplicationId": APP, "_ApplicationKey": "wrong" }),
    )
    .await;
    assert_eq!(unknown.failure(401), 401);
    assert_eq!(post(CONVERSATIONS, json!("text")).await.failure(400), 107);
    let other = post(CONVERSATIONS, json!({ "_method": "PATCH" })).await;
    assert_eq!(other.failure(400), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r11_the_body_of_a_get_is_ignored(pool: PgPool) {
    let scene = Scene::new(pool);
    for body in ["null", "{}", "{", "where=1"] {
        let request = Request::get(CONVERSATIONS)
            .header("x-lc-id", APP)
            .header("x-lc-key", MASTER)
            .header("content-type", "application/json;charset=UTF-8")
            .header("content-length", body.len())
            .body(Body::from(body))
            .unwrap();
        assert_eq!(scene.send(request).await.status.as_u16(), 200);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r12_an_unknown_path_or_method_is_a_json_failure(pool: PgPool) {
    let scene = Scene::new(pool);
    for target in [
        "/",
        "/1.1",
        "/1.1/nothing",
        "/1.1/classes",
        "/1.1/date/x",
        "/%ff",
    ] {
        assert_eq!(scene.get(target).await.failure(404), 1, "{target}");
    }
    for (method, target) in [
        (Method::POST, "/1.1/date"),
        (Method::DELETE, CONVERSATIONS),
        (Method::from_bytes(b"BREW").unwrap(), CONVERSATIONS),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .body(Body::empty())
            .unwrap();
        let answer = scene.send(request).await;
        assert_eq!(answer.failure(405), 1, "{target}");
        assert!(answer.header("allow").contains("GET"), "{answer:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r13_slashes_collapse_and_a_bare_question_mark_is_nothing(pool: PgPool) {
    let scene = Scene::new(pool);
    for target in ["//1.1//date", "/1.1/date?", "///1.1/date"] {
        let answer = scene.get_with(target, &[]).await;
        assert_eq!(answer.status.as_u16(), 200, "{target}");
    }
    let row = scene.get("//1.1/classes//_Conversation/5a?").await;
    assert_eq!(row.json(), json!({}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_body_over_the_limit_is_refused(pool: PgPool) {
    let scene = Scene::with(
        pool,
        Config {
            max_body_bytes: 100,
            ..Config::default()
        },
    );
    let announced = Request::post("/1.1/date")
        .header("content-length", "101")
        .body(Body::from(" ".repeat(101)))
        .unwrap();
    assert_eq!(scene.send(announced).await.failure(413), 413);
    let unannounced = Request::post("/1.1/date")
        .header("content-type", "text/plain")
        .body(Body::from(" ".repeat(101)))
        .unwrap();
    assert_eq!(scene.send(unannounced).await.failure(413), 413);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_answer_is_compressed_for_those_who_ask(pool: PgPool) {
    let scene = Scene::new(pool);
    let plain = scene.get_with("/1.1/date", &[]).await;
    assert_eq!(plain.header("content-encoding"), "");
    let zipped = scene
        .get_with("/1.1/date", &[("accept-encoding", "gzip, deflate")])
        .await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert_eq!(zipped.body[..2], [0x1f, 0x8b]);
    let vary: Vec<_> = zipped.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["origin", "accept-encoding"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_body_is_json_whatever_its_content_type_says(pool: PgPool) {
    let scene = Scene::new(pool);
    for content_type in [
        "",
        "application/json;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "nonsense",
    ] {
        for (body, status) in [
            (r#"{"client_ids":["a"],"more":1}"#, 200),
            (r#"{"client_ids":null}"#, 400),
            ("null", 400),
            ("", 400),
            ("{", 400),
        ] {
            let request = Request::post(CHECK_ONLINE)
                .header("x-lc-id", APP)
                .header("x-lc-key", MASTER)
                .header("content-type", content_type)
                .body(Body::from(body))
                .unwrap();
            let answer = scene.send(request).await;
            assert_eq!(answer.status.as_u16(), status, "{body} {answer:?}");
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_body_may_be_packed_and_counts_unpacked(pool: PgPool) {
    let scene = Scene::with(
        pool,
        Config {
            max_body_bytes: 1000,
            ..Config::default()
        },
    );
    let post = async |encoding: &str, body: Vec<u8>| {
        let request = Request::post(CHECK_ONLINE)
            .header("x-lc-id", APP)
            .header("x-lc-key", MASTER)
            .header("content-encoding", encoding)
            .body(Body::from(body))
            .unwrap();
        scene.send(request).await
    };
    let body = json!({ "client_ids": ["a"] }).to_string();
    let answer = post("gzip", gzip(body.as_bytes())).await;
    assert_eq!(answer.json(), json!({ "results": [] }));
    let answer = post("identity", body.clone().into_bytes()).await;
    assert_eq!(answer.json(), json!({ "results": [] }));
    let bomb = gzip(&vec![b' '; 1_000_000]);
    assert!(bomb.len() < 2000);
    assert_eq!(post("gzip", bomb).await.failure(413), 413);
    let mut broken = gzip(body.as_bytes());
    broken.truncate(12);
    assert_eq!(post("gzip", broken).await.failure(400), 1);
    assert_eq!(post("gzip", body.into_bytes()).await.failure(400), 1);
    assert_eq!(post("lzma", vec![0]).await.failure(415), 1);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}
