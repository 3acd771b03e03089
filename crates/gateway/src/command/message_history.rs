//! `logs`: reading history.

use parlor_chat::{Direction, HistoryBound, HistoryError, ReadHistory};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{HistoryItem, Reply};
use parlor_wire::request::{self, HistoryDirection, MessageHistory};

use super::Context;
use crate::connection::refusal;

/// Reads a page of history.
pub(super) async fn run(context: &Context<'_>, request: MessageHistory) {
    let read = ReadHistory {
        conversation_id: request.conversation_id,
        start: bound(request.start),
        end: bound(request.end),
        direction: match request.direction {
            HistoryDirection::Older => Direction::Older,
            HistoryDirection::Newer => Direction::Newer,
        },
        limit: request.limit,
        typed: request.typed,
    };
    match context.chat.read_history(context.caller, read).await {
        Ok(messages) => context.responder.reply(&Reply::History {
            messages: messages
                .into_iter()
                .map(|item| HistoryItem {
                    message: item.message,
                    acked_at: item.acked_at,
                    read_at: item.read_at,
                })
                .collect(),
        }),
        Err(error) => {
            let code = match error {
                HistoryError::NotFound(_) => ErrorCode::ConversationNotFound,
                HistoryError::NotMember(_) => ErrorCode::ConversationLogRejected,
                HistoryError::Store(_) => ErrorCode::ConversationLogFailed,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}

fn bound(bound: request::HistoryBound) -> HistoryBound {
    HistoryBound {
        sent_at: bound.sent_at,
        message_id: bound.message_id,
        included: bound.included,
    }
}
