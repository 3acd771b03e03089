use std::sync::Arc;

use parlor_model::{
    ClientId, Content, ConversationId, DeviceId, Features, JsonObject, MemberRole, MessageId,
    Priority, Restriction, RestrictionChange, Tag, Timestamp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value;

use super::wire_form::wire_form;
use crate::frame::decode;
use crate::json;
use crate::request::{
    ClientBlock, Command, ConversationQuery, ConversationStart, Envelope, HistoryBound,
    HistoryDirection, MemberChange, MessageAck, MessageHistory, MessagePatch, MessageSend, Page,
    PatchChange, ReadPosition, Request, Restrict, SessionOpen, Signature,
};

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_é漢 :-]{1,20}"
}

fn client_id() -> impl Strategy<Value = ClientId> {
    text().prop_map(|id| ClientId::parse(&id).expect("an id"))
}

fn conversation_id() -> impl Strategy<Value = ConversationId> {
    "[0-9a-f]{24}".prop_map(|id| ConversationId::parse(&id).expect("an id"))
}

fn message_id() -> impl Strategy<Value = MessageId> {
    "[A-Za-z0-9_-]{22}".prop_map(|id| MessageId::parse(&id).expect("an id"))
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>()
        .prop_filter("zero is not given", |millis| *millis != 0)
        .prop_map(Timestamp::from_millis)
}

fn count() -> impl Strategy<Value = u32> {
    0..=i32::MAX.cast_unsigned()
}

