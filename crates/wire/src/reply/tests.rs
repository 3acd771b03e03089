//! What a stranger's decoder finds in replies.

use parlor_model::{Content, Mention};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};

use super::*;
use crate::proto::{AckCommand, ConvCommand, LogItem, SessionCommand};

const CREATED_AT: Timestamp = Timestamp::from_millis(1_453_014_943_000);

fn alice() -> ClientId {
    ClientId::trusted("alice")
}

fn conversation_id() -> ConversationId {
    ConversationId::trusted("5a1b2c3d4e5f60718293a4b5")
}

fn bytes_of(reply: &Reply) -> Bytes {
    reply.encode(&ReplyEnvelope {
        serial: Some(7),
        client_id: Some(&alice()),
        server_ts: Timestamp::from_millis(1000),
    })
}

fn frame_of(reply: &Reply) -> GenericCommand {
    GenericCommand::decode(bytes_of(reply)).expect("a frame")
}

fn session_of(reply: &Reply) -> SessionCommand {
    frame_of(reply).session_message.expect("a session message")
}

fn conv_of(reply: &Reply) -> ConvCommand {
    frame_of(reply).conv_message.expect("a conv message")
}

fn ack_of(reply: &Reply) -> AckCommand {
    frame_of(reply).ack_message.expect("an ack message")
}

fn conflict() -> SessionEnding {
    SessionEnding {
        code: ErrorCode::SessionConflict,
        reason: None,
        detail: Some("why".to_owned()),
    }
}

fn refusal(code: ErrorCode) -> Refusal {
    Refusal {
        code,
        detail: Some("why".to_owned()),
        client_ids: vec![alice()],
    }
}

#[test]
fn w17_a_session_frame_starts_with_its_command_zero() {
    for reply in [
        Reply::SessionClosed,
        Reply::SessionQueryResult { online: vec![] },
        Reply::SessionRefused(conflict()),
    ] {
        assert_eq!(bytes_of(&reply)[..2], [0x08, 0x00], "{reply:?}");
    }
}

#[test]
fn w18_opened_carries_the_token_and_no_code() {
    let opened = Reply::SessionOpened {
        token: "st".to_owned(),
        token_ttl_secs: 604_800,
        patched_up_to: Timestamp::from_millis(900),
    };
    let frame = frame_of(&opened);
    assert_eq!(frame.op, Some(OpType::Opened as i32));
    assert_eq!(frame.i, Some(7));
    assert_eq!(frame.peer_id.as_deref(), Some("alice"));
    assert_eq!(frame.server_ts, Some(1000));
    assert_eq!(frame.service, Some(2));
    let body = session_of(&opened);
    assert_eq!(body.st.as_deref(), Some("st"));
    assert_eq!(body.st_ttl, Some(604_800));
    assert_eq!(body.last_patch_time, Some(900));
    assert_eq!(body.code, None);
}

#[test]
fn w24_closed_on_request_has_no_code_and_a_refusal_has_one() {
    assert_eq!(session_of(&Reply::SessionClosed), SessionCommand::default());
    let refused = session_of(&Reply::SessionRefused(conflict()));
    assert_eq!(refused.code, Some(4111));
    assert_eq!(refused.reason.as_deref(), Some("SESSION_CONFLICT"));
    assert_eq!(refused.detail.as_deref(), Some("why"));
}

#[test]
fn w27_an_empty_online_list_still_has_its_message() {
    let reply = Reply::SessionQueryResult { online: vec![] };
    assert!(session_of(&reply).online_session_peer_ids.is_empty());
}

#[test]
fn a_reply_to_a_request_without_serial_has_none() {
    let bytes = Reply::Echo.encode(&ReplyEnvelope {
        serial: None,
        client_id: None,
        server_ts: Timestamp::from_millis(1),
    });
    // cmd=14, service=2, serverTs=1 and nothing else.
    assert_eq!(bytes[..], [0x08, 0x0e, 0x40, 0x02, 0x48, 0x01]);
}

#[test]
fn w59_a_push_login_keeps_its_own_service() {
    let frame = frame_of(&Reply::LoggedIn {
        service: 0,
        installation_id: Some("device".to_owned()),
    });
    assert_eq!(frame.cmd, Some(15));
    assert_eq!(frame.service, Some(0));
    assert_eq!(frame.installation_id.as_deref(), Some("device"));
}

