//! Writing and walking the rows of a class (spec 03 §3.2, §3.3).

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::scene::{APP, Answer, CONVERSATIONS, KEY, Scene};

const SCAN: &str = "/1.1/scan/classes/_Conversation";

impl Scene {
    async fn update(&self, id: &str, row: Value) -> Answer {
        self.ask(Method::PUT, &format!("{CONVERSATIONS}/{id}"), &row)
            .await
    }

    async fn row(&self, id: &str) -> Value {
        self.get(&format!("{CONVERSATIONS}/{id}")).await.json()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r8_a_row_is_made_by_the_apps_servers(pool: PgPool) {
    let scene = Scene::new(pool);
    let row = json!({
        "name": "tea",
        "m": ["a", "b", "a"],
        "mu": ["b"],
        "c": "a",
        "attr": { "k": 1 },
        "topic": "green",
        "objectId": "chosen",
        "className": "_Conversation",
        "__type": "Object",
    });
    let app = [("x-lc-id", APP), ("x-lc-key", KEY)];
    let refused = scene
        .ask_with(Method::POST, CONVERSATIONS, &app, &row)
        .await;
    assert_eq!(refused.failure(403), 403);

    let answer = scene.ask(Method::POST, CONVERSATIONS, &row).await;
    assert_eq!(answer.status.as_u16(), 201);
    let id = answer.json()["objectId"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 24);
    assert_eq!(
        answer.json(),
        json!({ "objectId": id, "createdAt": "2026-01-12T08:30:00.123Z" })
    );
    assert_eq!(
        scene.row(&id).await,
        json!({
            "objectId": id,
            "createdAt": "2026-01-12T08:30:00.123Z",
            "updatedAt": "2026-01-12T08:30:00.123Z",
            "name": "tea",
            "m": ["a", "b"],
            "mu": ["b"],
            "c": "a",
            "attr": { "k": 1 },
            "topic": "green",
        })
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r16_r18_a_save_may_carry_operations_and_ask_for_the_row(pool: PgPool) {
    let scene = Scene::new(pool);
    let row = json!({
        "name": "t",
        "unique": true,
        "m": { "__op": "Add", "objects": ["a", "b"] },
        "visits": { "__op": "Increment", "amount": 2 },
    });
    for (parameter, expected) in [
        ("fetchWhenSave=true", true),
        ("new=True", true),
        ("new=0", false),
    ] {
        let target = format!("{CONVERSATIONS}?{parameter}");
        let answer = scene.ask(Method::POST, &target, &row).await;
        assert_eq!(answer.status.as_u16(), 201, "{answer:?}");
        let saved = answer.json();
        assert_eq!(saved["m"] == json!(["a", "b"]), expected, "{saved}");
        assert_eq!(saved["visits"] == json!(2), expected, "{saved}");
        assert_eq!(saved["unique"] == json!(true), expected, "{saved}");
    }
    // The second and third found the first.
    let ids = scene.find_ids(&[]).await;
    assert_eq!(ids.len(), 1);

    let target = format!("{CONVERSATIONS}/{}?new=true", ids[0]);
    let added = json!({ "m": { "__op": "AddUnique", "objects": ["c"] }, "attr.k": 1 });
    let saved = scene.ask(Method::PUT, &target, &added).await.json();
    assert_eq!(
        saved,
        json!({
            "objectId": ids[0],
            "updatedAt": "2026-01-12T08:30:00.124Z",
            "m": ["a", "b", "c"],
            "attr": { "k": 1 },
        })
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r17_a_service_conversation_is_never_unique(pool: PgPool) {
    let scene = Scene::new(pool);
    let flags = json!({ "name": "t", "sys": true, "tr": true, "unique": true });
    let id = scene.create(flags.clone()).await;
    let row = scene.row(&id).await;
    assert_eq!(row["sys"], true);
    // It has subscribers, which are no column.
    assert_eq!((row.get("unique"), row.get("m")), (None, None));
    assert_ne!(scene.create(flags).await, id);
    let room = scene
        .create(json!({ "tr": true, "m": ["a"], "sys": false }))
        .await;
    let row = scene.row(&room).await;
    assert_eq!((&row["tr"], &row["m"]), (&json!(true), &json!([])));
}

#[sqlx::test(migrations = "../../migrations")]
async fn r21_a_condition_decides_whether_a_row_is_written(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene
        .create(json!({ "name": "one", "m": ["a"], "n": 1 }))
        .await;
    let with = |condition: &Value| {
        let condition = condition
            .to_string()
            .replace('"', "%22")
            .replace('{', "%7B");
        format!(
            "{CONVERSATIONS}/{id}?where={}",
            condition.replace('}', "%7D")
        )
    };
    let change = json!({ "name": "two" });
    for condition in [
        json!({ "name": "other" }),
        json!({ "m": "b" }),
        json!({ "n": { "$gt": 1 } }),
    ] {
        for method in [Method::PUT, Method::DELETE] {
            let answer = scene.ask(method, &with(&condition), &change).await;
            assert_eq!(answer.failure(400), 305, "{condition}");
        }
    }
    assert_eq!(scene.row(&id).await["name"], "one");
    let holds = with(&json!({ "m": "a", "n": { "$lt": 2 } }));
    let answer = scene.ask(Method::PUT, &holds, &change).await;
    assert_eq!(answer.json()["objectId"], id);
    assert_eq!(scene.row(&id).await["name"], "two");
    let wrong = scene
        .ask(Method::PUT, &with(&json!({ "a": { "$near": 1 } })), &change)
        .await;
    assert_eq!(wrong.failure(400), 1);
    let pattern = with(&json!({ "name": { "$regex": "(" } }));
    assert_eq!(
        scene.ask(Method::PUT, &pattern, &change).await.failure(400),
        1
    );
    let gone = scene
        .ask(Method::DELETE, &with(&json!({ "name": "two" })), &json!({}))
        .await;
    assert_eq!(gone.json(), json!({}));
    assert_eq!(scene.row(&id).await, json!({}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn r22_a_path_changes_one_key_and_is_for_updates_only(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene
        .create(json!({ "attr": { "kind": 1, "type": 1 }, "n": 5 }))
        .await;
    let answer = scene
        .update(
            &id,
            json!({
                "attr.type": 2,
                "attr.list": { "__op": "Add", "objects": [1] },
                "n": { "__op": "BitOr", "value": 2 },
                "name": "x",
                "updatedAt": "2000-01-01T00:00:00.000Z",
            }),
        )
        .await;
    assert_eq!(
        answer.json(),
        json!({ "objectId": id, "updatedAt": "2026-01-12T08:30:00.124Z" })
    );
    let row = scene.row(&id).await;
    assert_eq!(row["attr"], json!({ "kind": 1, "type": 2, "list": [1] }));
    assert_eq!((&row["n"], &row["name"]), (&json!(7), &json!("x")));
    scene
        .update(
            &id,
            json!({ "name": { "__op": "Delete" }, "n": null, "attr.list": { "__op": "Delete" } }),
        )
        .await;
    let row = scene.row(&id).await;
    assert_eq!(row["attr"], json!({ "kind": 1, "type": 2 }));
    assert_eq!((&row["n"], &row["name"]), (&Value::Null, &Value::Null));

    let dotted = scene
        .ask(Method::POST, CONVERSATIONS, &json!({ "attr.type": 1 }))
        .await;
    assert_eq!(dotted.failure(400), 105);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_row_that_cannot_be_stored_says_why(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.create(json!({ "name": "one", "m": ["a"] })).await;
    let many: Vec<String> = (0..501).map(|n| format!("c{n}")).collect();
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    for (row, code) in [
        (json!({ "name": 1 }), 111),
        (json!({ "m": "a" }), 111),
        (json!({ "m": [1] }), 111),
        (json!({ "m": ["x".repeat(65)] }), 4103),
        (json!({ "m": many }), 4304),
        (json!({ "tr": "yes" }), 111),
        (json!({ "c": 7 }), 111),
        (json!({ "ACL": 7 }), 123),
        (json!({ "1st": 7 }), 105),
        (json!({ "$x": 7 }), 105),
        (json!({ "m.0": "b" }), 105),
        (
            json!({ "x": { "__op": "Increment", "amount": "much" } }),
            111,
        ),
        (
            json!({ "x": { "__op": "AddRelation", "objects": [] } }),
            111,
        ),
        (json!({ "x": "a\0b" }), 1),
        (json!({ "x": deep }), 1),
        (json!({ "x": "x".repeat(300_000) }), 116),
    ] {
        let target = format!("{CONVERSATIONS}/{id}");
        for (method, target) in [(Method::POST, CONVERSATIONS), (Method::PUT, &target)] {
            let answer = scene.ask(method, target, &row).await;
            assert_eq!(answer.failure(400), code, "{answer:?}");
        }
    }
    for row in [
        json!({ "tr": true }),
        json!({ "unique": true }),
        json!({ "uniqueId": "x" }),
    ] {
        assert_eq!(scene.update(&id, row).await.failure(400), 117);
    }
    scene
        .update(&id, json!({ "tr": false, "sys": false, "unique": false }))
        .await
        .json();
    for id in ["5a", "%00", "_tmp:x"] {
        assert_eq!(
            scene.update(id, json!({ "name": "x" })).await.failure(400),
            1
        );
    }
    assert_eq!(scene.row(&id).await["name"], "one");
}

#[sqlx::test(migrations = "../../migrations")]
async fn typed_values_come_back_as_they_went_and_dates_are_compared(pool: PgPool) {
    let scene = Scene::new(pool);
    let row = json!({
        "date": { "__type": "Date", "iso": "2026-01-12T08:30:00.000Z" },
        "bytes": { "__type": "Bytes", "base64": "AP8=" },
        "pointer": { "__type": "Pointer", "className": "_User", "objectId": "5a" },
        "place": { "__type": "GeoPoint", "latitude": 1.5, "longitude": -2 },
        "relation": { "__type": "Relation", "className": "_User" },
    });
    let id = scene.create(row.clone()).await;
    let stored = scene.row(&id).await;
    for (key, value) in row.as_object().unwrap() {
        assert_eq!(&stored[key], value);
    }
    for (filter, found) in [
        (
            json!({ "date": { "$lt": { "__type": "Date", "iso": "2026-01-12T08:30:00.001Z" } } }),
            1,
        ),
        (
            json!({ "date": { "$lt": { "__type": "Date", "iso": "2026-01-12T08:30:00Z" } } }),
            0,
        ),
        (
            json!({ "createdAt": { "$gte": { "__type": "Date", "iso": "2026-01-12T08:30:00.123Z" } } }),
            1,
        ),
        (json!({ "pointer": row["pointer"] }), 1),
    ] {
        let ids = scene.find_ids(&[("where", &filter.to_string())]).await;
        assert_eq!(ids.len(), found, "{filter}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r27_a_scan_walks_along_all_rows_and_says_when_it_ends(pool: PgPool) {
    let scene = Scene::new(pool);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(scene.create(json!({ "n": number })).await);
        // Two rows of one millisecond.
        if number != 2 {
            scene.advance(1);
        }
    }
    ids.sort();
    let walk = async |parameters: &str| {
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = scene
                .get(&format!("{SCAN}?{parameters}&cursor={cursor}"))
                .await
                .json();
            let rows = page["results"].as_array().unwrap();
            pages.push(
                rows.iter()
                    .map(|row| row["objectId"].clone())
                    .collect::<Vec<_>>(),
            );
            assert!(page.as_object().unwrap().contains_key("cursor"), "{page}");
            match page["cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return pages,
            }
        }
    };
    let pages = walk("limit=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(pages.concat(), ids);
    for (parameters, order) in [
        ("scan_key=createdAt&limit=1", "createdAt"),
        ("scan_key=-createdAt&limit=2", "-createdAt"),
        ("scan_key=-updatedAt&limit=3", "-updatedAt"),
        ("scan_key=-objectId&limit=4", "-objectId"),
    ] {
        let expected = scene.find_ids(&[("order", order)]).await;
        assert_eq!(walk(parameters).await.concat(), expected, "{parameters}");
    }
    let filtered = walk("limit=1&keys=n&where=%7B%22n%22%3A%7B%22%24gt%22%3A2%7D%7D").await;
    assert_eq!(filtered.len(), 2);

    let first = scene.get(&format!("{SCAN}?limit=2")).await.json();
    let cursor = first["cursor"].as_str().unwrap();
    for parameters in [
        "cursor=nonsense".to_owned(),
        format!("cursor={cursor}&scan_key=createdAt"),
        "scan_key=name".to_owned(),
    ] {
        assert_eq!(
            scene
                .get(&format!("{SCAN}?{parameters}"))
                .await
                .failure(400),
            1
        );
    }
    scene.advance(10 * 60 * 1000);
    let late = scene.get(&format!("{SCAN}?limit=2&cursor={cursor}")).await;
    assert_eq!(late.failure(400), 1);
    let app = [("x-lc-id", APP), ("x-lc-key", KEY)];
    assert_eq!(scene.get_with(SCAN, &app).await.failure(403), 403);
}

#[sqlx::test(migrations = "../../migrations")]
async fn r28_several_rows_are_deleted_at_once(pool: PgPool) {
    let scene = Scene::new(pool);
    let first = scene.create(json!({ "m": ["a"] })).await;
    let second = scene.create(json!({ "m": ["a"] })).await;
    let third = scene.create(json!({})).await;
    let target = format!("{CONVERSATIONS}/{first},{second}");
    assert_eq!(
        scene
            .ask(Method::DELETE, &target, &json!(null))
            .await
            .json(),
        json!({})
    );
    assert_eq!(scene.find_ids(&[]).await, [third]);
    // What is not there is as good as deleted.
    assert_eq!(
        scene.ask(Method::DELETE, &target, &json!({})).await.json(),
        json!({})
    );
}
