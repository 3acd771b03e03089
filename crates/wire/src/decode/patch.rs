//! Edits and recalls.

use bytes::Bytes;
use parlor_model::Content;

use super::field;
use crate::proto::{CommandType, OpType, PatchCommand, PatchItem};
use crate::request::{InvalidRequest, MessagePatch, PatchChange, Request, Target};

const TARGET: Target = Target::Patch;

pub(crate) fn decode(
    operation: Option<i32>,
    body: PatchCommand,
) -> Result<Request, InvalidRequest> {
    match operation.map(OpType::try_from) {
        Some(Ok(OpType::Modify)) => modify(body).map(Request::MessagePatch),
        Some(Ok(OpType::Modified)) => Ok(Request::PatchModified),
        _ => Err(field::unsupported(CommandType::Patch as i32, operation)),
    }
}

fn modify(body: PatchCommand) -> Result<MessagePatch, InvalidRequest> {
    let mut patches = body.patches.into_iter();
    let patch = patches
        .next()
        .ok_or_else(|| field::missing("patches", TARGET))?;
    if patches.next().is_some() {
        return Err(field::malformed(
            "patches",
            "one message at a time can be patched",
            TARGET,
        ));
    }
    Ok(MessagePatch {
        conversation_id: field::conversation_id(patch.cid.as_deref(), TARGET)?,
        message_id: field::message_id(patch.mid.as_deref())
            .ok_or_else(|| field::missing("mid", TARGET))?,
        sent_at: field::time(patch.timestamp),
        change: change(patch)?,
    })
}

/// What a recall puts in the place of the message is the server's business, so its content is
/// not read.
fn change(patch: PatchItem) -> Result<PatchChange, InvalidRequest> {
    if patch.recall.unwrap_or_default() {
        return Ok(PatchChange::Recall);
    }
    let data = patch.data.filter(|data| !data.is_empty());
    let binary = patch.binary_msg.filter(|bytes| !bytes.is_empty());
    let content = match (data, binary) {
        (Some(data), None) => text_or_bytes(data),
        (None, Some(bytes)) => Content::Binary(bytes.into()),
        (None, None) => return Err(field::malformed("data", "patch has no content", TARGET)),
        (Some(_), Some(_)) => {
            return Err(field::malformed(
                "binaryMsg",
                "patch has both text and binary content",
                TARGET,
            ));
        }
    };
    Ok(PatchChange::Edit {
        content,
        mention_all: patch.mention_all.unwrap_or_default(),
        mentions: field::valid_client_ids(&patch.mention_pids),
    })
}

/// What is no text is the content of a binary message, which Java puts into the field for
/// texts.
fn text_or_bytes(data: Bytes) -> Content {
    match String::from_utf8(data.into()) {
        Ok(text) => Content::Text(text),
        Err(bytes) => Content::Binary(bytes.into_bytes()),
    }
}
