//! One file per client command; this one finds the session and hands the request over.

mod client_block;
mod conversation_add;
mod conversation_count;
mod conversation_max_read;
mod conversation_mute;
mod conversation_query;
mod conversation_role_update;
mod conversation_start;
mod conversation_update;
mod invalid;
mod limited;
mod login;
mod member_failure;
mod message_ack;
mod message_history;
mod message_patch;
mod message_read;
mod message_send;
mod report_upload;
mod restriction_change;
mod restriction_query;
mod session_close;
mod session_open;
mod session_query;
mod session_refresh;

use std::time::Instant;

use parlor_chat::{Caller, Chat, PresentedSignature};
use parlor_model::{ClientId, ErrorClass, Restriction, RestrictionChange};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Refusal, Reply};
use parlor_wire::request::{Command, Envelope, Request, Restrict, Signature};

use crate::connection::{Connection, Responder, Session};
use crate::metrics;

/// What the command of an open session runs on.
pub(crate) struct Context<'a> {
    pub(crate) chat: &'a Chat,
    pub(crate) caller: &'a Caller,
    pub(crate) responder: Responder,
}

/// Runs one command to its end; nothing here outlives the call but messages on their way to
/// the log.
pub(crate) async fn execute(connection: &mut Connection, command: Command) {
    let started = Instant::now();
    let name = command
        .request
        .as_ref()
        .map_or("invalid", |request| name_of(request));
    let responder = responder(connection, &command.envelope, name, &command.request);
    if is_foreign_app(connection, &command.envelope) {
        refuse_foreign_app(&responder);
    } else {
        dispatch(connection, command, responder, started).await;
    }
    metrics::executed(name, started);
}

