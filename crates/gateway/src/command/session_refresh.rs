//! `session/refresh`: a fresh token.

use parlor_model::{ClientId, ErrorClass};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Refusal, Reply};
use parlor_wire::request::Envelope;

use super::session_open;
use crate::connection::{Connection, Responder, refusal};

/// Issues a token for the open session, else for the token that is sent (spec 01 §5.3).
pub(super) async fn run(
    connection: &Connection,
    envelope: &Envelope,
    token: Option<String>,
    responder: Responder,
) {
    let chat = &connection.gateway.chat;
    let named = envelope.client_id.as_deref();
    let refreshed = match (connection.session(named), token) {
        (Some(session), _) => chat.refresh_session(&session.login).await,
        (None, Some(token)) => {
            let client_id = named.and_then(|named| ClientId::parse(named).ok());
            chat.refresh_token(&token, client_id.as_ref()).await
        }
        (None, None) => {
            return responder.refuse(
                ErrorClass::Unauthenticated,
                Refusal {
                    code: ErrorCode::SessionRequired,
                    detail: Some("open a session first, or send the token st".to_owned()),
                    client_ids: Vec::new(),
                },
            );
        }
    };
    match refreshed {
        Ok(grant) => responder.reply(&Reply::SessionRefreshed {
            token: grant.token,
            token_ttl_secs: grant.ttl_secs,
        }),
        Err(error) => {
            let code = session_open::code_of(&error);
            responder.refuse(error.class(), refusal(code, error.class(), &error));
        }
    }
}
