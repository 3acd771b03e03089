use bytes::Bytes;
use parlor_model::{
    ClientId, Content, ConversationId, DeviceId, Features, MemberRole, MessageId, Priority,
    Restriction, RestrictionChange, Timestamp,
};
use serde_json::json;

use super::super::*;
use crate::proto::{
    AckCommand, BlacklistCommand, ConvCommand, ConvMemberInfo, DirectCommand, JsonObjectMessage,
    LogsCommand, PatchCommand, PatchItem, ReadCommand, ReadTuple, ReportCommand, SessionCommand,
};
use crate::request::{
    ClientBlock, ConversationQuery, HistoryDirection, MessageAck, MessageHistory, MessagePatch,
    MessageSend, Page, PatchChange, SessionOpen, Target,
};

const CID: &str = "5a1b2c3d4e5f60718293a4b5";

fn decoded(frame: &GenericCommand) -> Result<Request, InvalidRequest> {
    decode(&frame.encode_to_vec()).expect("a frame").request
}

fn of(command: CommandType, operation: Option<OpType>) -> GenericCommand {
    crate::encode::frame(command, operation)
}

fn conv(operation: OpType, body: ConvCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        conv_message: Some(body),
        ..of(CommandType::Conv, Some(operation))
    })
}

fn blacklist(operation: OpType, body: BlacklistCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        blacklist_message: Some(body),
        ..of(CommandType::Blacklist, Some(operation))
    })
}

fn direct(body: DirectCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        direct_message: Some(body),
        ..of(CommandType::Direct, None)
    })
}

fn ack(body: AckCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        ack_message: Some(body),
        ..of(CommandType::Ack, None)
    })
}

fn read(body: ReadCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        read_message: Some(body),
        ..of(CommandType::Read, None)
    })
}

fn session(operation: OpType, body: SessionCommand) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        session_message: Some(body),
        ..of(CommandType::Session, Some(operation))
    })
}

fn opened(body: SessionCommand) -> SessionOpen {
    match session(OpType::Open, body) {
        Ok(Request::SessionOpen(open)) => open,
        other => panic!("expected session/open, got {other:?}"),
    }
}

fn history(body: LogsCommand) -> MessageHistory {
    let frame = GenericCommand {
        logs_message: Some(LogsCommand { cid: cid(), ..body }),
        ..of(CommandType::Logs, None)
    };
    match decoded(&frame) {
        Ok(Request::MessageHistory(history)) => history,
        other => panic!("expected logs, got {other:?}"),
    }
}

fn sent(body: DirectCommand) -> MessageSend {
    match direct(DirectCommand { cid: cid(), ..body }) {
        Ok(Request::MessageSend(message)) => message,
        other => panic!("expected direct, got {other:?}"),
    }
}

fn query(body: ConvCommand) -> ConversationQuery {
    match conv(OpType::Query, body) {
        Ok(Request::ConversationQuery(query)) => query,
        other => panic!("expected conv/query, got {other:?}"),
    }
}

fn text(json: &str) -> Option<JsonObjectMessage> {
    Some(JsonObjectMessage {
        data: json.to_owned(),
    })
}

fn cid() -> Option<String> {
    Some(CID.to_owned())
}

fn malformed(result: Result<Request, InvalidRequest>) -> (&'static str, Target) {
    match result {
        Err(InvalidRequest::Malformed { field, target, .. }) => (field, target),
        other => panic!("expected a malformed field, got {other:?}"),
    }
}

fn missing(result: Result<Request, InvalidRequest>) -> (&'static str, Target) {
    match result {
        Err(InvalidRequest::Missing { field, target }) => (field, target),
        other => panic!("expected a missing field, got {other:?}"),
    }
}

#[test]
fn w15_a_negative_serial_is_kept_bit_exactly() {
    // cmd=14 (echo), i=-65535 as a ten-byte varint.
    let bytes = [
        0x08, 0x0e, 0x28, 0x81, 0x80, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ];
    let command = decode(&bytes).expect("a frame");
    assert_eq!(command.envelope.serial, Some(-65535));
    assert_eq!(command.request, Ok(Request::Echo));
}

