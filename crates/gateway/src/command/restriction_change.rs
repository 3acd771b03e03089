//! `conv/add_shutup`, `conv/remove_shutup`, `blacklist/block`, `blacklist/unblock`: silencing
//! and blocking clients in a conversation.

use parlor_chat::{Actor, ChangeRestriction};
use parlor_wire::reply::{self, Reply};
use parlor_wire::request::Restrict;

use super::{Context, member_failure, presented, restriction_query};

/// Silences or blocks clients, or ends it.
pub(super) async fn run(context: &Context<'_>, request: Restrict) {
    let Restrict {
        restriction,
        change,
        conversation_id,
        client_ids,
        signature,
    } = request;
    let request = ChangeRestriction {
        conversation_id: conversation_id.clone(),
        restriction,
        change,
        client_ids,
        signature: presented(signature),
    };
    let actor = Actor::Client(context.caller);
    match context.chat.change_restriction(actor, request).await {
        Ok((outcome, outbox)) => {
            context
                .responder
                .reply(&Reply::Restricted(reply::Restricted {
                    restriction,
                    change,
                    conversation_id,
                    allowed: outcome.allowed,
                    failed: member_failure::refusals(outcome.failed),
                }));
            context.chat.publish(outbox).await;
        }
        Err(error) => restriction_query::refuse(context, error),
    }
}