async fn dispatch(
    connection: &mut Connection,
    command: Command,
    responder: Responder,
    now: Instant,
) {
    let Command { envelope, request } = command;
    if let Ok(request) = &request
        && let Some(session) = session_that_asks(connection, &envelope, request)
        && let Some(setting) = limited::exceeded(connection, session, request, now)
    {
        return limited::refuse(connection, request, setting, &responder);
    }
    // Without a session first; the rest belongs to one.
    let request = match request {
        Ok(Request::Echo) => return responder.reply(&Reply::Echo),
        Ok(Request::Heartbeat) => return responder.reply(&Reply::Heartbeat),
        Ok(Request::Login) => return login::login(connection, &envelope, &responder),
        Ok(Request::Logout) => return login::logout(&envelope, &responder),
        Ok(Request::SessionOpen(open)) => {
            return session_open::run(connection, &envelope, open, responder).await;
        }
        Ok(Request::SessionRefresh { token, .. }) => {
            return session_refresh::run(connection, &envelope, token, responder).await;
        }
        // A malformed `session/open` is no command that waits for a session.
        Err(malformed) if invalid::is_about_sessions(&malformed) => {
            return invalid::refuse(&connection.gateway.chat, &malformed, &responder);
        }
        request => request,
    };
    let Some(session) = connection.session(envelope.client_id.as_deref()) else {
        return refuse_without_session(&responder);
    };
    let request = match request {
        Ok(request) => request,
        Err(invalid) => {
            return invalid::refuse(&connection.gateway.chat, &invalid, &responder);
        }
    };
    let caller = session.caller.clone();
    let chat = connection.gateway.chat.clone();
    let context = Context {
        chat: &chat,
        caller: &caller,
        responder: Responder {
            client_id: Some(caller.client_id.clone()),
            ..responder
        },
    };
    match request {
        Request::SessionClose => session_close::run(connection, &context).await,
        Request::SessionQuery { client_ids } => session_query::run(&context, &client_ids),
        Request::ReportDeviceToken { token } => {
            report_upload::run(connection, &context, token).await;
        }
        Request::ConversationStart(start) => conversation_start::run(&context, start).await,
        Request::ConversationAdd(change) => conversation_add::add(&context, change).await,
        Request::ConversationRemove(change) => conversation_add::remove(&context, change).await,
        Request::ConversationQuery(query) => conversation_query::run(&context, query).await,
        Request::ConversationUpdate {
            conversation_id,
            attributes,
        } => conversation_update::run(&context, conversation_id, attributes).await,
        Request::ConversationRoleUpdate {
            conversation_id,
            client_id,
            role,
        } => conversation_role_update::run(&context, conversation_id, client_id, role).await,
        Request::Restrict(change) => restriction_change::run(&context, change).await,
        Request::RestrictedQuery {
            restriction,
            conversation_id,
            page,
        } => restriction_query::list(&context, restriction, conversation_id, page).await,
        Request::RestrictedCheck {
            restriction,
            conversation_id,
            client_ids,
        } => restriction_query::check(&context, restriction, conversation_id, &client_ids).await,
        Request::ClientBlock(change) => client_block::change(&context, change).await,
        Request::ClientBlockQuery { client_id, page } => {
            client_block::list(&context, client_id, page).await;
        }
        Request::ClientBlockCheck {
            client_id,
            conversation_ids,
        } => client_block::check(&context, client_id, &conversation_ids).await,
        Request::ConversationMute { conversation_id } => {
            conversation_mute::run(&context, conversation_id, true).await;
        }
        Request::ConversationUnmute { conversation_id } => {
            conversation_mute::run(&context, conversation_id, false).await;
        }
        Request::ConversationCount { conversation_id } => {
            conversation_count::count(&context, conversation_id).await;
        }
        Request::ConversationIsMember { conversation_ids } => {
            conversation_count::is_member(&context, conversation_ids).await;
        }
        Request::ConversationMembers {
            conversation_id,
            limit,
        } => conversation_count::members(&context, conversation_id, limit).await,
        Request::MessageSend(send) => message_send::run(&context, send).await,
        Request::MessageRead { positions } => {
            message_read::run(connection, &context, positions).await;
        }
        Request::MessageHistory(history) => message_history::run(&context, history).await,
        Request::MessageAck(ack) => message_ack::run(connection, &context, ack).await,
        Request::ConversationMaxRead {
            conversation_id,
            each_member,
        } => conversation_max_read::run(&context, conversation_id, each_member).await,
        Request::MessagePatch(patch) => message_patch::run(&context, patch).await,
        // What a client has applied it says again when it reopens its session.
        Request::PatchModified => {}
        Request::Echo
        | Request::Heartbeat
        | Request::Login
        | Request::Logout
        | Request::SessionOpen(_)
        | Request::SessionRefresh { .. } => unreachable!("handled before a session is looked for"),
    }
}

/// Finds the open session that a command counts for. One that is only being opened is not there
/// yet: whoever has not proven who it is cannot use up somebody else's share.
fn session_that_asks<'a>(
    connection: &'a Connection,
    envelope: &Envelope,
    request: &Request,
) -> Option<&'a Session> {
    match (&envelope.client_id, request) {
        (None, Request::SessionOpen(_)) => None,
        (client_id, _) => connection.session(client_id.as_deref()),
    }
}

/// Turns a signature as spelled on the wire into one to check.
fn presented(signature: Option<Signature>) -> Option<PresentedSignature> {
    signature.map(|signature| PresentedSignature {
        signature: signature.signature,
        timestamp: signature.timestamp,
        nonce: signature.nonce,
    })
}

/// Decides where the answer goes and whether one is expected.
fn responder(
    connection: &Connection,
    envelope: &Envelope,
    command: &'static str,
    request: &Result<Request, parlor_wire::request::InvalidRequest>,
) -> Responder {
    let expected = match request {
        // Answered even without a serial number (spec 01 §4).
        Ok(Request::Echo | Request::Heartbeat | Request::Login | Request::SessionOpen(_)) => true,
        // Never answered, not even with an error (spec 02 §1.3).
        Ok(Request::MessageAck(_) | Request::MessageRead { .. } | Request::PatchModified) => false,
        Ok(_) => envelope.serial.is_some(),
        Err(invalid) => envelope.serial.is_some() && invalid::is_answered(invalid),
    };
    let client_id = connection
        .session(envelope.client_id.as_deref())
        .map(|session| session.caller.client_id.clone())
        .or_else(|| {
            envelope
                .client_id
                .as_deref()
                .and_then(|client_id| ClientId::parse(client_id).ok())
        });
    Responder {
        handle: connection.handle.clone(),
        clock: connection.gateway.chat.clock().clone(),
        command,
        serial: envelope.serial,
        client_id,
        expected,
    }
}

