//! `conv/count`, `conv/members`, `conv/is_member`: questions about membership.

use parlor_chat::CountError;
use parlor_model::ConversationId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;

use super::Context;
use crate::connection::refusal;

/// Counts members.
pub(super) async fn count(context: &Context<'_>, conversation_id: ConversationId) {
    match context.chat.count_members(&conversation_id).await {
        Ok(count) => context.responder.reply(&Reply::ConversationCount {
            conversation_id,
            count: i32::try_from(count).unwrap_or(i32::MAX),
        }),
        Err(error) => refuse(context, &error),
    }
}

/// Samples members.
pub(super) async fn members(
    context: &Context<'_>,
    conversation_id: ConversationId,
    limit: Option<u32>,
) {
    match context.chat.sample_members(&conversation_id, limit).await {
        Ok(members) => context.responder.reply(&Reply::ConversationMembers {
            conversation_id,
            members,
        }),
        Err(error) => refuse(context, &error),
    }
}

/// Tells which conversations the caller is a member of.
pub(super) async fn is_member(context: &Context<'_>, conversation_ids: Vec<ConversationId>) {
    match context
        .chat
        .are_member(context.caller, conversation_ids)
        .await
    {
        Ok(membership) => context
            .responder
            .reply(&Reply::ConversationIsMember { membership }),
        Err(error) => refuse(context, &error),
    }
}

fn refuse(context: &Context<'_>, error: &CountError) {
    let code = match error {
        CountError::NotFound(_) => ErrorCode::ConversationNotFound,
        CountError::Store(_) => ErrorCode::ConversationInternalError,
    };
    context
        .responder
        .refuse(error.class(), refusal(code, error.class(), error));
}
