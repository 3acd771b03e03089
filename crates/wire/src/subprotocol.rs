//! The WebSocket subprotocols this server speaks (spec 01 §2.2).
//!
//! **Invariant:** a closed set; a name that is not in it is refused before the upgrade.

use parlor_model::UnreadMode;
use prost::Message;

/// How frames travel in WebSocket messages, the same in both directions of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Binary messages that hold the protobuf bytes.
    Binary,
    /// Text messages that hold the protobuf bytes as standard padded base64.
    Base64Text,
    /// Text messages that hold a flat JSON object.
    Json,
}

/// The schema that a client was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Generation {
    /// The one before patches and LiveQuery, of clients that break on later commands.
    First,
    /// The present one, and JSON, where an unknown name is passed over.
    Second,
}

/// A subprotocol: the frames' form, their schema, and how a session learns what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subprotocol {
    /// `lc.protobuf2.1`: binary, missed messages are pushed.
    Protobuf2V1,
    /// `lc.protobuf2.2`: binary, unread notifications (deprecated).
    Protobuf2V2,
    /// `lc.protobuf2.3`: binary, unread notifications.
    Protobuf2V3,
    /// `lc.proto2base64.1`: text, missed messages are pushed.
    Proto2Base64V1,
    /// `lc.proto2base64.3`: text, unread notifications.
    Proto2Base64V3,
    /// `lc.protobuf.1`: the first schema in binary, missed messages are pushed.
    ProtobufV1,
    /// `lc.protobuf.2`: the first schema in binary, unread notifications (deprecated).
    ProtobufV2,
    /// `lc.protobuf.3`: the first schema in binary, unread notifications.
    ProtobufV3,
    /// `lc.protobase64.1`: the first schema in text, missed messages are pushed.
    ProtoBase64V1,
    /// `lc.protobase64.3`: the first schema in text, unread notifications.
    ProtoBase64V3,
    /// `lc.json.1`: JSON, missed messages are pushed. Meant by clients that name none.
    JsonV1,
    /// `lc.json.2`: JSON, unread notifications (deprecated).
    JsonV2,
    /// `lc.json.3`: JSON, unread notifications.
    JsonV3,
}

impl Subprotocol {
    /// Every subprotocol.
    pub const ALL: [Self; 13] = [
        Self::Protobuf2V1,
        Self::Protobuf2V2,
        Self::Protobuf2V3,
        Self::Proto2Base64V1,
        Self::Proto2Base64V3,
        Self::ProtobufV1,
        Self::ProtobufV2,
        Self::ProtobufV3,
        Self::ProtoBase64V1,
        Self::ProtoBase64V3,
        Self::JsonV1,
        Self::JsonV2,
        Self::JsonV3,
    ];

    /// What clients speak that name no subprotocol (JavaScript 2.x).
    pub const UNNAMED: Self = Self::JsonV1;

