//! Session commands.

use std::sync::Arc;

use parlor_model::{DeviceId, Features, Tag};

use super::field;
use crate::proto::{CommandType, OpType, ReportCommand, SessionCommand};
use crate::request::{InvalidRequest, Request, SessionOpen, Target};

const TARGET: Target = Target::Session;

pub(crate) fn decode(
    operation: Option<i32>,
    body: SessionCommand,
) -> Result<Request, InvalidRequest> {
    match operation.map(OpType::try_from) {
        Some(Ok(OpType::Open)) => open(body).map(Request::SessionOpen),
        Some(Ok(OpType::Refresh)) => Ok(Request::SessionRefresh {
            token: body.st.filter(|token| !token.is_empty()),
            signature: field::signature(body.s, body.t, body.n),
        }),
        Some(Ok(OpType::Close)) => Ok(Request::SessionClose),
        Some(Ok(OpType::Query)) => Ok(Request::SessionQuery {
            client_ids: field::valid_client_ids(&body.session_peer_ids),
        }),
        _ => Err(field::unsupported(CommandType::Session as i32, operation)),
    }
}

/// A device reports its new push token; other kinds of report mean nothing here.
pub(crate) fn report(body: ReportCommand) -> Result<Request, InvalidRequest> {
    if body.r#type.as_deref() != Some("token") {
        return Err(field::malformed("type", "is not a known report", TARGET));
    }
    let token =
        field::text("data", body.data, TARGET)?.ok_or_else(|| field::missing("data", TARGET))?;
    Ok(Request::ReportDeviceToken {
        token: DeviceId(Arc::from(token)),
    })
}

fn open(body: SessionCommand) -> Result<SessionOpen, InvalidRequest> {
    let device_id = match field::text("deviceId", body.device_id, TARGET)? {
        Some(id) => Some(id),
        None => field::text("deviceToken", body.device_token, TARGET)?,
    };
    Ok(SessionOpen {
        user_agent: field::text("ua", body.ua, TARGET)?,
        token: body.st.filter(|token| !token.is_empty()),
        reconnect: body.r.unwrap_or_default(),
        tag: field::text("tag", body.tag, TARGET)?.and_then(|tag| Tag::from_wire(&tag)),
        device_id: device_id.map(|id| DeviceId(Arc::from(id))),
        features: body
            .config_bitmap
            .map(|bitmap| Features::from_bits(bitmap.cast_unsigned())),
        signature: field::signature(body.s, body.t, body.n),
        last_unread_notified_at: field::time(body.last_unread_notif_time),
        last_patched_at: field::time(body.last_patch_time),
    })
}
