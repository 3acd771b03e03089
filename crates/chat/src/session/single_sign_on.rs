//! Which device of a client gets a tag (spec 01 §5.6).
//!
//! **Invariant:** a tag has one holder. A login that a user asks for takes it; one that an SDK
//! repeats by itself never takes it from another device.

use parlor_model::{DeviceId, SessionEnd};

use super::{Login, OpenSession};

/// Who holds the tag.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) login: Login,
    /// Its tokens have not expired.
    pub(super) in_force: bool,
    /// It has a session now.
    pub(super) live: bool,
}

/// What becomes of a login.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Admission {
    /// It is a new one, and the holder gives way.
    Take(Option<(Login, SessionEnd)>),
    /// It is the holder that comes back.
    Continue(Login),
    /// Another device keeps the tag.
    Refuse,
}

pub(super) fn admit(request: &OpenSession, holder: Option<Holder>) -> Admission {
    let Some(holder) = holder else {
        return Admission::Take(None);
    };
    let abandoned = !holder.in_force && !holder.live;
    match devices(request.device_id.as_ref(), holder.login.device_id.as_ref()) {
        _ if abandoned => Admission::Take(Some((holder.login, SessionEnd::Superseded))),
        Devices::Same if request.reconnect => Admission::Continue(holder.login),
        Devices::Same => Admission::Take(Some((holder.login, SessionEnd::Superseded))),
        Devices::Different if request.reconnect => Admission::Refuse,
        // It may be the holder itself, whose SDK was not told to name its device.
        Devices::Unknown if request.reconnect && holder.live => Admission::Refuse,
        Devices::Different | Devices::Unknown => {
            Admission::Take(Some((holder.login, SessionEnd::Conflict)))
        }
    }
}

/// How two devices compare.
enum Devices {
    Same,
    Different,
    /// One of them is not named.
    Unknown,
}

fn devices(one: Option<&DeviceId>, other: Option<&DeviceId>) -> Devices {
    match (one, other) {
        (Some(one), Some(other)) if one == other => Devices::Same,
        (Some(_), Some(_)) => Devices::Different,
        (None, _) | (_, None) => Devices::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parlor_model::{ClientId, Features, Tag};
    use uuid::Uuid;

    use super::*;

    fn device(name: &str) -> Option<DeviceId> {
        (!name.is_empty()).then(|| DeviceId(Arc::from(name)))
    }

    fn holder(device_id: &str) -> Login {
        Login {
            session_key: Uuid::from_u128(1),
            client_id: ClientId::trusted("alice"),
            tag: Tag::from_wire("Mobile"),
            device_id: device(device_id),
            features: Features::default(),
        }
    }

    #[test]
    fn the_table_of_incoming_logins_and_holders() {
        let take = |end| Admission::Take(Some((holder("held"), end)));
        let nameless = |end| Admission::Take(Some((holder(""), end)));
        let back = Admission::Continue(holder("held"));
        // Who comes, whether by itself, who holds, in force, live.
        let cases = [
            (
                ("other", false),
                ("held", true, true),
                take(SessionEnd::Conflict),
            ),
            (
                ("other", false),
                ("held", true, false),
                take(SessionEnd::Conflict),
            ),
            (
                ("held", false),
                ("held", true, true),
                take(SessionEnd::Superseded),
            ),
            (
                ("held", false),
                ("held", true, false),
                take(SessionEnd::Superseded),
            ),
            (
                ("", false),
                ("held", true, true),
                take(SessionEnd::Conflict),
            ),
            (
                ("", false),
                ("", true, true),
                nameless(SessionEnd::Conflict),
            ),
            (("other", true), ("held", true, true), Admission::Refuse),
            (("other", true), ("held", true, false), Admission::Refuse),
            (("held", true), ("held", true, true), back.clone()),
            (("held", true), ("held", true, false), back),
            (("", true), ("held", true, true), Admission::Refuse),
            (
                ("", true),
                ("held", true, false),
                take(SessionEnd::Conflict),
            ),
            (("", true), ("", true, true), Admission::Refuse),
            (
                ("", true),
                ("", true, false),
                nameless(SessionEnd::Conflict),
            ),
            (("other", true), ("", true, true), Admission::Refuse),
            (
                ("other", true),
                ("", true, false),
                nameless(SessionEnd::Conflict),
            ),
            (
                ("other", true),
                ("held", false, false),
                take(SessionEnd::Superseded),
            ),
            (
                ("held", true),
                ("held", false, false),
                take(SessionEnd::Superseded),
            ),
            (("other", true), ("held", false, true), Admission::Refuse),
        ];
        for ((device_id, reconnect), (held_by, in_force, live), expected) in cases {
            let request = OpenSession {
                reconnect,
                device_id: device(device_id),
                ..OpenSession::default()
            };
            let found = Holder {
                login: holder(held_by),
                in_force,
                live,
            };
            assert_eq!(
                admit(&request, Some(found)),
                expected,
                "{device_id:?} reconnect={reconnect} onto {held_by:?} in_force={in_force} live={live}"
            );
        }
        assert_eq!(admit(&OpenSession::default(), None), Admission::Take(None));
    }
}
