//! `session/close`: logging a client out; the connection stays for its siblings.

use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::{Connection, Parting, refusal};

/// Revokes the session's tokens and takes it off this connection.
pub(super) async fn run(connection: &mut Connection, context: &Context<'_>) {
    match context.chat.close_session(context.caller.session_key).await {
        Ok(()) => {
            connection.remove_session(context.caller.session_id, Parting::Peaceful);
            context.responder.reply(&Reply::SessionClosed);
        }
        Err(error) => context.responder.refuse(
            error.class(),
            refusal(ErrorCode::InternalError, error.class(), &error),
        ),
    }
}
