//! `blacklist` with a client as its source: conversations that nobody may add it to.

use parlor_chat::{Actor, ClientBlockError};
use parlor_model::{ClientId, ConversationId};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;
use parlor_wire::request::{ClientBlock, Page};

use super::{Context, presented, restriction_query};
use crate::connection::refusal;

/// Blocks conversations, or ends it.
pub(super) async fn change(context: &Context<'_>, request: ClientBlock) {
    let client_id = source(context, request.client_id);
    let done = context
        .chat
        .change_client_block(
            Actor::Client(context.caller),
            &client_id,
            request.change,
            &request.conversation_ids,
            presented(request.signature).as_ref(),
        )
        .await;
    match done {
        Ok(()) => context.responder.reply(&Reply::ClientBlockChanged {
            change: request.change,
            client_id,
            conversation_ids: request.conversation_ids,
        }),
        Err(error) => refuse(context, &error),
    }
}

/// Lists a page.
pub(super) async fn list(context: &Context<'_>, client_id: Option<ClientId>, page: Page) {
    let client_id = source(context, client_id);
    let actor = Actor::Client(context.caller);
    match context
        .chat
        .list_client_blocks(actor, &client_id, restriction_query::wanted(page))
        .await
    {
        Ok(page) => context.responder.reply(&Reply::ClientBlockPage {
            client_id,
            conversation_ids: page.conversation_ids,
            next: page.next,
        }),
        Err(error) => refuse(context, &error),
    }
}

/// Tells which of some conversations are on the list.
pub(super) async fn check(
    context: &Context<'_>,
    client_id: Option<ClientId>,
    conversation_ids: &[ConversationId],
) {
    let client_id = source(context, client_id);
    let actor = Actor::Client(context.caller);
    match context
        .chat
        .are_blocked_by_client(actor, &client_id, conversation_ids)
        .await
    {
        Ok(conversation_ids) => context.responder.reply(&Reply::ClientBlockChecked {
            client_id,
            conversation_ids,
        }),
        Err(error) => refuse(context, &error),
    }
}

fn source(context: &Context<'_>, named: Option<ClientId>) -> ClientId {
    named.unwrap_or_else(|| context.caller.client_id.clone())
}

fn refuse(context: &Context<'_>, error: &ClientBlockError) {
    let code = match error {
        ClientBlockError::NotFound(_) => ErrorCode::ConversationNotFound,
        ClientBlockError::Disabled => ErrorCode::BlacklistFeatureDisabled,
        ClientBlockError::NotYourself => ErrorCode::ConversationOperationUnauthorized,
        ClientBlockError::Signature(_) => ErrorCode::BlacklistSignatureFailed,
        ClientBlockError::Full { .. } => ErrorCode::BlacklistFull,
        ClientBlockError::Store(_) => ErrorCode::ConversationInternalError,
    };
    context
        .responder
        .refuse(error.class(), refusal(code, error.class(), error));
}
