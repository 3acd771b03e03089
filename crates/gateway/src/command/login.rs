//! Push and LiveQuery login: SDKs send it on every connect and wait for the answer.

use parlor_wire::reply::Reply;
use parlor_wire::request::Envelope;

use crate::connection::{Connection, Responder};

/// The push service's number, meant when none is given (spec 01 §4).
const PUSH: i32 = 0;

/// Answers `login`; it satisfies the login limit.
pub(super) fn login(connection: &mut Connection, envelope: &Envelope, responder: &Responder) {
    connection.logged_in = true;
    responder.reply(&Reply::LoggedIn {
        service: envelope.service.unwrap_or(PUSH),
        installation_id: envelope.installation_id.clone(),
    });
}

/// Answers `logout`.
pub(super) fn logout(envelope: &Envelope, responder: &Responder) {
    responder.reply(&Reply::LoggedOut {
        service: envelope.service.unwrap_or(PUSH),
        installation_id: envelope.installation_id.clone(),
    });
}
