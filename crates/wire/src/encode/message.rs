//! Message replies.

use parlor_model::{ConversationId, MessageId, Timestamp};

use super::{content, frame, texts};
use crate::proto::{AckCommand, CommandType, GenericCommand, LogItem, LogsCommand};
use crate::reply::{HistoryItem, Refusal};

/// A code in here, even 0, would turn the success into a failure, so there is none.
pub(crate) fn sent(
    conversation_id: &ConversationId,
    message_id: &MessageId,
    sent_at: Timestamp,
) -> GenericCommand {
    ack(AckCommand {
        cid: Some(conversation_id.to_string()),
        uid: Some(message_id.to_string()),
        t: Some(sent_at.as_millis()),
        ..AckCommand::default()
    })
}

pub(crate) fn refused(
    refusal: &Refusal,
    message_id: &MessageId,
    refused_at: Timestamp,
) -> GenericCommand {
    ack(AckCommand {
        code: Some(refusal.code.number()),
        reason: Some(refusal.code.name().to_owned()),
        uid: Some(message_id.to_string()),
        t: Some(refused_at.as_millis()),
        ..AckCommand::default()
    })
}

pub(crate) fn history(messages: &[HistoryItem]) -> GenericCommand {
    GenericCommand {
        logs_message: Some(LogsCommand {
            logs: messages.iter().map(log_item).collect(),
            ..LogsCommand::default()
        }),
        ..frame(CommandType::Logs, None)
    }
}

fn log_item(item: &HistoryItem) -> LogItem {
    let message = &item.message;
    let (data, bin) = content::text_and_bin(&message.content);
    LogItem {
        from: Some(message.sender.to_string()),
        data: Some(data),
        timestamp: Some(message.sent_at.as_millis()),
        msg_id: Some(message.id.to_string()),
        ack_at: item.acked_at.map(Timestamp::as_millis),
        read_at: item.read_at.map(Timestamp::as_millis),
        // A zero here would date an untouched message to 1970.
        patch_timestamp: message.patched_at.map(Timestamp::as_millis),
        mention_all: Some(message.mention.all),
        mention_pids: texts(&message.mention.clients),
        bin,
        conv_type: Some(i32::from(message.kind.number())),
    }
}

fn ack(body: AckCommand) -> GenericCommand {
    GenericCommand {
        ack_message: Some(body),
        ..frame(CommandType::Ack, None)
    }
}
