//! The mapping of spec 01 §2.3, case by case, and what holds for every frame.

use parlor_model::{ClientId, Content, ConversationId, Features, Priority};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

use super::decode::read;
use super::*;
use crate::encode;
use crate::frame::Undecodable;
use crate::proto::{
    CommandType, ConvCommand, DataCommand, DirectCommand, ErrorCommand, GenericCommand,
    JsonObjectMessage, LogItem, LogsCommand, OpType, PatchCommand, PatchItem, SessionCommand,
    SystemInfo, UnreadCommand, UnreadTuple,
};
use crate::request::{
    Command, ConversationStart, HistoryDirection, InvalidRequest, MessageAck, Request, Target,
};

const CID: &str = "5a1b2c3d4e5f60718293a4b5";

fn decoded(object: &Value) -> Command {
    decode(object.to_string().as_bytes()).expect("a frame")
}

fn request(object: &Value) -> Request {
    decoded(object).request.expect("a request")
}

fn problem(object: &Value) -> InvalidRequest {
    decoded(object).request.expect_err("a problem")
}

fn encoded(frame: &GenericCommand) -> Value {
    let text = super::encode(&frame.encode_to_vec());
    assert!(text.is_ascii(), "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn of(command: CommandType, operation: Option<OpType>) -> GenericCommand {
    encode::frame(command, operation)
}

#[test]
fn w10_an_empty_object_is_a_heartbeat_and_answered_by_one() {
    assert_eq!(request(&json!({})), Request::Heartbeat);
    assert_eq!(super::encode(&[]), "{}");
}

#[test]
fn an_envelope_and_a_body_are_read_from_one_object() {
    let command = decoded(&json!({
        "cmd": "session", "op": "open", "appId": "app", "peerId": "alice", "i": -65535,
        "service": 2, "ua": "js/2.4.0", "st": "token", "r": 1, "configBitmap": 1,
        "unheardOf": { "deep": [1] }, "tag": null,
    }));
    assert_eq!(command.envelope.serial, Some(-65535));
    assert_eq!(command.envelope.app_id.as_deref(), Some("app"));
    assert_eq!(command.envelope.client_id.as_deref(), Some("alice"));
    assert_eq!(command.envelope.service, Some(2));
    let Ok(Request::SessionOpen(open)) = command.request else {
        panic!("{command:?}");
    };
    assert_eq!(open.user_agent.as_deref(), Some("js/2.4.0"));
    assert_eq!(open.token.as_deref(), Some("token"));
    assert!(open.reconnect);
    assert_eq!(open.tag, None);
    assert_eq!(open.features.map(Features::bits), Some(1));
}

#[test]
fn operations_are_spelled_with_hyphens() {
    for op in ["max-read", "max_read"] {
        let asked = json!({ "cmd": "conv", "op": op, "cid": CID });
        assert!(matches!(
            request(&asked),
            Request::ConversationMaxRead { .. }
        ));
    }
    let joined = encoded(&of(CommandType::Conv, Some(OpType::MembersJoined)));
    assert_eq!(joined, json!({ "cmd": "conv", "op": "members-joined" }));
}

#[test]
fn json_in_texts_stands_in_its_place() {
    let attributes = json!({ "name": "茶", "attr": { "n": 1.5, "list": [null, "x"] } });
    let start = json!({ "cmd": "conv", "op": "start", "m": ["bob"], "attr": attributes });
    let Request::ConversationStart(ConversationStart {
        attributes: read, ..
    }) = request(&start)
    else {
        panic!("no start");
    };
    assert_eq!(Value::Object(read), attributes);

    let results = encoded(&GenericCommand {
        conv_message: Some(ConvCommand {
            results: Some(JsonObjectMessage {
                data: r#"[{"name":"茶","n":12345678901234567890.5}]"#.to_owned(),
            }),
            ..ConvCommand::default()
        }),
        ..of(CommandType::Conv, Some(OpType::Results))
    });
    assert_eq!(results["results"][0]["name"], "茶");

    let data = encoded(&GenericCommand {
        data_message: Some(DataCommand {
            ids: vec!["1".to_owned()],
            msg: vec![JsonObjectMessage {
                data: r#"{"op":"create"}"#.to_owned(),
            }],
            offline: None,
        }),
        service: Some(1),
        ..of(CommandType::Data, None)
    });
    let expected = json!({
        "cmd": "data", "service": 1, "ids": ["1"], "msg": [{ "op": "create" }],
    });
    assert_eq!(data, expected);
}

#[test]
fn json_deeper_than_the_parser_goes_is_passed_on() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let text = super::encode(
        &GenericCommand {
            conv_message: Some(ConvCommand {
                results: Some(JsonObjectMessage { data: deep.clone() }),
                ..ConvCommand::default()
            }),
            ..of(CommandType::Conv, Some(OpType::Results))
        }
        .encode_to_vec(),
    );
    assert!(text.contains(&deep), "{text}");
}

