//! `session/close`: logging a client out; the connection stays for its siblings.

use parlor_cluster::Outgoing;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::{Connection, refusal};

/// Revokes the session's tokens and takes it off this connection.
pub(super) async fn run(connection: &mut Connection, context: &Context<'_>) {
    let Some(position) = connection
        .sessions
        .iter()
        .position(|session| session.caller.session_id == context.caller.session_id)
    else {
        return;
    };
    let login = connection.sessions[position].login.clone();
    match context.chat.close_session(&login).await {
        Ok(()) => {
            let session = connection.sessions.remove(position);
            // Out of its room and unregistered first: no event of the session comes after the
            // word that it ended.
            drop(session.room_seat);
            drop(session.registration);
            connection
                .handle
                .deliver(Outgoing::Ended(context.caller.session_id));
            context.responder.reply(&Reply::SessionClosed);
        }
        Err(error) => context.responder.refuse(
            error.class(),
            refusal(ErrorCode::InternalError, error.class(), &error),
        ),
    }
}
