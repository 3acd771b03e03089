//! Edits and recalls, answered and told.

use bytes::Bytes;
use parlor_model::{Content, Patch, Timestamp};

use super::{frame, texts};
use crate::proto::{CommandType, GenericCommand, OpType, PatchCommand, PatchItem};

pub(crate) fn modified(patched_at: Timestamp) -> GenericCommand {
    with_body(
        OpType::Modified,
        PatchCommand {
            last_patch_time: Some(patched_at.as_millis()),
            ..PatchCommand::default()
        },
    )
}

/// Every field but the reason is set: Objective-C drops a patch that lacks one of them. There is
/// one message in a frame, because it keeps only the last of each conversation.
pub(crate) fn modify(patch: &Patch) -> GenericCommand {
    let message = &patch.message;
    let patched_at = Some(patch.patched_at.as_millis());
    let (data, binary_msg) = match &message.content {
        Content::Text(text) => (Some(Bytes::copy_from_slice(text.as_bytes())), None),
        Content::Binary(bytes) => (None, Some(Bytes::copy_from_slice(bytes))),
    };
    let item = PatchItem {
        cid: Some(message.conversation_id.to_string()),
        mid: Some(message.id.to_string()),
        timestamp: Some(message.sent_at.as_millis()),
        recall: Some(patch.recalled),
        data,
        binary_msg,
        patch_timestamp: patched_at,
        from: Some(message.sender.to_string()),
        mention_all: Some(message.mention.all),
        mention_pids: texts(&message.mention.clients),
        ..PatchItem::default()
    };
    with_body(
        OpType::Modify,
        PatchCommand {
            patches: vec![item],
            last_patch_time: patched_at,
        },
    )
}

fn with_body(operation: OpType, body: PatchCommand) -> GenericCommand {
    GenericCommand {
        patch_message: Some(body),
        ..frame(CommandType::Patch, Some(operation))
    }
}
