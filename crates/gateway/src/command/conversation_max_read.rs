//! `conv/max_read`: how far the others have received and read.

use parlor_chat::ProgressError;
use parlor_model::ConversationId;
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Progress, Reply};

use super::Context;
use crate::connection::refusal;

/// Answers with the slowest other member, or with each of them.
pub(super) async fn run(context: &Context<'_>, conversation_id: ConversationId, each_member: bool) {
    match context
        .chat
        .progress(context.caller, &conversation_id)
        .await
    {
        Ok(progress) => {
            let members = if each_member {
                progress.members
            } else {
                Vec::new()
            };
            context.responder.reply(&Reply::ConversationMaxRead {
                conversation_id,
                slowest: spelled(progress.slowest),
                members: members
                    .into_iter()
                    .map(|(client_id, progress)| (client_id, spelled(progress)))
                    .collect(),
            });
        }
        Err(error) => {
            let code = match error {
                ProgressError::NotFound(_) => ErrorCode::ConversationNotFound,
                ProgressError::NotMember(_) => ErrorCode::ConversationMembershipRequired,
                ProgressError::Store(_) => ErrorCode::ConversationInternalError,
            };
            context
                .responder
                .refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}

const fn spelled(progress: parlor_chat::Progress) -> Progress {
    Progress {
        acked_up_to: progress.acked_up_to,
        read_up_to: progress.read_up_to,
    }
}
