//! `conv/query`: finding conversations.

use parlor_chat::{QueryConversations, QueryError};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::Reply;
use parlor_wire::request::ConversationQuery;
use serde_json::Value;

use super::Context;
use crate::connection::refusal;

/// Finds conversations and answers with their rows as one JSON text.
pub(super) async fn run(context: &Context<'_>, request: ConversationQuery) {
    let query = QueryConversations {
        temporary_ids: request.temporary_ids,
        filter: request.filter,
        sort: request.sort,
        skip: request.skip,
        limit: request.limit,
        compact: request.compact,
        with_last_message: request.with_last_message,
    };
    match context
        .chat
        .query_conversations(&context.caller.client_id, query)
        .await
    {
        Ok(rows) => {
            let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
            context.responder.reply(&Reply::ConversationResults {
                rows: Value::Array(rows).to_string(),
            });
        }
        Err(error) => refuse(context, &error),
    }
}

fn refuse(context: &Context<'_>, error: &QueryError) {
    context.responder.refuse(
        error.class(),
        refusal(ErrorCode::ConversationQueryFailed, error.class(), error),
    );
}
