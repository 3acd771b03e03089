//! Commands that come faster than allowed (spec 04 §5).

use std::time::Instant;

use parlor_model::ErrorClass;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Refusal;
use parlor_wire::request::Request;

use super::{message_send, name_of};
use crate::config::{RateLimits, WhenLimited};
use crate::connection::{Connection, Responder, Session};
use crate::metrics;

/// Counts a command of a session. Returns which setting does not allow it, if one does not.
pub(super) fn exceeded(
    connection: &Connection,
    session: &Session,
    request: &Request,
    now: Instant,
) -> Option<&'static str> {
    let gateway = &connection.gateway;
    let limits = &gateway.config.rate;
    let (limit, setting) = limit_of(request, limits)?;
    if limit > 0 && !session.rate.admit(name_of(request), limit, now) {
        return Some(setting);
    }
    let is_message = matches!(request, Request::MessageSend(_));
    let app_limit = limits.messages_per_second;
    if is_message && app_limit > 0 && !gateway.app_rate.admit(app_limit, now) {
        return Some("limits.messages_per_second");
    }
    None
}

/// Refuses a command, or leaves it unanswered as the service did.
pub(super) fn refuse(
    connection: &Connection,
    request: &Request,
    setting: &'static str,
    responder: &Responder,
) {
    metrics::limited(name_of(request));
    let class = ErrorClass::Limited;
    if connection.gateway.config.rate.when_limited == WhenLimited::Silent {
        return responder.ignore(class);
    }
    let refusal = Refusal {
        code: ErrorCode::MessageSentQuotaExceeded,
        detail: Some(format!("commands come too fast, {setting} limits them")),
        client_ids: Vec::new(),
    };
    if matches!(request, Request::MessageSend(_)) {
        message_send::refuse_unsent(&connection.gateway.chat, responder, class, refusal);
    } else {
        responder.refuse(class, refusal);
    }
}

/// Returns how many of these a client may send per minute and which setting says so; `None` for
/// what is not limited: heartbeats, reports that are never answered, since nobody would learn that
/// they were refused, and leaving.
const fn limit_of(request: &Request, limits: &RateLimits) -> Option<(u32, &'static str)> {
    match request {
        Request::Echo
        | Request::Heartbeat
        | Request::Login
        | Request::Logout
        | Request::SessionClose
        | Request::MessageAck(_)
        | Request::MessageRead { .. }
        | Request::PatchModified => None,
        Request::MessageSend(_) => Some((limits.sends_per_minute, "limits.sends_per_minute")),
        Request::MessageHistory(_) => {
            Some((limits.history_per_minute, "limits.history_per_minute"))
        }
        Request::SessionOpen(_)
        | Request::SessionRefresh { .. }
        | Request::SessionQuery { .. }
        | Request::ReportDeviceToken { .. }
        | Request::ConversationStart(_)
        | Request::ConversationAdd(_)
        | Request::ConversationRemove(_)
        | Request::ConversationQuery(_)
        | Request::ConversationUpdate { .. }
        | Request::ConversationRoleUpdate { .. }
        | Request::Restrict(_)
        | Request::RestrictedQuery { .. }
        | Request::RestrictedCheck { .. }
        | Request::ClientBlock(_)
        | Request::ClientBlockQuery { .. }
        | Request::ClientBlockCheck { .. }
        | Request::ConversationMute { .. }
        | Request::ConversationUnmute { .. }
        | Request::ConversationCount { .. }
        | Request::ConversationIsMember { .. }
        | Request::ConversationMembers { .. }
        | Request::ConversationMaxRead { .. }
        | Request::MessagePatch(_) => Some((limits.others_per_minute, "limits.others_per_minute")),
    }
}