#[test]
fn yes_and_no_come_as_words_or_numbers() {
    for (yes, expected) in [(json!(true), true), (json!(1), true), (json!(0), false)] {
        let sent = json!({ "cmd": "direct", "cid": CID, "msg": "hi", "r": yes, "transient": yes });
        let Request::MessageSend(message) = request(&sent) else {
            panic!("no message");
        };
        assert_eq!((message.receipt, message.transient), (expected, expected));
    }
}

#[test]
fn bytes_are_base64_and_marked() {
    let bytes = [0, 255, 7];
    for sent in [
        json!({ "cmd": "direct", "cid": CID, "binaryMsg": "AP8H" }),
        json!({ "cmd": "direct", "cid": CID, "binaryMsg": "AP8H", "bin": true, "msg": null }),
        json!({ "cmd": "direct", "cid": CID, "binaryMsg": "AP8H", "bin": 1, "msg": "AP8H" }),
        json!({ "cmd": "direct", "cid": CID, "msg": "AP8H", "bin": true }),
        json!({ "cmd": "direct", "cid": CID, "binaryMsg": [0, 255, 7] }),
    ] {
        let Request::MessageSend(message) = request(&sent) else {
            panic!("no message");
        };
        assert_eq!(message.content, Content::Binary(bytes.into()), "{sent}");
    }

    let direct = encoded(&GenericCommand {
        direct_message: Some(DirectCommand {
            binary_msg: Some(bytes.to_vec().into()),
            ..DirectCommand::default()
        }),
        ..of(CommandType::Direct, None)
    });
    let expected = json!({ "cmd": "direct", "binaryMsg": "AP8H", "bin": true, "msg": "AP8H" });
    assert_eq!(direct, expected);

    let unread = encoded(&GenericCommand {
        unread_message: Some(UnreadCommand {
            convs: vec![UnreadTuple {
                cid: CID.to_owned(),
                unread: 0,
                binary_msg: Some(bytes.to_vec().into()),
                ..UnreadTuple::default()
            }],
            notif_time: None,
        }),
        ..of(CommandType::Unread, None)
    });
    let tuple =
        json!({ "cid": CID, "unread": 0, "binaryMsg": "AP8H", "bin": true, "data": "AP8H" });
    assert_eq!(unread["convs"], json!([tuple]));

    let history = encoded(&GenericCommand {
        logs_message: Some(LogsCommand {
            logs: vec![LogItem {
                data: Some("AP8H".to_owned()),
                bin: Some(true),
                ..LogItem::default()
            }],
            ..LogsCommand::default()
        }),
        ..of(CommandType::Logs, None)
    });
    assert_eq!(history["logs"], json!([{ "data": "AP8H", "bin": true }]));
}

#[test]
fn words_of_the_dotnet_client_are_understood() {
    let sent = json!({ "cmd": "direct", "cid": CID, "msg": "hi", "level": 3 });
    let Request::MessageSend(message) = request(&sent) else {
        panic!("no message");
    };
    assert_eq!(message.priority, Priority::Low);

    let patch = json!({
        "cmd": "patch", "op": "modify", "i": 1,
        "patches": [{ "cid": CID, "mid": "m", "meintonPids": ["bob"], "mentionAll": false }],
    });
    let (frame, problem) = read(patch.as_object().expect("an object").clone()).expect("a frame");
    assert_eq!(problem, None);
    let expected = PatchItem {
        cid: Some(CID.to_owned()),
        mid: Some("m".to_owned()),
        mention_pids: vec!["bob".to_owned()],
        mention_all: Some(false),
        ..PatchItem::default()
    };
    assert_eq!(frame.patch_message.expect("patches").patches, [expected]);

    for (name, direction) in [
        ("NEW", HistoryDirection::Newer),
        ("OLD", HistoryDirection::Older),
    ] {
        let asked = json!({ "cmd": "logs", "cid": CID, "l": 20, "direction": name });
        let Request::MessageHistory(history) = request(&asked) else {
            panic!("no history");
        };
        assert_eq!(history.direction, direction);
    }
}

