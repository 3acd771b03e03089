//! Conversation commands.

use parlor_model::{MemberRole, RestrictionChange};

use super::{field, restriction};
use crate::proto::{CommandType, ConvCommand, OpType};
use crate::request::{
    ConversationQuery, ConversationStart, InvalidRequest, MemberChange, Request, Target,
};

const TARGET: Target = Target::Conversation;
/// Bits of a query's `flag`.
const COMPACT: i32 = 0b01;
const WITH_LAST_MESSAGE: i32 = 0b10;

pub(crate) fn decode(operation: Option<i32>, body: ConvCommand) -> Result<Request, InvalidRequest> {
    let conversation_id = || field::conversation_id(body.cid.as_deref(), TARGET);
    match operation.map(OpType::try_from) {
        Some(Ok(OpType::Start)) => start(body).map(Request::ConversationStart),
        Some(Ok(OpType::Add)) => member_change(body).map(Request::ConversationAdd),
        Some(Ok(OpType::Remove)) => member_change(body).map(Request::ConversationRemove),
        Some(Ok(OpType::Query)) => query(body).map(Request::ConversationQuery),
        Some(Ok(OpType::Update)) => Ok(Request::ConversationUpdate {
            conversation_id: conversation_id()?,
            attributes: field::json_object("attr", body.attr.as_ref(), TARGET)?,
        }),
        Some(Ok(OpType::MemberInfoUpdate)) => role_update(body),
        Some(Ok(OpType::AddShutup)) => restriction::silence(RestrictionChange::Imposed, &body),
        Some(Ok(OpType::RemoveShutup)) => restriction::silence(RestrictionChange::Lifted, &body),
        Some(Ok(OpType::QueryShutup)) => restriction::silenced(&body),
        Some(Ok(OpType::CheckShutup)) => restriction::check_silenced(&body),
        Some(Ok(OpType::Mute)) => Ok(Request::ConversationMute {
            conversation_id: conversation_id()?,
        }),
        Some(Ok(OpType::Unmute)) => Ok(Request::ConversationUnmute {
            conversation_id: conversation_id()?,
        }),
        Some(Ok(OpType::Count)) => Ok(Request::ConversationCount {
            conversation_id: conversation_id()?,
        }),
        Some(Ok(OpType::IsMember)) => is_member(&body),
        Some(Ok(OpType::Members)) => Ok(Request::ConversationMembers {
            conversation_id: conversation_id()?,
            limit: field::quantity(body.limit).filter(|limit| *limit > 0),
        }),
        Some(Ok(OpType::MaxRead)) => Ok(Request::ConversationMaxRead {
            conversation_id: conversation_id()?,
            each_member: body.query_all_members.unwrap_or_default(),
        }),
        _ => Err(field::unsupported(CommandType::Conv as i32, operation)),
    }
}

fn start(body: ConvCommand) -> Result<ConversationStart, InvalidRequest> {
    Ok(ConversationStart {
        members: field::client_ids("m", &body.m, TARGET)?,
        attributes: field::json_object("attr", body.attr.as_ref(), TARGET)?.unwrap_or_default(),
        unique: body.unique.unwrap_or_default(),
        chat_room: body.transient.unwrap_or_default(),
        temporary: body.temp_conv.unwrap_or_default(),
        temporary_ttl_secs: body.temp_conv_ttl.filter(|ttl| *ttl > 0),
        signature: field::signature(body.s, body.t, body.n),
    })
}

fn member_change(body: ConvCommand) -> Result<MemberChange, InvalidRequest> {
    let conversation_id = field::conversation_id(body.cid.as_deref(), TARGET)?;
    Ok(MemberChange {
        conversation_id,
        members: field::some_client_ids("m", &body.m, TARGET)?,
        signature: field::signature(body.s, body.t, body.n),
    })
}

/// Some SDKs name the member twice, some once.
fn role_update(body: ConvCommand) -> Result<Request, InvalidRequest> {
    let conversation_id = field::conversation_id(body.cid.as_deref(), TARGET)?;
    let info = body.info.unwrap_or_default();
    let client_id = body
        .target_client_id
        .or(info.pid)
        .filter(|id| !id.is_empty())
        .ok_or_else(|| field::missing("targetClientId", TARGET))?;
    Ok(Request::ConversationRoleUpdate {
        conversation_id,
        client_id: field::client_id("targetClientId", &client_id, TARGET)?,
        role: info.role.as_deref().and_then(MemberRole::from_name),
    })
}

fn query(body: ConvCommand) -> Result<ConversationQuery, InvalidRequest> {
    let target = Target::Query;
    let flag = body.flag.unwrap_or_default();
    Ok(ConversationQuery {
        filter: field::conditions("where", body.r#where.as_ref(), target)?,
        sort: field::text("sort", body.sort, target)?,
        skip: field::quantity(body.skip).unwrap_or_default(),
        limit: field::quantity(body.limit),
        compact: flag & COMPACT != 0,
        with_last_message: flag & WITH_LAST_MESSAGE != 0,
        temporary_ids: field::conversation_ids("tempConvIds", &body.temp_conv_ids, target)?,
    })
}

fn is_member(body: &ConvCommand) -> Result<Request, InvalidRequest> {
    let mut conversation_ids = field::conversation_ids("cids", &body.cids, TARGET)?;
    if conversation_ids.is_empty() && body.cid.is_some() {
        conversation_ids.push(field::conversation_id(body.cid.as_deref(), TARGET)?);
    }
    if conversation_ids.is_empty() {
        return Err(field::missing("cids", TARGET));
    }
    Ok(Request::ConversationIsMember { conversation_ids })
}