#[test]
fn w16_a_zero_serial_is_present_and_an_absent_one_is_not() {
    let zero = decode(&[0x08, 0x0e, 0x28, 0x00]).expect("a frame");
    assert_eq!(zero.envelope.serial, Some(0));
    let absent = decode(&[0x08, 0x0e]).expect("a frame");
    assert_eq!(absent.envelope.serial, None);
}

#[test]
fn w57_random_bytes_are_undecodable() {
    for bytes in [&[0xff; 12][..], &[0x08], &[0x22, 0x7f, 0x41], b"hello"] {
        assert!(decode(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn an_absent_command_is_a_session_command() {
    // op=1 (open) only: what an encoder that skips zeros sends.
    let command = decode(&[0x10, 0x01]).expect("a frame");
    assert_eq!(
        command.request,
        Ok(Request::SessionOpen(SessionOpen::default()))
    );
}

#[test]
fn an_unknown_command_or_operation_is_named() {
    let unknown = GenericCommand {
        cmd: Some(99),
        op: Some(98),
        ..GenericCommand::default()
    };
    for (frame, command, operation) in [
        (unknown, "99", "98"),
        (of(CommandType::Goaway, None), "goaway", "none"),
        (
            of(CommandType::Conv, Some(OpType::QueryResult)),
            "conv",
            "query_result",
        ),
        (
            of(CommandType::Patch, Some(OpType::Subscribe)),
            "patch",
            "subscribe",
        ),
        (of(CommandType::Session, None), "session", "none"),
    ] {
        assert_eq!(
            decoded(&frame),
            Err(InvalidRequest::Unsupported {
                command: command.to_owned(),
                operation: operation.to_owned()
            })
        );
    }
}

#[test]
fn empty_texts_of_the_envelope_are_not_given() {
    let frame = GenericCommand {
        peer_id: Some(String::new()),
        app_id: Some(String::new()),
        installation_id: Some(String::new()),
        ..of(CommandType::Echo, None)
    };
    let command = decode(&frame.encode_to_vec()).expect("a frame");
    assert_eq!(command.envelope, Envelope::default());
}

#[test]
fn w53_a_direction_of_old_clients_parses_as_older() {
    for (direction, expected) in [
        (None, HistoryDirection::Older),
        (Some(0), HistoryDirection::Older),
        (Some(1), HistoryDirection::Older),
        (Some(2), HistoryDirection::Newer),
        (Some(7), HistoryDirection::Older),
    ] {
        let asked = history(LogsCommand {
            direction,
            ..LogsCommand::default()
        });
        assert_eq!(asked.direction, expected, "{direction:?}");
    }
}

#[test]
fn of_two_history_limits_l_wins_and_zero_is_a_wish() {
    for (l, limit, expected) in [
        (None, None, None),
        (Some(0), None, Some(0)),
        (Some(0), Some(5), Some(0)),
        (Some(3), Some(5), Some(3)),
        (None, Some(0), Some(0)),
        (None, Some(5), Some(5)),
        (Some(-1), None, None),
    ] {
        let asked = history(LogsCommand {
            l,
            limit,
            ..LogsCommand::default()
        });
        assert_eq!(asked.limit, expected, "l={l:?} limit={limit:?}");
    }
}

#[test]
fn zero_times_and_empty_ids_of_history_are_not_given() {
    let asked = history(LogsCommand {
        t: Some(0),
        mid: Some(String::new()),
        tt: Some(0),
        tmid: Some(String::new()),
        lctype: Some(0),
        ..LogsCommand::default()
    });
    assert_eq!(asked, history(LogsCommand::default()));
    assert_eq!(asked.start.sent_at, None);
    assert_eq!(asked.typed, None);
}

#[test]
fn a_message_has_exactly_one_content() {
    let both_empty = direct(DirectCommand {
        cid: cid(),
        msg: Some(String::new()),
        binary_msg: Some(Bytes::new()),
        ..DirectCommand::default()
    });
    assert_eq!(malformed(both_empty), ("msg", Target::Message));
    let both = direct(DirectCommand {
        cid: cid(),
        msg: Some("a".to_owned()),
        binary_msg: Some(Bytes::from_static(b"b")),
        ..DirectCommand::default()
    });
    assert_eq!(malformed(both), ("binaryMsg", Target::Message));
    let binary = sent(DirectCommand {
        msg: Some(String::new()),
        binary_msg: Some(Bytes::from_static(&[0, 1])),
        ..DirectCommand::default()
    });
    assert_eq!(binary.content, Content::Binary(vec![0, 1]));
}

#[test]
fn a_message_without_conversation_is_missing_it() {
    let result = direct(DirectCommand {
        msg: Some("a".to_owned()),
        ..DirectCommand::default()
    });
    assert_eq!(missing(result), ("cid", Target::Message));
}

#[test]
fn a_token_that_cannot_be_stored_is_malformed() {
    let result = direct(DirectCommand {
        cid: cid(),
        msg: Some("a".to_owned()),
        dt: Some("a\0b".to_owned()),
        ..DirectCommand::default()
    });
    assert_eq!(malformed(result), ("dt", Target::Message));
}

#[test]
fn a_priority_that_is_absent_or_unknown_is_normal() {
    for (number, expected) in [
        (None, Priority::Normal),
        (Some(1), Priority::High),
        (Some(2), Priority::Normal),
        (Some(3), Priority::Low),
        (Some(0), Priority::Normal),
        (Some(-1), Priority::Normal),
    ] {
        let frame = GenericCommand {
            priority: number,
            direct_message: Some(DirectCommand {
                cid: cid(),
                msg: Some("a".to_owned()),
                ..DirectCommand::default()
            }),
            ..of(CommandType::Direct, None)
        };
        let Ok(Request::MessageSend(message)) = decoded(&frame) else {
            panic!("expected direct");
        };
        assert_eq!(message.priority, expected, "{number:?}");
    }
}

#[test]
fn mentions_that_are_no_ids_are_dropped() {
    let message = sent(DirectCommand {
        msg: Some("a".to_owned()),
        mention_pids: vec![String::new(), "bob".to_owned(), "x".repeat(65)],
        ..DirectCommand::default()
    });
    let mentions: Vec<&str> = message.mentions.iter().map(ClientId::as_str).collect();
    assert_eq!(mentions, ["bob"]);
}

#[test]
fn a_member_that_is_no_id_spoils_the_command() {
    for (operation, m) in [
        (OpType::Start, vec![String::new()]),
        (OpType::Add, vec!["bob".to_owned(), "x".repeat(65)]),
        (OpType::Remove, vec!["a\0b".to_owned()]),
    ] {
        let result = conv(
            operation,
            ConvCommand {
                cid: cid(),
                m,
                ..ConvCommand::default()
            },
        );
        assert_eq!(
            malformed(result),
            ("m", Target::Conversation),
            "{operation:?}"
        );
    }
}

#[test]
fn a_member_change_needs_conversation_and_members() {
    for (cid, field) in [(None, "cid"), (cid(), "m")] {
        let result = conv(
            OpType::Add,
            ConvCommand {
                cid,
                ..ConvCommand::default()
            },
        );
        assert_eq!(missing(result), (field, Target::Conversation));
    }
}

#[test]
fn c39_an_unknown_role_keeps_its_member_however_it_is_named() {
    let info = |pid: Option<&str>, role: Option<&str>| {
        Some(ConvMemberInfo {
            pid: pid.map(str::to_owned),
            role: role.map(str::to_owned),
            info_id: Some("ignored".to_owned()),
        })
    };
    for (target_client_id, info, role) in [
        (
            Some("bob"),
            info(Some("bob"), Some("Manager")),
            Some(MemberRole::Manager),
        ),
        (
            None,
            info(Some("bob"), Some("Member")),
            Some(MemberRole::Member),
        ),
        (Some("bob"), info(None, Some("manager")), None),
        (Some("bob"), None, None),
    ] {
        let result = conv(
            OpType::MemberInfoUpdate,
            ConvCommand {
                cid: cid(),
                target_client_id: target_client_id.map(str::to_owned),
                info,
                ..ConvCommand::default()
            },
        );
        assert_eq!(
            result,
            Ok(Request::ConversationRoleUpdate {
                conversation_id: ConversationId::trusted(CID),
                client_id: ClientId::trusted("bob"),
                role,
            })
        );
    }
    for (cid, field) in [(None, "cid"), (cid(), "targetClientId")] {
        let body = ConvCommand {
            cid,
            ..ConvCommand::default()
        };
        let result = conv(OpType::MemberInfoUpdate, body);
        assert_eq!(missing(result), (field, Target::Conversation));
    }
}

#[test]
fn c43_a_cursor_is_a_decimal_offset_and_no_limit_is_the_default() {
    let page = |offset, limit| Page { offset, limit };
    for (next, limit, page) in [
        (None, None, page(0, None)),
        (Some(""), Some(0), page(0, None)),
        (Some("20"), Some(-1), page(20, None)),
        (Some("0"), Some(50), page(0, Some(50))),
    ] {
        let next = next.map(str::to_owned);
        let silenced = conv(
            OpType::QueryShutup,
            ConvCommand {
                cid: cid(),
                next: next.clone(),
                limit,
                ..ConvCommand::default()
            },
        );
        let blocked = blacklist(
            OpType::Query,
            BlacklistCommand {
                src_cid: cid(),
                next,
                limit,
                ..BlacklistCommand::default()
            },
        );
        for (decoded, restriction) in [
            (silenced, Restriction::Silenced),
            (blocked, Restriction::Blocked),
        ] {
            assert_eq!(
                decoded,
                Ok(Request::RestrictedQuery {
                    restriction,
                    conversation_id: ConversationId::trusted(CID),
                    page,
                })
            );
        }
    }
    for next in ["abc", "-1", "1.5", "99999999999", "\0"] {
        let body = ConvCommand {
            cid: cid(),
            next: Some(next.to_owned()),
            ..ConvCommand::default()
        };
        let result = conv(OpType::QueryShutup, body);
        assert_eq!(malformed(result), ("next", Target::Conversation), "{next}");
    }
}

#[test]
fn a_blacklist_command_is_about_a_conversation_or_about_a_client() {
    let own = |src_pid: Option<&str>, to_cids: &[&str]| BlacklistCommand {
        src_pid: src_pid.map(str::to_owned),
        to_cids: to_cids.iter().map(|&id| id.to_owned()).collect(),
        ..BlacklistCommand::default()
    };
    assert_eq!(
        blacklist(OpType::Block, own(None, &[CID])),
        Ok(Request::ClientBlock(ClientBlock {
            change: RestrictionChange::Imposed,
            client_id: None,
            conversation_ids: vec![ConversationId::trusted(CID)],
            signature: None,
        }))
    );
    let of_both = BlacklistCommand {
        src_cid: cid(),
        ..own(Some("alice"), &[CID])
    };
    for (body, field) in [
        (BlacklistCommand::default(), "srcCid"),
        (own(Some("alice"), &[]), "toCids"),
        (own(Some("alice"), &[""]), "toCids"),
        (of_both, "toPids"),
    ] {
        let result = blacklist(OpType::Block, body);
        assert_eq!(missing(result), (field, Target::Conversation));
    }
    let result = blacklist(OpType::Start, own(None, &[CID]));
    assert!(
        matches!(result, Err(InvalidRequest::Unsupported { .. })),
        "{result:?}"
    );
}

#[test]
fn c2_an_update_without_attr_keeps_its_conversation() {
    let result = conv(
        OpType::Update,
        ConvCommand {
            cid: cid(),
            ..ConvCommand::default()
        },
    );
    assert_eq!(
        result,
        Ok(Request::ConversationUpdate {
            conversation_id: ConversationId::trusted(CID),
            attributes: None
        })
    );
}

#[test]
fn bad_json_names_its_field() {
    let too_deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for bad in [
        "{",
        "[1]",
        "7",
        r#"{"a":"\u0000"}"#,
        r#"{"\u0000":1}"#,
        &too_deep,
    ] {
        let result = conv(
            OpType::Update,
            ConvCommand {
                cid: cid(),
                attr: text(bad),
                ..ConvCommand::default()
            },
        );
        assert_eq!(malformed(result), ("attr", Target::Conversation), "{bad}");
    }
    let result = conv(
        OpType::Query,
        ConvCommand {
            r#where: text("\"text\""),
            ..ConvCommand::default()
        },
    );
    assert_eq!(malformed(result), ("where", Target::Query));
}

#[test]
fn a_list_of_conditions_means_all_of_them() {
    let asked = query(ConvCommand {
        r#where: text(r#"[{"name":"x"}]"#),
        limit: Some(0),
        flag: Some(3),
        ..ConvCommand::default()
    });
    assert_eq!(
        serde_json::Value::Object(asked.filter),
        json!({"$and": [{"name": "x"}]})
    );
    assert_eq!(asked.limit, Some(0));
    assert!(asked.compact && asked.with_last_message);
}

#[test]
fn a_bad_temporary_id_does_not_turn_a_lookup_into_a_query() {
    let result = conv(
        OpType::Query,
        ConvCommand {
            temp_conv_ids: vec!["x".repeat(65)],
            ..ConvCommand::default()
        },
    );
    assert_eq!(malformed(result), ("tempConvIds", Target::Query));
}

#[test]
fn the_device_is_its_id_else_its_token() {
    for (id, token, expected) in [
        (Some("i"), Some("t"), Some("i")),
        (Some(""), Some("t"), Some("t")),
        (None, None, None),
    ] {
        let open = opened(SessionCommand {
            device_id: id.map(str::to_owned),
            device_token: token.map(str::to_owned),
            ..SessionCommand::default()
        });
        assert_eq!(open.device_id, expected.map(|id| DeviceId(id.into())));
    }
}

#[test]
fn an_absent_bitmap_differs_from_an_empty_one() {
    for (config_bitmap, expected) in [
        (None, None),
        (Some(0), Some(Features::default())),
        (Some(0xBB), Some(Features::from_bits(0xBB))),
    ] {
        let open = opened(SessionCommand {
            config_bitmap,
            ..SessionCommand::default()
        });
        assert_eq!(open.features, expected);
    }
}

#[test]
fn the_default_tag_is_no_tag() {
    let open = opened(SessionCommand {
        tag: Some("default".to_owned()),
        ..SessionCommand::default()
    });
    assert_eq!(open.tag, None);
}

#[test]
fn an_online_query_skips_what_is_no_id() {
    let result = session(
        OpType::Query,
        SessionCommand {
            session_peer_ids: vec![String::new(), "bob".to_owned()],
            ..SessionCommand::default()
        },
    );
    let Ok(Request::SessionQuery { client_ids }) = result else {
        panic!("expected session/query, got {result:?}");
    };
    assert_eq!(client_ids.len(), 1);
}

#[test]
fn a_device_token_report_needs_a_token() {
    let report = |kind: &str, data: &str| {
        decoded(&GenericCommand {
            report_message: Some(ReportCommand {
                initiative: Some(true),
                r#type: Some(kind.to_owned()),
                data: Some(data.to_owned()),
            }),
            ..of(CommandType::Report, Some(OpType::Upload))
        })
    };
    assert_eq!(
        report("token", "abc"),
        Ok(Request::ReportDeviceToken {
            token: DeviceId("abc".into())
        })
    );
    assert_eq!(missing(report("token", "")), ("data", Target::Session));
    assert_eq!(malformed(report("other", "abc")), ("type", Target::Session));
}

#[test]
fn an_ack_is_one_message_a_span_or_a_list() {
    let conversation_id = ConversationId::trusted(CID);
    let one = ack(AckCommand {
        cid: cid(),
        mid: Some("m".to_owned()),
        ..AckCommand::default()
    });
    assert_eq!(
        one,
        Ok(Request::MessageAck(MessageAck::One {
            conversation_id: conversation_id.clone(),
            message_id: MessageId::trusted("m"),
        }))
    );
    let span = ack(AckCommand {
        cid: cid(),
        tots: Some(9),
        ..AckCommand::default()
    });
    assert_eq!(
        span,
        Ok(Request::MessageAck(MessageAck::Range {
            conversation_id,
            from: None,
            to: Timestamp::from_millis(9),
        }))
    );
    let list = ack(AckCommand {
        ids: vec!["a".to_owned()],
        ..AckCommand::default()
    });
    assert_eq!(
        list,
        Ok(Request::MessageAck(MessageAck::Ids(vec!["a".to_owned()])))
    );
}

#[test]
fn c3_bad_acks_and_reads_are_known_to_be_unanswered() {
    let without_position = AckCommand {
        cid: cid(),
        ..AckCommand::default()
    };
    for result in [
        ack(AckCommand::default()),
        ack(without_position),
        read(ReadCommand::default()),
    ] {
        assert_eq!(missing(result).1, Target::Unanswered);
    }
}

#[test]
fn a_read_takes_tuples_and_bare_ids_and_skips_bad_ones() {
    let result = read(ReadCommand {
        cid: Some("c1".to_owned()),
        cids: vec!["c2".to_owned()],
        convs: vec![
            ReadTuple {
                cid: "c3".to_owned(),
                timestamp: Some(0),
                mid: Some("m".to_owned()),
            },
            ReadTuple::default(),
        ],
    });
    let Ok(Request::MessageRead { positions }) = result else {
        panic!("expected read, got {result:?}");
    };
    let found: Vec<_> = positions
        .iter()
        .map(|position| {
            (
                position.conversation_id.as_str(),
                position.message_id.is_some(),
                position.sent_at,
            )
        })
        .collect();
    assert_eq!(
        found,
        [("c3", true, None), ("c2", false, None), ("c1", false, None)]
    );
}

fn patched(patches: Vec<PatchItem>) -> Result<Request, InvalidRequest> {
    decoded(&GenericCommand {
        patch_message: Some(PatchCommand {
            patches,
            ..PatchCommand::default()
        }),
        ..of(CommandType::Patch, Some(OpType::Modify))
    })
}

fn patch(item: PatchItem) -> PatchItem {
    PatchItem {
        cid: cid(),
        mid: Some("fptKnuYYQMGdiSt_Zs7zDA".to_owned()),
        ..item
    }
}

#[test]
fn a_patch_is_of_one_message_and_has_one_content() {
    let text = || PatchItem {
        data: Some(Bytes::from_static(b"a")),
        ..PatchItem::default()
    };
    assert_eq!(missing(patched(vec![])), ("patches", Target::Patch));
    assert_eq!(
        malformed(patched(vec![patch(text()), patch(text())])),
        ("patches", Target::Patch)
    );
    assert_eq!(missing(patched(vec![text()])), ("cid", Target::Patch));
    let nameless = PatchItem {
        mid: Some(String::new()),
        ..patch(text())
    };
    assert_eq!(missing(patched(vec![nameless])), ("mid", Target::Patch));
    assert_eq!(
        malformed(patched(vec![patch(PatchItem::default())])),
        ("data", Target::Patch)
    );
    let both = PatchItem {
        binary_msg: Some(Bytes::from_static(b"b")),
        ..text()
    };
    assert_eq!(
        malformed(patched(vec![patch(both)])),
        ("binaryMsg", Target::Patch)
    );
}

#[test]
fn a_patch_of_bytes_in_the_field_for_texts_is_of_bytes() {
    for (data, expected) in [
        (&[0xff, 0x00][..], Content::Binary(vec![0xff, 0x00])),
        (&b"text"[..], Content::Text("text".to_owned())),
    ] {
        let java = PatchItem {
            data: Some(Bytes::copy_from_slice(data)),
            ..PatchItem::default()
        };
        let Ok(Request::MessagePatch(MessagePatch {
            change: PatchChange::Edit { content, .. },
            ..
        })) = patched(vec![patch(java)])
        else {
            panic!("expected an edit");
        };
        assert_eq!(content, expected);
    }
}

#[test]
fn the_content_of_a_recall_is_not_read() {
    let swift = PatchItem {
        recall: Some(true),
        data: Some(Bytes::from_static(br#"{"_lctype":-127}"#)),
        ..PatchItem::default()
    };
    let Ok(Request::MessagePatch(recall)) = patched(vec![patch(swift)]) else {
        panic!("expected a recall");
    };
    assert_eq!(recall.change, PatchChange::Recall);
    assert_eq!(recall.sent_at, None);
}
