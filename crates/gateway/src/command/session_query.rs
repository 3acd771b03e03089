//! `session/query`: which clients are online.

use parlor_model::ClientId;
use parlor_wire::reply::Reply;

use super::Context;

/// Answers with the online ones among the first ids asked.
pub(super) fn run(context: &Context<'_>, client_ids: &[ClientId]) {
    context.responder.reply(&Reply::SessionQueryResult {
        online: context.chat.online(client_ids),
    });
}