#[test]
fn started_has_a_date_with_three_millisecond_digits() {
    let started = |kind, existing, unique_id| Reply::ConversationStarted {
        conversation_id: conversation_id(),
        kind,
        created_at: CREATED_AT,
        unique_id,
        existing,
        temporary_ttl_secs: None,
    };
    let fresh = conv_of(&started(ConversationKind::Normal, false, None));
    assert_eq!(fresh.cdate.as_deref(), Some("2016-01-17T07:15:43.000Z"));
    assert_eq!(fresh.existing, None);
    assert_eq!(fresh.unique_id, None);
    assert_eq!(fresh.transient, None);
    let found = conv_of(&started(
        ConversationKind::Normal,
        true,
        Some("6c7b".to_owned()),
    ));
    assert_eq!(found.existing, Some(true));
    assert_eq!(found.unique_id.as_deref(), Some("6c7b"));
    let room = conv_of(&started(ConversationKind::ChatRoom, false, None));
    assert_eq!(room.transient, Some(true));
}

#[test]
fn w51_a_member_change_lists_both_outcomes() {
    let frame = frame_of(&Reply::MembersAdded(MembersChanged {
        conversation_id: conversation_id(),
        updated_at: CREATED_AT,
        allowed: vec![alice()],
        failed: vec![refusal(ErrorCode::ConversationFull)],
    }));
    assert_eq!(frame.op, Some(OpType::Added as i32));
    let body = frame.conv_message.expect("a conv message");
    assert_eq!(body.allowed_pids, ["alice"]);
    assert_eq!(body.failed_pids.len(), 1);
    assert_eq!(body.failed_pids[0].code, 4304);
    assert_eq!(body.failed_pids[0].reason, "CONVERSATION_FULL");
    assert_eq!(body.failed_pids[0].pids, ["alice"]);
    assert_eq!(body.udate.as_deref(), Some("2016-01-17T07:15:43.000Z"));
}

#[test]
fn c40_a_role_is_answered_with_whose_it_is() {
    let frame = frame_of(&Reply::RoleUpdated {
        conversation_id: conversation_id(),
        client_id: alice(),
        role: MemberRole::Manager,
        role_id: MemberRoleId::trusted("row"),
    });
    assert_eq!(frame.op, Some(OpType::MemberInfoUpdated as i32));
    let body = frame.conv_message.expect("a conv message");
    assert_eq!(body.cid.as_deref(), Some(conversation_id().as_str()));
    let info = body.info.expect("info");
    assert_eq!(info.pid.as_deref(), Some("alice"));
    assert_eq!(info.role.as_deref(), Some("Manager"));
    assert_eq!(info.info_id.as_deref(), Some("row"));
}

#[test]
fn c42_blocks_are_answered_as_blacklist_and_silences_as_conv() {
    let outcome = |restriction, change| {
        frame_of(&Reply::Restricted(Restricted {
            restriction,
            change,
            conversation_id: conversation_id(),
            allowed: vec![alice()],
            failed: vec![refusal(ErrorCode::ConversationOperationUnauthorized)],
        }))
    };
    let failed = |failed: &[ErrorCommand]| (failed[0].code, failed[0].pids.clone());
    let expected = (4320, vec!["alice".to_owned()]);
    for (change, operation) in [
        (RestrictionChange::Imposed, OpType::ShutupAdded),
        (RestrictionChange::Lifted, OpType::ShutupRemoved),
    ] {
        let frame = outcome(Restriction::Silenced, change);
        assert_eq!(frame.op, Some(operation as i32));
        let body = frame.conv_message.expect("a conv message");
        assert_eq!(body.cid.as_deref(), Some(conversation_id().as_str()));
        assert_eq!(body.allowed_pids, ["alice"]);
        assert_eq!(failed(&body.failed_pids), expected);
    }
    for (change, operation) in [
        (RestrictionChange::Imposed, OpType::Blocked),
        (RestrictionChange::Lifted, OpType::Unblocked),
    ] {
        let frame = outcome(Restriction::Blocked, change);
        assert_eq!(frame.cmd, Some(CommandType::Blacklist as i32));
        assert_eq!(frame.op, Some(operation as i32));
        let body = frame.blacklist_message.expect("a blacklist message");
        assert_eq!(body.src_cid.as_deref(), Some(conversation_id().as_str()));
        assert_eq!(body.allowed_pids, ["alice"]);
        assert_eq!(failed(&body.failed_pids), expected);
    }
}

