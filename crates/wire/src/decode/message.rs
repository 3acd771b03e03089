//! Messages, their acknowledgement, reading and history.

use parlor_model::{Content, Priority};

use super::field;
use crate::proto::{AckCommand, DirectCommand, LogsCommand, ReadCommand, ReadTuple};
use crate::request::{
    HistoryBound, HistoryDirection, InvalidRequest, MessageAck, MessageHistory, MessageSend,
    ReadPosition, Request, Target,
};

/// The wire's number for [`HistoryDirection::Newer`]; every other number walks to older ones,
/// also the 0 of clients whose schema has a bool in its place.
const DIRECTION_NEW: i32 = 2;

/// SDKs send 1 to 3; absent and everything else is what they mean by default.
pub(crate) const fn priority(number: Option<i32>) -> Priority {
    match number {
        Some(1) => Priority::High,
        Some(3) => Priority::Low,
        _ => Priority::Normal,
    }
}

pub(crate) fn send(body: DirectCommand, priority: Priority) -> Result<Request, InvalidRequest> {
    let target = Target::Message;
    let conversation_id = field::conversation_id(body.cid.as_deref(), target)?;
    let text = body.msg.filter(|text| !text.is_empty());
    let binary = body.binary_msg.filter(|bytes| !bytes.is_empty());
    let content = match (text, binary) {
        (Some(text), None) => Content::Text(text),
        (None, Some(bytes)) => Content::Binary(bytes.into()),
        (None, None) => return Err(field::malformed("msg", "message has no content", target)),
        (Some(_), Some(_)) => {
            return Err(field::malformed(
                "binaryMsg",
                "message has both text and binary content",
                target,
            ));
        }
    };
    Ok(Request::MessageSend(MessageSend {
        conversation_id,
        content,
        transient: body.transient.unwrap_or_default(),
        receipt: body.r.unwrap_or_default(),
        will: body.will.unwrap_or_default(),
        dedupe_token: field::text("dt", body.dt, target)?,
        push_data: field::text("pushData", body.push_data, target)?,
        mention_all: body.mention_all.unwrap_or_default(),
        mentions: field::valid_client_ids(&body.mention_pids),
        priority,
    }))
}

pub(crate) fn ack(body: AckCommand) -> Result<Request, InvalidRequest> {
    let target = Target::Unanswered;
    let cid = body.cid.as_deref().filter(|id| !id.is_empty());
    if cid.is_none() && !body.ids.is_empty() {
        return Ok(Request::MessageAck(MessageAck::Ids(body.ids)));
    }
    let conversation_id = field::conversation_id(cid, target)?;
    if let Some(message_id) = field::message_id(body.mid.as_deref()) {
        return Ok(Request::MessageAck(MessageAck::One {
            conversation_id,
            message_id,
        }));
    }
    let to = field::time(body.tots).ok_or_else(|| field::missing("tots", target))?;
    Ok(Request::MessageAck(MessageAck::Range {
        conversation_id,
        from: field::time(body.fromts),
        to,
    }))
}

/// Nobody hears of a bad position, so it is skipped and the others count.
pub(crate) fn read(body: ReadCommand) -> Result<Request, InvalidRequest> {
    let bare = body.cids.into_iter().chain(body.cid).map(|cid| ReadTuple {
        cid,
        ..ReadTuple::default()
    });
    let positions: Vec<ReadPosition> = body
        .convs
        .into_iter()
        .chain(bare)
        .filter_map(|tuple| {
            Some(ReadPosition {
                conversation_id: field::conversation_id(Some(&tuple.cid), Target::Unanswered)
                    .ok()?,
                message_id: field::message_id(tuple.mid.as_deref()),
                sent_at: field::time(tuple.timestamp),
            })
        })
        .collect();
    if positions.is_empty() {
        return Err(field::missing("convs", Target::Unanswered));
    }
    Ok(Request::MessageRead { positions })
}

pub(crate) fn history(body: &LogsCommand) -> Result<Request, InvalidRequest> {
    Ok(Request::MessageHistory(MessageHistory {
        conversation_id: field::conversation_id(body.cid.as_deref(), Target::History)?,
        start: HistoryBound {
            sent_at: field::time(body.t),
            message_id: field::message_id(body.mid.as_deref()),
            included: body.t_included.unwrap_or_default(),
        },
        end: HistoryBound {
            sent_at: field::time(body.tt),
            message_id: field::message_id(body.tmid.as_deref()),
            included: body.tt_included.unwrap_or_default(),
        },
        direction: if body.direction == Some(DIRECTION_NEW) {
            HistoryDirection::Newer
        } else {
            HistoryDirection::Older
        },
        limit: field::quantity(body.l).or(field::quantity(body.limit)),
        typed: body.lctype.filter(|typed| *typed != 0),
    }))
}