    /// Returns the subprotocol of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Returns the name, to be echoed in the upgrade response.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protobuf2V1 => "lc.protobuf2.1",
            Self::Protobuf2V2 => "lc.protobuf2.2",
            Self::Protobuf2V3 => "lc.protobuf2.3",
            Self::Proto2Base64V1 => "lc.proto2base64.1",
            Self::Proto2Base64V3 => "lc.proto2base64.3",
            Self::ProtobufV1 => "lc.protobuf.1",
            Self::ProtobufV2 => "lc.protobuf.2",
            Self::ProtobufV3 => "lc.protobuf.3",
            Self::ProtoBase64V1 => "lc.protobase64.1",
            Self::ProtoBase64V3 => "lc.protobase64.3",
            Self::JsonV1 => "lc.json.1",
            Self::JsonV2 => "lc.json.2",
            Self::JsonV3 => "lc.json.3",
        }
    }

    /// Returns the form of its frames.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Protobuf2V1
            | Self::Protobuf2V2
            | Self::Protobuf2V3
            | Self::ProtobufV1
            | Self::ProtobufV2
            | Self::ProtobufV3 => Encoding::Binary,
            Self::Proto2Base64V1
            | Self::Proto2Base64V3
            | Self::ProtoBase64V1
            | Self::ProtoBase64V3 => Encoding::Base64Text,
            Self::JsonV1 | Self::JsonV2 | Self::JsonV3 => Encoding::Json,
        }
    }

    /// Returns the schema its clients were built with.
    #[must_use]
    pub const fn generation(self) -> Generation {
        match self {
            Self::ProtobufV1
            | Self::ProtobufV2
            | Self::ProtobufV3
            | Self::ProtoBase64V1
            | Self::ProtoBase64V3 => Generation::First,
            Self::Protobuf2V1
            | Self::Protobuf2V2
            | Self::Protobuf2V3
            | Self::Proto2Base64V1
            | Self::Proto2Base64V3
            | Self::JsonV1
            | Self::JsonV2
            | Self::JsonV3 => Generation::Second,
        }
    }

    /// Returns how its sessions learn what they missed.
    #[must_use]
    pub const fn unread_mode(self) -> UnreadMode {
        match self {
            Self::Protobuf2V1
            | Self::Proto2Base64V1
            | Self::ProtobufV1
            | Self::ProtoBase64V1
            | Self::JsonV1 => UnreadMode::OfflineMessages,
            Self::Protobuf2V2
            | Self::Protobuf2V3
            | Self::Proto2Base64V3
            | Self::ProtobufV2
            | Self::ProtobufV3
            | Self::ProtoBase64V3
            | Self::JsonV2
            | Self::JsonV3 => UnreadMode::UnreadNotifications,
        }
    }
}

impl Generation {
    /// The last command of the first schema, `echo`.
    const FIRST_COMMANDS: i32 = 14;
    /// The last operation of the first schema, `uploaded`.
    const FIRST_OPERATIONS: i32 = 101;

    /// Tells whether its clients can read an encoded frame: decoders of the time take an unknown
    /// command for another one, or fail.
    #[must_use]
    pub fn understands(self, frame: &[u8]) -> bool {
        match self {
            Self::Second => true,
            Self::First => Head::decode(frame).is_ok_and(|head| {
                head.command
                    .is_none_or(|number| number <= Self::FIRST_COMMANDS)
                    && head
                        .operation
                        .is_none_or(|number| number <= Self::FIRST_OPERATIONS)
            }),
        }
    }
}

/// What a frame is about; the fields behind are passed over.
#[derive(Clone, PartialEq, Eq, Message)]
struct Head {
    #[prost(int32, optional, tag = "1")]
    command: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    operation: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::GenericCommand;

    #[test]
    fn every_name_parses_to_itself() {
        for known in Subprotocol::ALL {
            assert_eq!(Subprotocol::parse(known.name()), Some(known));
        }
    }

    #[test]
    fn only_exact_names_are_known() {
        for name in [
            "",
            "lc.foo.9",
            "lc.protobuf2.4",
            "LC.PROTOBUF2.3",
            "lc.msgpack.3",
            "lc.protobase64.2",
        ] {
            assert_eq!(Subprotocol::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_digit_says_how_missed_messages_are_learnt() {
        for known in Subprotocol::ALL {
            let pushed = known.unread_mode() == UnreadMode::OfflineMessages;
            assert_eq!(known.name().ends_with(".1"), pushed, "{known:?}");
        }
    }

    #[test]
    fn w52_the_first_generation_understands_nothing_later() {
        let frame = |cmd, op| {
            GenericCommand {
                cmd: Some(cmd),
                op,
                peer_id: Some("alice".to_owned()),
                ..GenericCommand::default()
            }
            .encode_to_vec()
        };
        for known in Subprotocol::ALL {
            let is_first = known.name().starts_with("lc.protobuf.")
                || known.name().starts_with("lc.protobase64.");
            let generation = known.generation();
            assert_eq!(generation == Generation::First, is_first, "{known:?}");
            for old in [frame(0, Some(1)), frame(14, None), frame(13, Some(101))] {
                assert!(generation.understands(&old), "{known:?}");
            }
            for new in [frame(15, None), frame(21, None), frame(1, Some(120))] {
                assert_eq!(generation.understands(&new), !is_first, "{known:?}");
            }
        }
    }
}
