//! `session/open`: logging a client in.

use std::sync::Arc;
use std::time::Instant;

use parlor_chat::{Caller, Login, Missed, OpenError, OpenSession, SessionGrant};
use parlor_cluster::{Encoding, Opened, Outgoing, Published, SessionAddress, SessionHandle};
use parlor_model::{ClientId, ErrorClass, Event, Timestamp};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Refusal, Reply};
use parlor_wire::request::{Envelope, SessionOpen};
use parlor_wire::subprotocol::{self as wire, Subprotocol};

use super::presented;
use crate::connection::{
    CatchUp, Connection, Known, Parting, Responder, Session, conflict, kicked, refusal,
};
use crate::metrics::SessionGauge;

/// Opens a session, or answers again for one that is open on this connection: Java reopens
/// twice after a reconnect.
pub(super) async fn run(
    connection: &mut Connection,
    envelope: &Envelope,
    request: SessionOpen,
    responder: Responder,
) {
    let client_id = match envelope
        .client_id
        .as_deref()
        .map(ClientId::parse)
        .transpose()
    {
        Ok(client_id) => client_id,
        Err(problem) => {
            return responder.refuse(
                ErrorClass::Invalid,
                Refusal {
                    code: ErrorCode::InvalidLogin,
                    detail: Some(format!("peerId is invalid: {problem}")),
                    client_ids: Vec::new(),
                },
            );
        }
    };
    let known = Known {
        unread: request.last_unread_notified_at,
        patches: request.last_patched_at,
    };
    let encoding = encoding_of(connection.subprotocol, request.user_agent.as_deref());
    let open_here = client_id.as_ref().and_then(|client_id| {
        connection
            .sessions
            .iter()
            .find(|session| session.caller.client_id == *client_id)
    });
    let shape = RefusalShape::of(&request, &responder);
    let chat = connection.gateway.chat.clone();
    if let Some(session) = open_here {
        return match chat.refresh_session(&session.login).await {
            // What the session did not miss is on its way to it, before this reply.
            Ok(grant) => responder.reply(&opened(grant, chat.clock().now())),
            Err(error) => refuse(&responder, shape, error),
        };
    }
    let most = connection.gateway.config.max_sessions;
    if connection.sessions.len() >= most {
        return responder.refuse(
            ErrorClass::Limited,
            Refusal {
                code: ErrorCode::AppQuotaExceeded,
                detail: Some(format!("at most {most} clients may share a connection")),
                client_ids: Vec::new(),
            },
        );
    }
    let open = OpenSession {
        client_id,
        token: request.token,
        reconnect: request.reconnect,
        tag: request.tag,
        device_id: request.device_id,
        features: request.features,
        signature: presented(request.signature),
    };
    let login = match chat.open_session(open).await {
        Ok(login) => login,
        Err(error) => return refuse(&responder, shape, error),
    };
    let client_id = login.client_id.clone();
    let responder = Responder {
        client_id: Some(client_id.clone()),
        ..responder
    };
    let session = add_session(connection, login.clone(), encoding).await;
    // Only now, when whoever ends the login finds its session: see `Chat::open_session`.
    match chat.refresh_session(&login).await {
        Ok(grant) => {
            let Some(caught_up) = connection.catch_up(&session, known).await else {
                return;
            };
            let CatchUp {
                unread,
                withheld,
                batches,
                patches,
            } = caught_up;
            connection.handle.deliver(Outgoing::Opened(Box::new(Opened {
                session,
                reply: responder.encode(&opened(grant, patches.since)),
                unread,
                withheld,
                batches,
                patches: published(patches.events),
            })));
        }
        Err(error) => {
            connection.remove_session(session.id, Parting::Abrupt);
            refuse(&responder, shape, error);
        }
    }
}

fn opened(grant: SessionGrant, patched_up_to: Timestamp) -> Reply {
    Reply::SessionOpened {
        token: grant.token,
        token_ttl_secs: grant.ttl_secs,
        patched_up_to,
    }
}

