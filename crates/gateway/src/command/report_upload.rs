//! `report/upload`: a device's new push token.

use parlor_model::DeviceId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::{Connection, refusal};

/// Makes the token the identity of the device that the session runs on.
pub(super) async fn run(connection: &mut Connection, context: &Context<'_>, token: DeviceId) {
    let Some(session) = connection
        .sessions
        .iter_mut()
        .find(|session| session.caller.session_id == context.caller.session_id)
    else {
        return;
    };
    match context.chat.report_device(&mut session.login, token).await {
        Ok(()) => context.responder.reply(&Reply::ReportUploaded),
        Err(error) => context.responder.refuse(
            error.class(),
            refusal(ErrorCode::InternalError, error.class(), &error),
        ),
    }
}