#[test]
fn c43_a_last_page_has_no_cursor_at_all() {
    let page = |restriction, next| {
        frame_of(&Reply::RestrictedPage {
            restriction,
            conversation_id: conversation_id(),
            client_ids: vec![alice()],
            next,
        })
    };
    for (next, cursor) in [(Some(20), Some("20")), (None, None)] {
        let silenced = page(Restriction::Silenced, next);
        assert_eq!(silenced.op, Some(OpType::ShutupResult as i32));
        let body = silenced.conv_message.expect("a conv message");
        assert_eq!(body.m, ["alice"]);
        assert_eq!(body.next.as_deref(), cursor);
        let blocked = page(Restriction::Blocked, next);
        assert_eq!(blocked.op, Some(OpType::QueryResult as i32));
        let body = blocked.blacklist_message.expect("a blacklist message");
        assert_eq!(body.src_cid.as_deref(), Some(conversation_id().as_str()));
        assert_eq!(body.blocked_pids, ["alice"]);
        assert_eq!(body.next.as_deref(), cursor);
    }
}

#[test]
fn a_clients_own_list_is_answered_under_its_name() {
    let conversation_ids = vec![conversation_id()];
    let cids = [conversation_id().to_string()];
    let body = |reply: &Reply| {
        let body = frame_of(reply)
            .blacklist_message
            .expect("a blacklist message");
        assert_eq!(body.src_pid.as_deref(), Some("alice"));
        assert_eq!(body.src_cid, None);
        body
    };
    let changed = Reply::ClientBlockChanged {
        change: RestrictionChange::Imposed,
        client_id: alice(),
        conversation_ids: conversation_ids.clone(),
    };
    assert_eq!(body(&changed).to_cids, cids);
    let page = Reply::ClientBlockPage {
        client_id: alice(),
        conversation_ids: conversation_ids.clone(),
        next: Some(10),
    };
    assert_eq!(body(&page).blocked_cids, cids);
    assert_eq!(body(&page).next.as_deref(), Some("10"));
    let checked = Reply::ClientBlockChecked {
        client_id: alice(),
        conversation_ids,
    };
    assert_eq!(body(&checked).blocked_cids, cids);
}

#[test]
fn c37_a_count_of_zero_is_present() {
    let frame = frame_of(&Reply::ConversationCount {
        conversation_id: conversation_id(),
        count: 0,
    });
    assert_eq!(frame.op, Some(OpType::Result as i32));
    assert_eq!(frame.conv_message.expect("a conv message").count, Some(0));
}

#[test]
fn mute_answers_updated_with_the_whole_column() {
    let frame = frame_of(&Reply::ConversationMuted {
        conversation_id: conversation_id(),
        updated_at: CREATED_AT,
        muted: vec![],
    });
    assert_eq!(frame.op, Some(OpType::Updated as i32));
    let modified = frame.conv_message.expect("a conv message").attr_modified;
    assert_eq!(modified.expect("attrModified").data, r#"{"mu":[]}"#);
}

#[test]
fn is_member_answers_an_object() {
    let reply = Reply::ConversationIsMember {
        membership: vec![(conversation_id(), true)],
    };
    let text = conv_of(&reply).results.expect("results").data;
    let answers: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answers, json!({"5a1b2c3d4e5f60718293a4b5": true}));
}

#[test]
fn w50_a_stored_message_is_acked_without_code() {
    let body = ack_of(&Reply::MessageSent {
        conversation_id: conversation_id(),
        message_id: MessageId::trusted("mid"),
        sent_at: CREATED_AT,
    });
    assert_eq!(body.code, None);
    assert_eq!(body.app_code, None);
    assert_eq!(body.uid.as_deref(), Some("mid"));
    assert_eq!(body.t, Some(1_453_014_943_000));
}