#[test]
fn whole_numbers_are_read_however_they_are_written() {
    for (written, expected) in [
        ("1453014943000", Some(1_453_014_943_000)),
        ("1453014943000.0", Some(1_453_014_943_000)),
        ("1.453014943e12", Some(1_453_014_943_000)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("123456789012345678901234567890", None),
        ("1e300", None),
        ("1.5", None),
        ("\"7\"", None),
    ] {
        let text = format!(r#"{{"cmd":"ack","cid":"{CID}","tots":{written}}}"#);
        let command = decode(text.as_bytes()).expect("a frame");
        match (command.request, expected) {
            (Ok(Request::MessageAck(MessageAck::Range { to, .. })), Some(millis)) => {
                assert_eq!(to.as_millis(), millis, "{written}");
            }
            (Err(InvalidRequest::Malformed { .. }), None) => {}
            (other, _) => panic!("{written}: {other:?}"),
        }
    }
}

#[test]
fn w12_a_failure_is_told_in_every_dialect() {
    let error = encoded(&GenericCommand {
        i: Some(7),
        error_message: Some(ErrorCommand {
            code: 4303,
            reason: "CONVERSATION_NOT_FOUND".to_owned(),
            detail: Some("kein Gespräch".to_owned()),
            app_code: Some(42),
            ..ErrorCommand::default()
        }),
        ..of(CommandType::Error, None)
    });
    let expected = json!({
        "cmd": "error", "i": 7, "code": 4303, "reason": "CONVERSATION_NOT_FOUND",
        "detail": "kein Gespräch", "appCode": 42,
        "error": { "code": 4303, "detail": "CONVERSATION_NOT_FOUND" },
    });
    assert_eq!(error, expected);
}

#[test]
fn w7_a_success_has_neither_code_nor_error() {
    let opened = encoded(&GenericCommand {
        i: Some(0),
        peer_id: Some("alice".to_owned()),
        session_message: Some(SessionCommand {
            st: Some("token".to_owned()),
            st_ttl: Some(604_800),
            ..SessionCommand::default()
        }),
        ..of(CommandType::Session, Some(OpType::Opened))
    });
    let expected = json!({
        "cmd": "session", "op": "opened", "i": 0, "peerId": "alice",
        "st": "token", "stTtl": 604_800,
    });
    assert_eq!(opened, expected);
}

#[test]
fn lists_that_old_clients_read_blindly_are_there_when_empty() {
    let online = encoded(&GenericCommand {
        session_message: Some(SessionCommand::default()),
        ..of(CommandType::Session, Some(OpType::QueryResult))
    });
    assert_eq!(online["onlineSessionPeerIds"], json!([]));
    let history = encoded(&GenericCommand {
        logs_message: Some(LogsCommand::default()),
        ..of(CommandType::Logs, None)
    });
    assert_eq!(history["logs"], json!([]));
}

#[test]
fn enums_besides_command_and_operation_are_names() {
    let login = json!({ "cmd": "login", "systemInfo": { "deviceType": "ios" } });
    let (frame, problem) = read(login.as_object().expect("an object").clone()).expect("a frame");
    // A login has its system in `loginMessage`.
    assert_eq!(problem, None);
    let info: SystemInfo = frame
        .login_message
        .clone()
        .expect("a body")
        .system_info
        .expect("info");
    assert_eq!(info.device_type, Some(2));
    assert_eq!(encoded(&frame), login);
}

#[test]
fn unknown_names_are_refused_by_name() {
    for (object, command, operation) in [
        (json!({ "cmd": "nonsense" }), "nonsense", "none"),
        (json!({ "cmd": "conv", "op": "explode" }), "conv", "explode"),
    ] {
        let InvalidRequest::Unsupported {
            command: told,
            operation: with,
        } = problem(&object)
        else {
            panic!("{object}");
        };
        assert_eq!((told.as_str(), with.as_str()), (command, operation));
    }
    let long = json!({ "cmd": "x".repeat(10_000), "i": 3 });
    assert_eq!(decoded(&long).envelope.serial, Some(3));
    assert!(problem(&long).to_string().len() < 100);
}

#[test]
fn a_body_of_the_wrong_type_is_refused_and_says_where() {
    for (object, target, said) in [
        (
            json!({ "cmd": "conv", "op": "add", "m": "bob" }),
            Target::Conversation,
            "m is not a list",
        ),
        (
            json!({ "cmd": "conv", "op": "add", "m": [7] }),
            Target::Conversation,
            "m is not text",
        ),
        (
            json!({ "cmd": "conv", "op": "query", "limit": "x" }),
            Target::Query,
            "limit is not",
        ),
        (
            json!({ "cmd": "direct", "cid": 7 }),
            Target::Message,
            "cid is not text",
        ),
        (
            json!({ "cmd": "direct", "r": "yes" }),
            Target::Message,
            "r is not true or false",
        ),
        (
            json!({ "cmd": "direct", "binaryMsg": "ä" }),
            Target::Message,
            "binaryMsg is not base64",
        ),
        (
            json!({ "cmd": "direct", "binaryMsg": [256] }),
            Target::Message,
            "binaryMsg is not",
        ),
        (
            json!({ "cmd": "logs", "limit": 3_000_000_000_u32 }),
            Target::History,
            "limit is not",
        ),
        (
            json!({ "cmd": "logs", "direction": "UP" }),
            Target::History,
            "direction is not",
        ),
        (
            json!({ "cmd": "patch", "op": "modify", "patches": {} }),
            Target::Patch,
            "patches is not a list",
        ),
        (
            json!({ "cmd": "ack", "ids": {} }),
            Target::Unanswered,
            "ids is not a list",
        ),
        (
            json!({ "cmd": "read", "convs": ["c"] }),
            Target::Unanswered,
            "convs is not an object",
        ),
        (
            json!({ "op": "open", "ua": {} }),
            Target::Session,
            "ua is not text",
        ),
        (
            json!({ "cmd": "login", "systemInfo": { "deviceType": "x" } }),
            Target::Session,
            "device",
        ),
    ] {
        let InvalidRequest::Malformed {
            problem: why,
            target: about,
            ..
        } = problem(&object)
        else {
            panic!("{object}");
        };
        assert_eq!(about, target, "{object}");
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn w57_what_is_no_object_or_has_no_readable_envelope_is_undecodable() {
    let deep = format!("{}{}", "{\"attr\":".repeat(5000), "1");
    for text in [
        "",
        "not JSON",
        "[]",
        "7",
        "\"text\"",
        "{",
        "{}{}",
        r#"{"cmd":7}"#,
        r#"{"cmd":"echo","i":"1"}"#,
        r#"{"cmd":"echo","i":1e400}"#,
        r#"{"cmd":"echo","i":2147483648}"#,
        r#"{"cmd":"echo","peerId":["alice"]}"#,
        r#"{"cmd":"echo","x":"\ud800"}"#,
        &deep,
    ] {
        assert!(
            matches!(decode(text.as_bytes()), Err(Undecodable::Json(_))),
            "{text}"
        );
    }
    assert!(decode(&[0xff, 0xfe]).is_err());
}

/// What is flat must not collide, or one field would hide another.
#[test]
fn no_body_has_a_field_of_the_envelope() {
    let envelope = schema::frame();
    for field in envelope.fields() {
        let kind = field.kind();
        let Some(body) = kind.as_message() else {
            continue;
        };
        for inner in body.fields() {
            let hidden = envelope.get_field_by_name(inner.name());
            assert!(hidden.is_none(), "{} of {}", inner.name(), field.name());
            assert_ne!(inner.name(), "level");
        }
    }
}

#[test]
fn an_addressed_event_is_the_event_with_its_recipient() {
    let event = GenericCommand {
        direct_message: Some(DirectCommand {
            msg: Some("茶 😀 \"}".to_owned()),
            cid: Some(ConversationId::trusted(CID).to_string()),
            ..DirectCommand::default()
        }),
        ..of(CommandType::Direct, None)
    };
    let text = super::encode(&event.encode_to_vec());
    for id in ["alice", "quo\"te\\", "日本 😀"] {
        let addressed = address(text.as_bytes(), &ClientId::trusted(id));
        assert!(addressed.is_ascii(), "{addressed}");
        let addressed: Value = serde_json::from_str(&addressed).expect("JSON");
        let expected = encoded(&GenericCommand {
            peer_id: Some(id.to_owned()),
            ..event.clone()
        });
        assert_eq!(addressed, expected);
    }
}

/// Frames with every kind of field in them, such as no client or server would send.
fn any_frame() -> impl Strategy<Value = GenericCommand> {
    let command = prop::sample::select(vec![
        CommandType::Session,
        CommandType::Conv,
        CommandType::Direct,
        CommandType::Logs,
        CommandType::Unread,
        CommandType::Patch,
        CommandType::Error,
        CommandType::Data,
    ]);
    let text = prop::option::of(".{0,12}");
    let bytes = prop::option::of(prop::collection::vec(any::<u8>(), 0..12));
    let json = prop::sample::select(vec!["[]", "{\"a\":[1,null,\"é\"]}", "3.5", "\"x\""]);
    let texts = prop::collection::vec(".{0,12}", 0..3);
    (
        command,
        any::<Option<i32>>(),
        any::<Option<i64>>(),
        text,
        bytes,
        json,
        texts,
        any::<bool>(),
    )
        .prop_map(|(command, i, time, text, bytes, json, texts, yes)| {
            let json = JsonObjectMessage {
                data: json.to_owned(),
            };
            let bytes = bytes.map(bytes::Bytes::from);
            let frame = GenericCommand {
                i,
                server_ts: time,
                peer_id: text.clone(),
                ..of(command, Some(OpType::QueryResult))
            };
            match command {
                CommandType::Session => GenericCommand {
                    session_message: Some(SessionCommand {
                        t: time,
                        r: Some(yes),
                        online_session_peer_ids: texts,
                        ..SessionCommand::default()
                    }),
                    ..frame
                },
                CommandType::Conv => GenericCommand {
                    conv_message: Some(ConvCommand {
                        m: texts,
                        results: Some(json.clone()),
                        attr: Some(json),
                        failed_pids: vec![ErrorCommand::default()],
                        ..ConvCommand::default()
                    }),
                    ..frame
                },
                CommandType::Direct => GenericCommand {
                    direct_message: Some(DirectCommand {
                        msg: text.filter(|_| bytes.is_none()),
                        binary_msg: bytes,
                        timestamp: time,
                        ..DirectCommand::default()
                    }),
                    ..frame
                },
                CommandType::Logs => GenericCommand {
                    logs_message: Some(LogsCommand {
                        logs: vec![LogItem {
                            data: text,
                            bin: Some(yes),
                            mention_pids: texts,
                            ..LogItem::default()
                        }],
                        direction: i,
                        ..LogsCommand::default()
                    }),
                    ..frame
                },
                CommandType::Unread => GenericCommand {
                    unread_message: Some(UnreadCommand {
                        convs: vec![UnreadTuple {
                            data: text.filter(|_| bytes.is_none()),
                            binary_msg: bytes,
                            mentioned: Some(yes),
                            ..UnreadTuple::default()
                        }],
                        notif_time: time,
                    }),
                    ..frame
                },
                CommandType::Patch => GenericCommand {
                    patch_message: Some(PatchCommand {
                        patches: vec![PatchItem {
                            binary_msg: bytes,
                            recall: Some(yes),
                            mention_pids: texts,
                            ..PatchItem::default()
                        }],
                        last_patch_time: time,
                    }),
                    ..frame
                },
                CommandType::Error => GenericCommand {
                    error_message: Some(ErrorCommand {
                        code: i.unwrap_or_default(),
                        reason: text.unwrap_or_default(),
                        pids: texts,
                        ..ErrorCommand::default()
                    }),
                    ..frame
                },
                _ => GenericCommand {
                    data_message: Some(DataCommand {
                        ids: texts,
                        msg: vec![json],
                        offline: Some(yes),
                    }),
                    ..frame
                },
            }
        })
}

proptest! {
    #[test]
    fn json_read_and_written_again_is_the_same(frame in any_frame()) {
        let text = super::encode(&frame.encode_to_vec());
        prop_assert!(text.is_ascii());
        let object = serde_json::from_str(&text).expect("an object");
        let (again, problem) = read(object).expect("a frame");
        prop_assert_eq!(problem, None);
        prop_assert_eq!(super::encode(&again.encode_to_vec()), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = decode(text.as_bytes());
        let _ = decode(format!("{{\"cmd\":\"direct\",\"i\":1,{text}}}").as_bytes());
    }
}
