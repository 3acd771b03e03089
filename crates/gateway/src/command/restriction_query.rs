//! `conv/query_shutup`, `conv/check_shutup`, `blacklist/query`, `blacklist/check_block`: who is
//! silenced or blocked in a conversation.

use parlor_chat::{Actor, RestrictError};
use parlor_model::{ClientId, ConversationId, Restriction};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;
use parlor_wire::request;

use super::{Context, member_failure};
use crate::connection::refusal;

/// Lists a page.
pub(super) async fn list(
    context: &Context<'_>,
    restriction: Restriction,
    conversation_id: ConversationId,
    page: request::Page,
) {
    let actor = Actor::Client(context.caller);
    match context
        .chat
        .list_restricted(actor, &conversation_id, restriction, wanted(page))
        .await
    {
        Ok(page) => context.responder.reply(&Reply::RestrictedPage {
            restriction,
            conversation_id,
            client_ids: page.client_ids,
            next: page.next,
        }),
        Err(error) => refuse(context, error),
    }
}

/// Tells who of some clients is on the list.
pub(super) async fn check(
    context: &Context<'_>,
    restriction: Restriction,
    conversation_id: ConversationId,
    client_ids: &[ClientId],
) {
    let actor = Actor::Client(context.caller);
    match context
        .chat
        .are_restricted(actor, &conversation_id, restriction, client_ids)
        .await
    {
        Ok(client_ids) => context.responder.reply(&Reply::RestrictedChecked {
            restriction,
            conversation_id,
            client_ids,
        }),
        Err(error) => refuse(context, error),
    }
}

/// Refuses what has to do with restrictions.
pub(super) fn refuse(context: &Context<'_>, error: RestrictError) {
    let class = error.class();
    let code = match &error {
        RestrictError::NotFound(_) => ErrorCode::ConversationNotFound,
        RestrictError::Disabled(Restriction::Silenced) => {
            ErrorCode::ConversationMemberInfoFeatureDisabled
        }
        RestrictError::Disabled(Restriction::Blocked) => ErrorCode::BlacklistFeatureDisabled,
        RestrictError::Unsupported(_) => ErrorCode::NormalConversationRequired,
        RestrictError::Signature(_) => ErrorCode::BlacklistSignatureFailed,
        RestrictError::NotMember(_) => ErrorCode::ConversationMembershipRequired,
        RestrictError::Unauthorized { .. } => ErrorCode::ConversationOperationUnauthorized,
        RestrictError::Failed(failure) => member_failure::code(failure.cause),
        RestrictError::Store(_) => ErrorCode::ConversationInternalError,
    };
    let mut refusal = refusal(code, class, &error);
    if let RestrictError::Unauthorized { client_ids }
    | RestrictError::Failed(parlor_chat::MemberFailure { client_ids, .. }) = error
    {
        refusal.client_ids = client_ids;
    }
    context.responder.refuse(class, refusal);
}

/// Turns a page as spelled on the wire into one to ask for.
pub(super) fn wanted(page: request::Page) -> parlor_chat::Page {
    parlor_chat::Page {
        offset: page.offset,
        limit: page.limit,
    }
}