fn is_foreign_app(connection: &Connection, envelope: &Envelope) -> bool {
    envelope
        .app_id
        .as_deref()
        .is_some_and(|app_id| app_id != connection.gateway.config.app_id)
}

fn refuse_foreign_app(responder: &Responder) {
    responder.refuse(
        ErrorClass::NotFound,
        Refusal {
            code: ErrorCode::AppNotAvailable,
            detail: Some("appId is not served here, check the application id".to_owned()),
            client_ids: Vec::new(),
        },
    );
}

fn refuse_without_session(responder: &Responder) {
    responder.refuse(
        ErrorClass::Unauthenticated,
        Refusal {
            code: ErrorCode::SessionRequired,
            detail: Some("open a session for this peerId first".to_owned()),
            client_ids: Vec::new(),
        },
    );
}

/// Names a command for metrics and spans.
const fn name_of(request: &Request) -> &'static str {
    match request {
        Request::Echo => "echo",
        Request::Heartbeat => "heartbeat",
        Request::Login => "login",
        Request::Logout => "logout",
        Request::SessionOpen(_) => "session.open",
        Request::SessionRefresh { .. } => "session.refresh",
        Request::SessionClose => "session.close",
        Request::SessionQuery { .. } => "session.query",
        Request::ReportDeviceToken { .. } => "report.upload",
        Request::ConversationStart(_) => "conversation.start",
        Request::ConversationAdd(_) => "conversation.add",
        Request::ConversationRemove(_) => "conversation.remove",
        Request::ConversationQuery(_) => "conversation.query",
        Request::ConversationUpdate { .. } => "conversation.update",
        Request::ConversationRoleUpdate { .. } => "conversation.role_update",
        Request::Restrict(Restrict {
            restriction,
            change,
            ..
        }) => match (restriction, change) {
            (Restriction::Silenced, RestrictionChange::Imposed) => "member.silence",
            (Restriction::Silenced, RestrictionChange::Lifted) => "member.unsilence",
            (Restriction::Blocked, RestrictionChange::Imposed) => "member.block",
            (Restriction::Blocked, RestrictionChange::Lifted) => "member.unblock",
        },
        Request::RestrictedQuery { restriction, .. } => match restriction {
            Restriction::Silenced => "member.silenced",
            Restriction::Blocked => "member.blocked",
        },
        Request::RestrictedCheck { restriction, .. } => match restriction {
            Restriction::Silenced => "member.check_silenced",
            Restriction::Blocked => "member.check_blocked",
        },
        Request::ClientBlock(_) => "client.block",
        Request::ClientBlockQuery { .. } => "client.blocked",
        Request::ClientBlockCheck { .. } => "client.check_blocked",
        Request::ConversationMute { .. } => "conversation.mute",
        Request::ConversationUnmute { .. } => "conversation.unmute",
        Request::ConversationCount { .. } => "conversation.count",
        Request::ConversationIsMember { .. } => "conversation.is_member",
        Request::ConversationMembers { .. } => "conversation.members",
        Request::ConversationMaxRead { .. } => "conversation.max_read",
        Request::MessageSend(_) => "message.send",
        Request::MessageAck(_) => "message.ack",
        Request::MessageRead { .. } => "message.read",
        Request::MessageHistory(_) => "message.history",
        Request::MessagePatch(_) => "message.patch",
        Request::PatchModified => "message.patched",
    }
}
