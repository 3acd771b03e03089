//! Reading and correcting the log (spec 03 §2.4, §2.5, §2.11).

use http::Method;
use parlor_model::MessageId;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::scene::{APP, KEY, Scene};

/// Asks for history and returns the texts.
async fn texts(scene: &Scene, target: &str) -> Vec<String> {
    let answer = scene.get(target).await;
    assert_eq!(answer.status.as_u16(), 200, "{target} {answer:?}");
    let records = answer.json();
    let texts = records.as_array().expect("a bare array").iter();
    texts
        .map(|record| record["data"].as_str().expect("data").to_owned())
        .collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn r36_a_record_has_the_documented_keys(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a", "b"], json!({})).await;
    let sent = scene.say(&id, "a", "x").await;
    let records = scene
        .get(&format!("/1.1/rtm/messages/history?convid={id}"))
        .await
        .json();
    assert_eq!(
        records,
        json!([{
            "msg-id": sent.id.as_str(),
            "timestamp": sent.sent_at.as_millis(),
            "conv-id": id,
            "to": id,
            "from": "a",
            "data": "x",
            "bin": false,
            "is-conv": true,
            "is-room": false,
        }])
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r39_both_ends_are_exclusive_unless_asked_for(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let mut keys = Vec::new();
    for text in ["m1", "m2", "m3"] {
        let sent = scene.say(&id, "a", text).await;
        keys.push((sent.sent_at.as_millis(), sent.id.to_string()));
        scene.advance(10);
    }
    for (start, end, options, expected) in [
        (2, 0, "", &["m2"][..]),
        (2, 0, "&include_start=true", &["m3", "m2"]),
        (2, 0, "&include_stop=1", &["m2", "m1"]),
        (0, 2, "&reversed=True", &["m2"]),
        (0, 2, "&reversed=true&include_start=True", &["m1", "m2"]),
        (0, 2, "&reversed=1&include_stop=true", &["m2", "m3"]),
    ] {
        let (start_ms, start_id) = &keys[start];
        let (end_ms, end_id) = &keys[end];
        let walk = format!(
            "timestamp={start_ms}&msgid={start_id}&till_timestamp={end_ms}&till_msgid={end_id}{options}"
        );
        for target in [
            format!("/1.2/rtm/conversations/{id}/messages?{walk}"),
            format!("/1.2/rtm/clients/a/messages?{walk}"),
            format!("/1.2/rtm/messages?{walk}"),
            format!("/1.1/rtm/messages/history?convid={id}&{walk}"),
            format!("/1.1/rtm/messages/logs?from=a&{walk}"),
        ] {
            assert_eq!(texts(&scene, &target).await, expected, "{target}");
        }
        // Without the ids, the ends are whole milliseconds.
        let walk = format!("timestamp={start_ms}&till_timestamp={end_ms}{options}");
        let target = format!("/1.2/rtm/conversations/{id}/messages?{walk}");
        assert_eq!(texts(&scene, &target).await, expected, "{target}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r40_messages_of_one_millisecond_come_once_each(pool: PgPool) {
    let scene = Scene::new(pool);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(scene.start(&["a"], json!({})).await);
    }
    for id in &ids {
        scene.say(id, "a", "now").await;
    }
    for target in [
        "/1.2/rtm/messages?limit=1",
        "/1.1/rtm/messages/history?from=a&limit=1",
        "/1.2/rtm/clients/a/messages?limit=1&reversed=true",
    ] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = scene.get(&format!("{target}{after}")).await.json();
            let Some(record) = page.as_array().expect("an array").first().cloned() else {
                break;
            };
            let (timestamp, id) = (&record["timestamp"], record["msg-id"].as_str().expect("id"));
            after = format!("&timestamp={timestamp}&msgid={id}");
            seen.push(record["to"].as_str().expect("to").to_owned());
        }
        seen.sort();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(seen, expected, "{target}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r41_r42_python_and_old_names_are_understood(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let mut times = Vec::new();
    for text in ["one", "two", "three"] {
        times.push(scene.say(&id, "a", text).await.sent_at.as_millis());
        scene.advance(1);
    }
    let history = format!("/1.1/rtm/messages/history?convid={id}");
    for (walk, expected) in [
        ("&reversed=True".to_owned(), &["one", "two", "three"][..]),
        ("&reversed=False".to_owned(), &["three", "two", "one"]),
        (format!("&max_ts={}", times[2]), &["two", "one"]),
        (format!("&timestamp={}", times[2]), &["two", "one"]),
        // Python multiplies a float.
        (format!("&max_ts={}.0", times[1]), &["one"]),
        ("&limit=2".to_owned(), &["three", "two"]),
        ("&limit=5000".to_owned(), &["three", "two", "one"]),
        ("&limit=0".to_owned(), &["three", "two", "one"]),
    ] {
        assert_eq!(
            texts(&scene, &format!("{history}{walk}")).await,
            expected,
            "{walk}"
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r43_history_has_scopes_and_is_for_the_apps_servers(pool: PgPool) {
    let scene = Scene::new(pool);
    let first = scene.start(&["a", "b"], json!({})).await;
    let second = scene.start(&["b"], json!({})).await;
    scene.say(&first, "a", "of a").await;
    scene.advance(1);
    scene.say(&first, "b", "of b").await;
    scene.advance(1);
    scene.say(&second, "b", "elsewhere").await;
    for (target, expected) in [
        ("/1.1/rtm/messages/history?from=a", &["of a"][..]),
        ("/1.1/rtm/messages/history?from=b", &["elsewhere", "of b"]),
        ("/1.1/rtm/messages/history?from=nobody", &[]),
        ("/1.1/rtm/messages/history", &["elsewhere", "of b", "of a"]),
        ("/1.2/rtm/clients/b/messages?limit=1", &["elsewhere"]),
        ("/1.2/rtm/messages?reversed=true&limit=2", &["of a", "of b"]),
    ] {
        assert_eq!(texts(&scene, target).await, expected, "{target}");
    }
    let app = [("x-lc-id", APP), ("x-lc-key", KEY)];
    for target in [
        "/1.1/rtm/messages/history".to_owned(),
        "/1.1/rtm/messages/logs?from=a".to_owned(),
        format!("/1.2/rtm/conversations/{first}/messages"),
    ] {
        assert_eq!(scene.get_with(&target, &app).await.failure(403), 403);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_history_request_that_makes_no_sense_says_why(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let room = scene.create(json!({ "tr": true })).await;
    let long = "x".repeat(65);
    for (target, code) in [
        (format!("/1.1/rtm/messages/history?convid={id}&from=a"), 1),
        (format!("/1.1/rtm/messages/history?convid={id}&msgid=x"), 1),
        (
            format!("/1.1/rtm/messages/history?convid={id}&timestamp=soon"),
            1,
        ),
        (
            format!("/1.1/rtm/messages/history?convid={id}&timestamp=nan"),
            1,
        ),
        (
            format!("/1.1/rtm/messages/history?convid={id}&limit=few"),
            1,
        ),
        (format!("/1.1/rtm/messages/history?from={long}"), 4103),
        ("/1.1/rtm/messages/history?convid=unknown".to_owned(), 4303),
        ("/1.2/rtm/conversations/%00/messages".to_owned(), 4303),
        (format!("/1.2/rtm/conversations/{room}/messages"), 4314),
        (format!("/1.2/rtm/chatrooms/{id}/messages"), 4316),
    ] {
        assert_eq!(scene.get(&target).await.failure(400), code, "{target}");
    }
    for walk in [
        "timestamp=1e300",
        "timestamp=-1e300&reversed=1",
        "till_timestamp=9e18",
    ] {
        let target = format!("/1.2/rtm/messages?{walk}");
        assert_eq!(scene.get(&target).await.status.as_u16(), 200, "{target}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn r46_a_deleted_message_is_gone_from_history(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let first = scene.say(&id, "a", "first").await;
    scene.advance(1);
    let second = scene.say(&id, "a", "second").await;
    let of = |message: &MessageId, sender: &str, at: i64| {
        format!(
            "/1.2/rtm/conversations/{id}/messages/{message}?from_client={sender}&timestamp={at}"
        )
    };
    let at = first.sent_at.as_millis();
    for (target, code) in [
        (of(&first.id, "b", at), 4403),
        (of(&first.id, "a", at + 1), 4404),
        (of(&MessageId::trusted("other"), "a", at), 4404),
        (
            format!("/1.2/rtm/chatrooms/{id}/messages/x?from_client=a&timestamp=1"),
            4316,
        ),
        (
            "/1.2/rtm/conversations/5a/messages/x?from_client=a&timestamp=1".to_owned(),
            4401,
        ),
        (
            format!("/1.2/rtm/conversations/{id}/messages/x?from_client=a"),
            1,
        ),
    ] {
        let answer = scene.ask(Method::DELETE, &target, &json!({})).await;
        assert_eq!(answer.failure(400), code, "{target}");
    }
    let answer = scene
        .ask(Method::DELETE, &of(&first.id, "a", at), &json!(null))
        .await;
    assert_eq!(answer.json(), json!({}));
    let (mid, at) = (&second.id, second.sent_at.as_millis());
    let legacy = format!("/1.1/rtm/messages/logs?convid={id}&msgid={mid}&timestamp={at}&from=a");
    assert_eq!(
        scene.ask(Method::DELETE, &legacy, &json!({})).await.json(),
        json!({})
    );
    let left = texts(&scene, &format!("/1.2/rtm/conversations/{id}/messages")).await;
    assert_eq!(left, [""; 0]);
    assert_eq!(
        scene
            .ask(Method::DELETE, &legacy, &json!({}))
            .await
            .failure(400),
        4404
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r47_an_id_with_a_plus_sign_is_found_in_paths_and_queries(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let mid = "a+b-c_d+e0123456789012";
    let sent = scene
        .say_as(&id, "a", "before", MessageId::trusted(mid))
        .await;
    let at = sent.sent_at.as_millis();
    let target = format!("/1.2/rtm/conversations/{id}/messages/{mid}");
    let edit = json!({ "from_client": "a", "message": { "_lctype": -1 }, "timestamp": at });
    let answer = scene.ask(Method::PUT, &target, &edit).await;
    assert_eq!(answer.json(), json!({ "result": {} }), "{answer:?}");
    let history = format!("/1.2/rtm/conversations/{id}/messages?include_start=1");
    let from_here = format!("{history}&timestamp={at}&msgid={mid}");
    assert_eq!(texts(&scene, &from_here).await, [r#"{"_lctype":-1}"#]);
    let gone = format!("/1.1/rtm/messages/logs?convid={id}&msgid={mid}&timestamp={at}&from=a");
    assert_eq!(
        scene.ask(Method::DELETE, &gone, &json!({})).await.json(),
        json!({})
    );
    assert_eq!(texts(&scene, &history).await, [""; 0]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_record_of_the_log_is_replaced_as_it_stands(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let sent = scene.say(&id, "a", "before").await;
    let logs = "/1.1/rtm/messages/logs";
    let mut record = scene.get(&format!("{logs}?convid={id}")).await.json()[0].clone();
    record["data"] = json!("after");
    assert_eq!(
        scene.ask(Method::PUT, logs, &record).await.json(),
        json!({})
    );
    let mut expected = record.clone();
    assert_eq!(
        scene.get(&format!("{logs}?convid={id}")).await.json(),
        json!([expected])
    );
    record["data"] = json!("AP8=");
    record["bin"] = json!(true);
    scene.ask(Method::PUT, logs, &record).await.json();
    expected["data"] = json!("AP8=");
    expected["bin"] = json!(true);
    assert_eq!(
        scene.get(&format!("{logs}?convid={id}")).await.json(),
        json!([expected])
    );

    record["data"] = json!("no base64!");
    assert_eq!(scene.ask(Method::PUT, logs, &record).await.failure(400), 1);
    record["bin"] = json!(false);
    record["timestamp"] = json!(sent.sent_at.as_millis() + 1);
    assert_eq!(
        scene.ask(Method::PUT, logs, &record).await.failure(400),
        4404
    );
    record["data"] = json!("x".repeat(5121));
    assert_eq!(
        scene.ask(Method::PUT, logs, &record).await.failure(400),
        4109
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn r45_a_patch_names_its_message_exactly(pool: PgPool) {
    let scene = Scene::new(pool);
    let id = scene.start(&["a"], json!({})).await;
    let sent = scene.say(&id, "a", "before").await;
    let (mid, at) = (sent.id.as_str(), sent.sent_at.as_millis());
    let patch = "/1.1/rtm/patch/message";
    let good = json!({
        "from_peer": "a", "conv_id": id, "msg_id": mid, "timestamp": at, "message": "after",
    });
    let changed = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for (body, code) in [
        (changed("timestamp", json!(at + 1)), 4404),
        (changed("msg_id", json!("other")), 4404),
        (changed("from_peer", json!("b")), 4403),
        (changed("from_peer", json!("")), 4103),
        (changed("conv_id", json!("5a")), 4401),
        (changed("message", json!(null)), 1),
        (changed("message", json!(7)), 1),
        (changed("message", json!("x".repeat(5121))), 4109),
        (changed("timestamp", json!("soon")), 1),
    ] {
        let answer = scene.ask(Method::POST, patch, &body).await;
        assert_eq!(answer.failure(400), code, "{body}");
    }
    assert_eq!(
        scene.ask(Method::POST, patch, &good).await.json(),
        json!({ "result": {} })
    );
    let recall = changed("recall", json!(true));
    scene.ask(Method::POST, patch, &recall).await.json();
    let history = format!("/1.2/rtm/conversations/{id}/messages");
    assert_eq!(texts(&scene, &history).await, [r#"{"_lctype":-127}"#]);
    assert_eq!(
        scene.ask(Method::POST, patch, &recall).await.failure(400),
        4404
    );
}
