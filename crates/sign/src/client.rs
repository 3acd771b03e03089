//! Signatures that the app's server makes for clients: HMAC-SHA1 with the master key over a
//! colon-joined message (spec 01 §5.8).

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::AppCredentials;

/// Timestamps below are seconds, at or above milliseconds: both occur.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// What a client wants to do that its server signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a session.
    Login,
    /// Start a conversation with these members.
    Start {
        /// All members.
        members: Vec<String>,
    },
    /// Add these members to a conversation, or join it.
    Invite {
        /// The conversation.
        conversation_id: String,
        /// Who is added.
        members: Vec<String>,
    },
    /// Remove these members from a conversation.
    Kick {
        /// The conversation.
        conversation_id: String,
        /// Who is removed.
        members: Vec<String>,
    },
    /// Read history over REST, of a conversation or without one of more.
    History {
        /// The conversation, or nothing.
        conversation_id: String,
        /// Whether the nonce stands before the time, as documented, or after it, as in the
        /// published demo.
        nonce_first: bool,
    },
    /// Keep these clients out of a conversation, or let them in again.
    Blacklist {
        /// The conversation.
        conversation_id: String,
        /// Who is blocked or unblocked.
        members: Vec<String>,
        /// The signed name, for example `conversation-block-clients`.
        name: String,
    },
}

/// What the client sends along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Who acts.
    pub client_id: &'a str,
    /// Seconds or milliseconds since the epoch, verbatim.
    pub timestamp: i64,
    /// Any text.
    pub nonce: &'a str,
}

impl Signed<'_> {
    /// Returns when it was signed, in milliseconds since the epoch.
    #[must_use]
    pub const fn signed_at_ms(&self) -> i64 {
        if self.timestamp < SECONDS_BELOW {
            self.timestamp.saturating_mul(1000)
        } else {
            self.timestamp
        }
    }
}

/// A signature as a client presents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSignature<'a> {
    /// What was signed besides the action.
    pub signed: Signed<'a>,
    /// Hex in either case.
    pub signature: &'a str,
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is no hex of an HMAC-SHA1.
    #[error("signature is not 40 hexadecimal digits")]
    Malformed,
    /// Its time is too far from now.
    #[error("signature is too old, or from the future")]
    Expired,
    /// It does not belong to this action, or was made with another key.
    #[error("signature does not match")]
    Mismatch,
}

/// Returns the text that is signed.
#[must_use]
pub fn message(app_id: &str, signed: &Signed<'_>, action: &Action) -> String {
    let Signed {
        client_id,
        timestamp,
        nonce,
    } = signed;
    match action {
        Action::Login => format!("{app_id}:{client_id}::{timestamp}:{nonce}"),
        Action::Start { members } => {
            let members = members_text(members);
            format!("{app_id}:{client_id}:{members}:{timestamp}:{nonce}")
        }
        Action::Invite {
            conversation_id,
            members,
        } => {
            let members = members_text(members);
            format!("{app_id}:{client_id}:{conversation_id}:{members}:{timestamp}:{nonce}:invite")
        }
        Action::Kick {
            conversation_id,
            members,
        } => {
            let members = members_text(members);
            format!("{app_id}:{client_id}:{conversation_id}:{members}:{timestamp}:{nonce}:kick")
        }
        Action::History {
            conversation_id,
            nonce_first: true,
        } => format!("{app_id}:{client_id}:{conversation_id}:{nonce}:{timestamp}"),
        Action::History {
            conversation_id,
            nonce_first: false,
        } => format!("{app_id}:{client_id}:{conversation_id}:{timestamp}:{nonce}"),
        Action::Blacklist {
            conversation_id,
            members,
            name,
        } => {
            let members = members_text(members);
            format!("{app_id}:{client_id}:{conversation_id}:{members}:{timestamp}:{nonce}:{name}")
        }
    }
}

/// Joins member ids the way they are signed: sorted by UTF-16 code units, as JavaScript and
/// Java sort.
#[must_use]
pub fn members_text(members: &[String]) -> String {
    let mut sorted: Vec<&String> = members.iter().collect();
    sorted.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
    let sorted: Vec<&str> = sorted.into_iter().map(String::as_str).collect();
    sorted.join(":")
}

/// Signs an action; lower-case hex.
#[must_use]
pub fn sign(credentials: &AppCredentials, signed: &Signed<'_>, action: &Action) -> String {
    let mac = mac(credentials, signed, action);
    hex::encode(mac.finalize().into_bytes())
}

/// Checks a signature against an action at `now_ms`, in constant time. Its time may be `window`
/// away from now, either way.
///
/// # Errors
/// [`SignatureError`] that says what is wrong with it.
pub fn verify(
    credentials: &AppCredentials,
    presented: &ClientSignature<'_>,
    action: &Action,
    now_ms: i64,
    window: Duration,
) -> Result<(), SignatureError> {
    let signature = hex::decode(presented.signature).map_err(|_| SignatureError::Malformed)?;
    let signed_at_ms = presented.signed.signed_at_ms();
    let distance_ms = now_ms.saturating_sub(signed_at_ms).unsigned_abs();
    if u128::from(distance_ms) > window.as_millis() {
        return Err(SignatureError::Expired);
    }
    mac(credentials, &presented.signed, action)
        .verify_slice(&signature)
        .map_err(|_| SignatureError::Mismatch)
}