#[test]
fn c55_a_refused_message_has_code_id_and_time() {
    let body = ack_of(&Reply::MessageRefused {
        refusal: refusal(ErrorCode::InvalidMessagingTarget),
        message_id: MessageId::trusted("mid"),
        refused_at: CREATED_AT,
    });
    assert_eq!(body.code, Some(4401));
    assert_eq!(body.reason.as_deref(), Some("INVALID_MESSAGING_TARGET"));
    assert_eq!(body.uid.as_deref(), Some("mid"));
    assert_eq!(body.t, Some(1_453_014_943_000));
}

#[test]
fn an_error_names_its_constant_and_keeps_prose_in_detail() {
    let body = frame_of(&Reply::Error(refusal(ErrorCode::ConversationNotFound)))
        .error_message
        .expect("an error message");
    assert_eq!(body.code, 4303);
    assert_eq!(body.reason, "CONVERSATION_NOT_FOUND");
    assert_eq!(body.detail.as_deref(), Some("why"));
    assert_eq!(body.pids, ["alice"]);
}

fn stored(content: Content, patched_at: Option<Timestamp>) -> Message {
    Message {
        id: MessageId::trusted("mid"),
        conversation_id: conversation_id(),
        kind: ConversationKind::Normal,
        sender: alice(),
        sent_at: CREATED_AT,
        content,
        mention: Mention {
            all: true,
            clients: vec![ClientId::trusted("bob")],
        },
        transient: false,
        patched_at,
    }
}

fn log_items(messages: Vec<Message>) -> Vec<LogItem> {
    let messages = messages
        .into_iter()
        .map(|message| HistoryItem {
            message,
            acked_at: None,
            read_at: None,
        })
        .collect();
    frame_of(&Reply::History { messages })
        .logs_message
        .expect("a logs message")
        .logs
}

#[test]
fn c59_binary_history_is_base64_and_says_so() {
    let items = log_items(vec![
        stored(Content::Binary(vec![0, 255]), None),
        stored(Content::Text("hi".to_owned()), None),
    ]);
    assert_eq!(items[0].data.as_deref(), Some("AP8="));
    assert_eq!(items[0].bin, Some(true));
    assert_eq!(items[1].data.as_deref(), Some("hi"));
    assert_ne!(items[1].bin, Some(true));
}

#[test]
fn c80_a_patch_is_answered_with_its_time() {
    let frame = frame_of(&Reply::MessagePatched {
        patched_at: Timestamp::from_millis(99),
    });
    assert_eq!(frame.cmd, Some(CommandType::Patch as i32));
    assert_eq!(frame.op, Some(OpType::Modified as i32));
    assert_eq!(frame.i, Some(7));
    let body = frame.patch_message.expect("a patch message");
    assert_eq!(body.last_patch_time, Some(99));
    assert!(body.patches.is_empty());
}

#[test]
fn c77_an_untouched_message_has_no_patch_time() {
    let items = log_items(vec![
        stored(Content::Text("hi".to_owned()), None),
        stored(
            Content::Text("hi".to_owned()),
            Some(Timestamp::from_millis(5)),
        ),
    ]);
    assert_eq!(items[0].patch_timestamp, None);
    assert_eq!(items[1].patch_timestamp, Some(5));
    assert_eq!(items[0].mention_all, Some(true));
    assert_eq!(items[0].mention_pids, ["bob"]);
    assert_eq!(items[0].conv_type, Some(1));
}

#[test]
fn an_empty_history_still_has_its_message() {
    assert!(log_items(vec![]).is_empty());
}

proptest! {
    #[test]
    fn every_serial_is_copied_bit_exactly(serial in any::<Option<i32>>(), server_ts in any::<i64>()) {
        let alice = alice();
        let bytes = Reply::SessionClosed.encode(&ReplyEnvelope {
            serial,
            client_id: Some(&alice),
            server_ts: Timestamp::from_millis(server_ts),
        });
        let frame = GenericCommand::decode(bytes).expect("a frame");
        prop_assert_eq!(frame.i, serial);
        prop_assert_eq!(frame.server_ts, Some(server_ts));
    }
}