prop_compose! {
    fn signature()(signature in text(), timestamp: i64, nonce in ".{0,8}") -> Signature {
        Signature { signature, timestamp, nonce }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((text(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn json_object() -> impl Strategy<Value = JsonObject> {
    vec((text(), json_value()), 0..4).prop_map(|entries| entries.into_iter().collect())
}

prop_compose! {
    fn session_open()(
        user_agent in option::of(text()),
        token in option::of(text()),
        reconnect: bool,
        tag in option::of(text()),
        device_id in option::of(text()),
        features in option::of(any::<u64>()),
        signature in option::of(signature()),
        last_unread_notified_at in option::of(time()),
        last_patched_at in option::of(time()),
    ) -> Request {
        Request::SessionOpen(SessionOpen {
            user_agent,
            token,
            reconnect,
            tag: tag.and_then(|tag| Tag::from_wire(&tag)),
            device_id: device_id.map(|id| DeviceId(Arc::from(id))),
            features: features.map(Features::from_bits),
            signature,
            last_unread_notified_at,
            last_patched_at,
        })
    }
}

fn session() -> impl Strategy<Value = Request> {
    prop_oneof![
        Just(Request::Echo),
        Just(Request::Login),
        Just(Request::Logout),
        Just(Request::SessionClose),
        Just(Request::PatchModified),
        session_open(),
        (option::of(text()), option::of(signature()))
            .prop_map(|(token, signature)| Request::SessionRefresh { token, signature }),
        vec(client_id(), 0..5).prop_map(|client_ids| Request::SessionQuery { client_ids }),
        text().prop_map(|token| Request::ReportDeviceToken {
            token: DeviceId(Arc::from(token))
        }),
    ]
}

prop_compose! {
    fn member_change()(
        conversation_id in conversation_id(),
        members in vec(client_id(), 1..5),
        signature in option::of(signature()),
    ) -> MemberChange {
        MemberChange { conversation_id, members, signature }
    }
}

prop_compose! {
    fn conversation_start()(
        members in vec(client_id(), 0..5),
        attributes in json_object(),
        unique: bool,
        chat_room: bool,
        temporary: bool,
        temporary_ttl_secs in option::of(1..=i32::MAX),
        signature in option::of(signature()),
    ) -> Request {
        Request::ConversationStart(ConversationStart {
            members,
            attributes,
            unique,
            chat_room,
            temporary,
            temporary_ttl_secs,
            signature,
        })
    }
}

prop_compose! {
    fn conversation_query()(
        filter in json_object(),
        sort in option::of(text()),
        skip in count(),
        limit in option::of(count()),
        compact: bool,
        with_last_message: bool,
        temporary_ids in vec(conversation_id(), 0..3),
    ) -> Request {
        Request::ConversationQuery(ConversationQuery {
            filter,
            sort,
            skip,
            limit,
            compact,
            with_last_message,
            temporary_ids,
        })
    }
}

fn role() -> impl Strategy<Value = MemberRole> {
    prop_oneof![
        Just(MemberRole::Member),
        Just(MemberRole::Manager),
        Just(MemberRole::Owner)
    ]
}

fn restriction() -> impl Strategy<Value = Restriction> {
    prop_oneof![Just(Restriction::Silenced), Just(Restriction::Blocked)]
}

fn change() -> impl Strategy<Value = RestrictionChange> {
    prop_oneof![
        Just(RestrictionChange::Imposed),
        Just(RestrictionChange::Lifted)
    ]
}

prop_compose! {
    fn page()(offset: u32, limit in option::of(1..=i32::MAX.cast_unsigned())) -> Page {
        Page { offset, limit }
    }
}

prop_compose! {
    fn restrict()(
        restriction in restriction(),
        change in change(),
        conversation_id in conversation_id(),
        client_ids in vec(client_id(), 1..4),
        signature in option::of(signature()),
    ) -> Request {
        Request::Restrict(Restrict {
            restriction,
            change,
            conversation_id,
            client_ids,
            // Silencing is never signed.
            signature: signature.filter(|_| restriction == Restriction::Blocked),
        })
    }
}

fn restrictions() -> impl Strategy<Value = Request> {
    let lists = (restriction(), conversation_id(), page()).prop_map(
        |(restriction, conversation_id, page)| Request::RestrictedQuery {
            restriction,
            conversation_id,
            page,
        },
    );
    let checks = (restriction(), conversation_id(), vec(client_id(), 1..4)).prop_map(
        |(restriction, conversation_id, client_ids)| Request::RestrictedCheck {
            restriction,
            conversation_id,
            client_ids,
        },
    );
    let blocks = (
        change(),
        option::of(client_id()),
        vec(conversation_id(), 1..4),
        option::of(signature()),
    )
        .prop_map(|(change, client_id, conversation_ids, signature)| {
            Request::ClientBlock(ClientBlock {
                change,
                client_id,
                conversation_ids,
                signature,
            })
        });
    let block_lists = (option::of(client_id()), page())
        .prop_map(|(client_id, page)| Request::ClientBlockQuery { client_id, page });
    let block_checks = (option::of(client_id()), vec(conversation_id(), 1..4)).prop_map(
        |(client_id, conversation_ids)| Request::ClientBlockCheck {
            client_id,
            conversation_ids,
        },
    );
    prop_oneof![restrict(), lists, checks, blocks, block_lists, block_checks]
}

fn conversation() -> impl Strategy<Value = Request> {
    let id = conversation_id;
    prop_oneof![
        conversation_start(),
        member_change().prop_map(Request::ConversationAdd),
        member_change().prop_map(Request::ConversationRemove),
        conversation_query(),
        (id(), option::of(json_object())).prop_map(|(conversation_id, attributes)| {
            Request::ConversationUpdate {
                conversation_id,
                attributes,
            }
        }),
        (id(), client_id(), option::of(role())).prop_map(|(conversation_id, client_id, role)| {
            Request::ConversationRoleUpdate {
                conversation_id,
                client_id,
                role,
            }
        }),
        id().prop_map(|conversation_id| Request::ConversationMute { conversation_id }),
        id().prop_map(|conversation_id| Request::ConversationUnmute { conversation_id }),
        id().prop_map(|conversation_id| Request::ConversationCount { conversation_id }),
        vec(id(), 1..4)
            .prop_map(|conversation_ids| Request::ConversationIsMember { conversation_ids }),
        (id(), option::of(1..100_u32)).prop_map(|(conversation_id, limit)| {
            Request::ConversationMembers {
                conversation_id,
                limit,
            }
        }),
        (id(), any::<bool>()).prop_map(|(conversation_id, each_member)| {
            Request::ConversationMaxRead {
                conversation_id,
                each_member,
            }
        }),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        ".{1,40}".prop_map(Content::Text),
        vec(any::<u8>(), 1..40).prop_map(Content::Binary),
    ]
}

prop_compose! {
    fn message_send()(
        conversation_id in conversation_id(),
        content in content(),
        transient: bool,
        receipt: bool,
        will: bool,
        dedupe_token in option::of(text()),
        push_data in option::of(text()),
        mention_all: bool,
        mentions in vec(client_id(), 0..4),
        priority in prop_oneof![Just(Priority::High), Just(Priority::Normal), Just(Priority::Low)],
    ) -> Request {
        Request::MessageSend(MessageSend {
            conversation_id,
            content,
            transient,
            receipt,
            will,
            dedupe_token,
            push_data,
            mention_all,
            mentions,
            priority,
        })
    }
}

fn patch_change() -> impl Strategy<Value = PatchChange> {
    let edit = (content(), any::<bool>(), vec(client_id(), 0..4));
    prop_oneof![
        Just(PatchChange::Recall),
        edit.prop_map(|(content, mention_all, mentions)| PatchChange::Edit {
            content,
            mention_all,
            mentions,
        }),
    ]
}

prop_compose! {
    fn message_patch()(
        conversation_id in conversation_id(),
        message_id in message_id(),
        sent_at in option::of(time()),
        change in patch_change(),
    ) -> Request {
        Request::MessagePatch(MessagePatch { conversation_id, message_id, sent_at, change })
    }
}

fn message_ack() -> impl Strategy<Value = Request> {
    let one = (conversation_id(), message_id()).prop_map(|(conversation_id, message_id)| {
        MessageAck::One {
            conversation_id,
            message_id,
        }
    });
    let range =
        (conversation_id(), option::of(time()), time()).prop_map(|(conversation_id, from, to)| {
            MessageAck::Range {
                conversation_id,
                from,
                to,
            }
        });
    prop_oneof![one, range, vec(text(), 1..4).prop_map(MessageAck::Ids)]
        .prop_map(Request::MessageAck)
}

prop_compose! {
    fn read_position()(
        conversation_id in conversation_id(),
        message_id in option::of(message_id()),
        sent_at in option::of(time()),
    ) -> ReadPosition {
        ReadPosition { conversation_id, message_id, sent_at }
    }
}

prop_compose! {
    fn history_bound()(
        sent_at in option::of(time()),
        message_id in option::of(message_id()),
        included: bool,
    ) -> HistoryBound {
        HistoryBound { sent_at, message_id, included }
    }
}

prop_compose! {
    fn message_history()(
        conversation_id in conversation_id(),
        start in history_bound(),
        end in history_bound(),
        newer: bool,
        limit in option::of(count()),
        typed in option::of(prop_oneof![i32::MIN..0, 1..=i32::MAX]),
    ) -> Request {
        Request::MessageHistory(MessageHistory {
            conversation_id,
            start,
            end,
            direction: if newer { HistoryDirection::Newer } else { HistoryDirection::Older },
            limit,
            typed,
        })
    }
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        session(),
        conversation(),
        restrictions(),
        message_send(),
        message_patch(),
        message_ack(),
        vec(read_position(), 1..4).prop_map(|positions| Request::MessageRead { positions }),
        message_history(),
    ]
}

prop_compose! {
    fn envelope()(
        serial: Option<i32>,
        client_id in option::of(text()),
        app_id in option::of(text()),
        service: Option<i32>,
        installation_id in option::of(text()),
    ) -> Envelope {
        Envelope { serial, client_id, app_id, service, installation_id }
    }
}

proptest! {
    #[test]
    fn every_request_decodes_to_itself(envelope in envelope(), request in request()) {
        let bytes = wire_form(&envelope, &request).encode_to_vec();
        prop_assert_eq!(decode(&bytes), Ok(Command { envelope, request: Ok(request) }));
    }

    #[test]
    fn every_request_means_the_same_in_json(envelope in envelope(), request in request()) {
        let json = json::encode(&wire_form(&envelope, &request).encode_to_vec());
        prop_assert!(json.is_ascii());
        prop_assert_eq!(
            json::decode(json.as_bytes()),
            Ok(Command { envelope, request: Ok(request) })
        );
    }

    #[test]
    fn no_damaged_json_panics(
        request in request(),
        damaged in any::<prop::sample::Index>(),
        byte: u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let frame = wire_form(&Envelope::default(), &request).encode_to_vec();
        let mut json = json::encode(&frame).into_bytes();
        let position = damaged.index(json.len());
        json[position] = byte;
        let _ = json::decode(&json);
        let _ = json::decode(&json[..cut.index(json.len())]);
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
        let _ = json::decode(&bytes);
    }

    #[test]
    fn no_damaged_frame_panics(
        request in request(),
        damaged in any::<prop::sample::Index>(),
        byte: u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = wire_form(&Envelope::default(), &request).encode_to_vec();
        let position = damaged.index(bytes.len());
        bytes[position] = byte;
        let _ = decode(&bytes);
        let _ = decode(&bytes[..cut.index(bytes.len())]);
    }
}