fn mac(credentials: &AppCredentials, signed: &Signed<'_>, action: &Action) -> Hmac<Sha1> {
    let mut mac = Hmac::<Sha1>::new_from_slice(credentials.master_key.as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(message(&credentials.id, signed, action).as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: i64 = 1_764_000_000_000;
    const WINDOW: Duration = Duration::from_secs(6 * 60 * 60);
    const WINDOW_MS: i64 = 6 * 60 * 60 * 1000;

    fn credentials() -> AppCredentials {
        AppCredentials {
            id: "app-id-for-tests".to_owned(),
            key: "app-key".to_owned(),
            master_key: "master-key".to_owned(),
            android_key: None,
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn check(
        action: &Action,
        timestamp: i64,
        change: impl Fn(String) -> String,
    ) -> Result<(), SignatureError> {
        let signed = Signed {
            client_id: "Tom",
            timestamp,
            nonce: "n",
        };
        let signature = change(sign(&credentials(), &signed, action));
        let presented = ClientSignature {
            signed,
            signature: &signature,
        };
        verify(&credentials(), &presented, action, NOW_MS, WINDOW)
    }

    #[test]
    fn messages_are_joined_as_documented() {
        let signed = Signed {
            client_id: "Tom",
            timestamp: 5,
            nonce: "n",
        };
        let text = |action: &Action| message("app", &signed, action);
        assert_eq!(text(&Action::Login), "app:Tom::5:n");
        let members = texts(&["b", "a", "Tom"]);
        assert_eq!(
            text(&Action::Start {
                members: members.clone()
            }),
            "app:Tom:Tom:a:b:5:n"
        );
        let conversation_id = "c".to_owned();
        assert_eq!(
            text(&Action::Kick {
                conversation_id: conversation_id.clone(),
                members: Vec::new()
            }),
            "app:Tom:c::5:n:kick"
        );
        assert_eq!(
            text(&Action::Invite {
                conversation_id: conversation_id.clone(),
                members: texts(&["a"])
            }),
            "app:Tom:c:a:5:n:invite"
        );
        for (nonce_first, expected) in [(true, "app:Tom:c:n:5"), (false, "app:Tom:c:5:n")] {
            let conversation_id = conversation_id.clone();
            assert_eq!(
                text(&Action::History {
                    conversation_id,
                    nonce_first
                }),
                expected
            );
        }
    }

    #[test]
    fn members_sort_by_utf16_code_units() {
        // U+1F600 starts with the surrogate D83D, which sorts before U+FB01.
        assert_eq!(
            members_text(&texts(&["\u{fb01}", "\u{1f600}"])),
            "\u{1f600}:\u{fb01}"
        );
    }

    #[test]
    fn the_hmac_matches_the_published_vector() {
        // RFC 2202, test case 2.
        let mut mac = Hmac::<Sha1>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
    }

    #[test]
    fn w40_both_units_and_both_hex_cases_count_within_six_hours() {
        let login = Action::Login;
        assert_eq!(check(&login, NOW_MS, |hex| hex), Ok(()));
        assert_eq!(check(&login, NOW_MS / 1000, |hex| hex), Ok(()));
        assert_eq!(check(&login, NOW_MS, |hex| hex.to_uppercase()), Ok(()));
        assert_eq!(check(&login, NOW_MS + WINDOW_MS, |hex| hex), Ok(()));
        assert_eq!(
            check(&login, NOW_MS - WINDOW_MS - 60_000, |hex| hex),
            Err(SignatureError::Expired)
        );
        assert_eq!(
            check(&login, NOW_MS + WINDOW_MS + 60_000, |hex| hex),
            Err(SignatureError::Expired)
        );
        assert_eq!(
            check(&login, NOW_MS, |hex| hex.replace(['0', '1', '2'], "3")),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(
            check(&login, NOW_MS, |_| "xyz".to_owned()),
            Err(SignatureError::Malformed)
        );
    }

    #[test]
    fn a_signature_is_bound_to_its_action() {
        let conversation_id = "c".to_owned();
        let members = texts(&["a"]);
        let kick = Action::Kick {
            conversation_id: conversation_id.clone(),
            members: members.clone(),
        };
        let invite = Action::Invite {
            conversation_id,
            members,
        };
        let signed = Signed {
            client_id: "Tom",
            timestamp: NOW_MS,
            nonce: "n",
        };
        let signature = sign(&credentials(), &signed, &kick);
        let presented = ClientSignature {
            signed,
            signature: &signature,
        };
        assert_eq!(
            verify(&credentials(), &presented, &invite, NOW_MS, WINDOW),
            Err(SignatureError::Mismatch)
        );
    }

    proptest! {
        #[test]
        fn no_signature_panics(signature in ".*", timestamp in any::<i64>(), nonce in ".*", now in any::<i64>()) {
            let presented = ClientSignature {
                signed: Signed { client_id: "Tom", timestamp, nonce: &nonce },
                signature: &signature,
            };
            let _ = verify(&credentials(), &presented, &Action::Login, now, WINDOW);
        }
    }
}