/// How a client understands that it may not log in because of others (spec 01 §5.6).
#[derive(Clone, Copy)]
enum RefusalShape {
    /// As a session that ends.
    Closed,
    /// As an error: C# and Java fail the call they wait for on nothing else.
    Error,
}

impl RefusalShape {
    fn of(request: &SessionOpen, responder: &Responder) -> Self {
        let user_agent = request.user_agent.as_deref().unwrap_or_default();
        let is_java =
            user_agent.starts_with("LeanCloud-Java-SDK") || user_agent.starts_with("android/");
        if user_agent.starts_with("LeanCloud-CSharp-SDK") || (is_java && responder.serial.is_some())
        {
            Self::Error
        } else {
            Self::Closed
        }
    }
}

fn refuse(responder: &Responder, shape: RefusalShape, error: OpenError) {
    let class = error.class();
    let refusal = refusal(code_of(&error), class, &error);
    match (shape, error) {
        (RefusalShape::Closed, OpenError::Conflict) => {
            responder.refuse_as(class, &Reply::SessionRefused(conflict()));
        }
        (RefusalShape::Closed, OpenError::Kicked { reason }) => {
            responder.refuse_as(class, &Reply::SessionRefused(kicked(reason)));
        }
        (RefusalShape::Closed | RefusalShape::Error, _) => responder.refuse(class, refusal),
    }
}

/// Returns the code that clients know the failure by.
pub(super) const fn code_of(error: &OpenError) -> ErrorCode {
    match error {
        OpenError::TokenExpired => ErrorCode::SessionTokenExpired,
        OpenError::Conflict => ErrorCode::SessionConflict,
        OpenError::Kicked { .. } => ErrorCode::KickedByApp,
        OpenError::Signature(_) => ErrorCode::SignatureFailed,
        OpenError::Store(_) => ErrorCode::InternalError,
    }
}

/// JavaScript assigns whatever an update says, so it gets values where others get operations
/// (spec 02 §3.6).
fn encoding_of(subprotocol: Subprotocol, user_agent: Option<&str>) -> Encoding {
    match (subprotocol.encoding(), user_agent) {
        (wire::Encoding::Json, _) => Encoding::Json,
        (_, Some(user_agent)) if user_agent.starts_with("js/") => Encoding::Resolved,
        _ => Encoding::AsRequested,
    }
}

/// Registers the session. Its events wait in the writer until it is told that the session is
/// open, so the report that is read next misses nothing.
async fn add_session(
    connection: &mut Connection,
    login: Login,
    encoding: Encoding,
) -> Arc<SessionAddress> {
    let registry = &connection.gateway.registry;
    let id = registry.new_session_id();
    let address = SessionAddress {
        id,
        client_id: login.client_id.clone(),
        login: login.session_key,
        encoding,
        unread_mode: connection.subprotocol.unread_mode(),
        features: login.features,
    };
    let handle = SessionHandle::new(address, connection.handle.clone());
    let address = Arc::clone(&handle.address);
    let registration = registry.register(handle);
    let caller = Caller {
        client_id: login.client_id.clone(),
        session_id: id,
        session_key: login.session_key,
        features: login.features,
        address: connection.peer.address,
    };
    // After registering, because it puts the session back into its room.
    let room_seat = connection.gateway.chat.take_room_seat(&caller).await;
    let will = connection.gateway.chat.guard_will(&caller);
    let rate = connection
        .gateway
        .rates
        .of(&caller.client_id, Instant::now());
    connection.logged_in = true;
    connection.sessions.push(Session {
        caller,
        address: Arc::clone(&address),
        login,
        rate,
        missed: Missed::default(),
        room_seat,
        will,
        registration,
        _gauge: SessionGauge::new(),
    });
    address
}

fn published(events: Vec<Event>) -> Vec<Arc<Published>> {
    events
        .into_iter()
        .map(|event| Arc::new(Published::new(event)))
        .collect()
}
