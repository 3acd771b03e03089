//! `_Conversation` as a class (spec 03 §3).

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::scene::{CONVERSATIONS, Scene, find_target};

#[sqlx::test(migrations = "../../migrations")]
async fn a_row_has_the_columns_of_the_class(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene
        .start(
            &["a", "b"],
            json!({ "name": "one", "attr": { "k": [1] }, "topic": 7 }),
        )
        .await;
    let row = scene.get(&format!("{CONVERSATIONS}/{id}")).await.json();
    for (key, expected) in [
        ("objectId", json!(id)),
        ("name", json!("one")),
        ("c", json!("a")),
        ("m", json!(["a", "b"])),
        ("attr", json!({ "k": [1] })),
        ("topic", json!(7)),
        ("createdAt", json!("2026-01-12T08:30:00.123Z")),
        ("updatedAt", json!("2026-01-12T08:30:00.123Z")),
    ] {
        assert_eq!(row[key], expected, "{key} of {row}");
    }
    let found = scene.find(&[]).await;
    assert_eq!(found, json!({ "results": [row] }));
}

#[sqlx::test(migrations = "../../migrations")]
async fn r19_an_unknown_id_is_an_empty_object(pool: PgPool) {
    let scene = Scene::new(pool);
    let long = "x".repeat(65);
    for id in ["5a", "_tmp:x", "%00", long.as_str(), "a%2Fb"] {
        let answer = scene.get(&format!("{CONVERSATIONS}/{id}")).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.json(), json!({}), "{id}");
    }
    let answer = scene.get(&format!("{CONVERSATIONS}/%ff")).await;
    assert_eq!(answer.failure(400), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r23_members_are_matched_by_element_and_size(pool: PgPool) {
    let scene = Scene::new(pool);
    let both = scene.start(&["a", "b"], json!({})).await;
    let single = scene.start(&["a"], json!({})).await;
    for (filter, expected) in [
        (r#"{"m":{"$all":["a","b"]}}"#, vec![&both]),
        (r#"{"m":"a"}"#, vec![&both, &single]),
        (r#"{"m":{"$size":1}}"#, vec![&single]),
        (r#"{"m":["a"]}"#, vec![&single]),
        (r#"[{"m":"a"},{"m":"b"}]"#, vec![&both]),
        ("{}", vec![&both, &single]),
    ] {
        let ids = scene
            .find_ids(&[("where", filter), ("order", "createdAt")])
            .await;
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r24_a_quoted_pattern_is_a_literal(pool: PgPool) {
    let scene = Scene::new(pool);
    let literal = scene.start(&["a"], json!({ "name": "a.b+c" })).await;
    scene.start(&["a"], json!({ "name": "axbbc" })).await;
    let filter = json!({ "name": { "$regex": r"\Q.b+\E" } }).to_string();
    assert_eq!(scene.find_ids(&[("where", &filter)]).await, [literal]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r25_rows_come_in_pages_and_are_counted(pool: PgPool) {
    let scene = Scene::new(pool);
    let mut ids = Vec::new();
    for number in 0..102 {
        ids.push(scene.start(&["a"], json!({ "number": number })).await);
    }
    for limit in ["1001", "-1", "0", ""] {
        let page = scene
            .find_ids(&[("limit", limit), ("order", "createdAt")])
            .await;
        assert_eq!(page, ids[..100], "limit {limit}");
    }
    let page = scene
        .find(&[
            ("limit", "2"),
            ("skip", "3"),
            ("order", "-createdAt"),
            ("count", "1"),
        ])
        .await;
    assert_eq!(page["results"][0]["objectId"], json!(ids[98]));
    assert_eq!(page["results"][1]["objectId"], json!(ids[97]));
    assert_eq!(page["count"], 102);
    assert_eq!(
        scene.find(&[("limit", "0"), ("count", "1")]).await,
        json!({ "results": [], "count": 102 })
    );
    let filter = r#"{"number":{"$lt":7}}"#;
    assert_eq!(
        scene
            .find(&[("limit", "0"), ("count", "1"), ("where", filter)])
            .await,
        json!({ "results": [], "count": 7 })
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn keys_choose_the_columns(pool: PgPool) {
    let scene = Scene::new(pool);
    let attributes = json!({ "name": "one", "attr": { "k": 1, "l": 2 } });
    let id = scene.start(&["a"], attributes).await;
    let target = |keys: &str| format!("{CONVERSATIONS}/{id}?keys={keys}");
    let names = |row: &Value| -> Vec<String> {
        let mut names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let row = scene.get(&target("name")).await.json();
    assert_eq!(names(&row), ["createdAt", "name", "objectId", "updatedAt"]);
    let row = scene.get(&target("attr.k")).await.json();
    assert_eq!(row["attr"], json!({ "k": 1 }));
    let row = scene.get(&target("-m,-createdAt")).await.json();
    assert_eq!((&row["m"], &row["createdAt"]), (&Value::Null, &Value::Null));
    assert_eq!(row["name"], "one");
    let found = scene.find(&[("keys", "name")]).await;
    assert_eq!(
        names(&found["results"][0]),
        ["createdAt", "name", "objectId", "updatedAt"]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_bad_parameter_is_named(pool: PgPool) {
    let scene = Scene::new(pool);
    for (parameter, value, code, named) in [
        ("where", "{", 107, "where"),
        ("where", "7", 107, "where"),
        ("where", r#"{"a":{"$nearSphere":{}}}"#, 1, "$nearSphere"),
        ("where", r#"{"a":{"$inQuery":{}}}"#, 1, "$inQuery"),
        ("where", r#"{"a":{"$frobnicate":1}}"#, 1, "$frobnicate"),
        ("where", r#"{"a":{"$regex":"("}}"#, 1, "$regex"),
        ("limit", "ten", 1, "limit"),
        ("skip", "-1", 1, "skip"),
        ("count", "maybe", 1, "count"),
    ] {
        let answer = scene.get(&find_target(&[(parameter, value)])).await;
        assert_eq!(answer.failure(400), code, "{value}");
        assert!(answer.failure_text().contains(named), "{answer:?}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_lost_database_is_unavailable_and_nothing_of_it_is_told(pool: PgPool) {
    let scene = Scene::new(pool.clone());
    pool.close().await;
    let answer = scene.get(CONVERSATIONS).await;
    assert_eq!(answer.failure(503), 1);
    assert_eq!(answer.failure_text(), "temporarily unavailable, try again");
    assert_eq!(scene.get("/1.1/date").await.status.as_u16(), 200);
}
