//! The WebSocket subprotocols this server speaks (spec 01 §2.2).
//!
//! **Invariant:** a closed set; a name that is not in it is refused before the upgrade.

use parlor_model::UnreadMode;

use crate::base64_text::Encoding;

/// A subprotocol: the frames' form and how a session learns what it missed.
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
}

impl Subprotocol {
    /// Every subprotocol.
    pub const ALL: [Self; 5] = [
        Self::Protobuf2V1,
        Self::Protobuf2V2,
        Self::Protobuf2V3,
        Self::Proto2Base64V1,
        Self::Proto2Base64V3,
    ];

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
        }
    }

    /// Returns the form of its frames.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Protobuf2V1 | Self::Protobuf2V2 | Self::Protobuf2V3 => Encoding::Binary,
            Self::Proto2Base64V1 | Self::Proto2Base64V3 => Encoding::Base64Text,
        }
    }

    /// Returns how its sessions learn what they missed.
    #[must_use]
    pub const fn unread_mode(self) -> UnreadMode {
        match self {
            Self::Protobuf2V1 | Self::Proto2Base64V1 => UnreadMode::OfflineMessages,
            Self::Protobuf2V2 | Self::Protobuf2V3 | Self::Proto2Base64V3 => {
                UnreadMode::UnreadNotifications
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "lc.json.3",
        ] {
            assert_eq!(Subprotocol::parse(name), None, "{name}");
        }
    }
}
