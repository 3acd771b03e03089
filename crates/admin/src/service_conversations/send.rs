//! `POST /1.2/rtm/service-conversations/{id}/messages`: a message to some clients.

use axum::extract::State;
use http::Method;
use parlor_chat::SendService;
use parlor_model::{AddressedTo, ClientId, Content, ConversationId, ConversationKind, limit};
use serde::Deserialize;
use utoipa::ToSchema;

use super::read_client;
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, Service, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::messages::send::Sent;
use crate::messages::text::MessageText;
use crate::rate::RateClass;
use crate::reply::Answer;
use crate::segments::Segments;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// In whose name.
    from_client: String,
    message: MessageText,
    /// To whom, at most 20.
    to_clients: Vec<String>,
    /// Whether it is only for who is online now.
    transient: Option<bool>,
    /// What the push notification says instead.
    push_data: Option<MessageText>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::POST,
        "/1.2/rtm/service-conversations/{id}/messages",
        send,
        "Sends a message to some clients",
    )
    .rated(RateClass::Normal)
}

async fn send(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&id, ImCode::InvalidMessagingTarget)?;
    kind::check::<Service>(&state, &conversation_id, ImCode::InvalidMessagingTarget).await?;
    let message = SendService {
        conversation_id,
        sender: read_client("from_client", &fields.from_client)?,
        addressed_to: clients("to_clients", &fields.to_clients)?,
        content: Content::Text(fields.message.into_text()),
        transient: fields.transient.unwrap_or(false),
        push_data: fields.push_data.map(MessageText::into_text),
        address: None,
    };
    Ok(Answer(Sent::from(state.chat.send_service(message).await?)))
}

/// Sends what came by the old call for every kind of conversation; `peers` are the clients.
pub(crate) async fn send_to_clients(
    state: &AdminState,
    (conversation_id, sender): (ConversationId, ClientId),
    peers: &[String],
    message: (MessageText, bool, Option<MessageText>),
) -> Result<Answer<Sent>, ApiError> {
    let (text, transient, push_data) = message;
    let message = SendService {
        conversation_id,
        sender,
        addressed_to: clients("to_peers", peers)?,
        content: Content::Text(text.into_text()),
        transient,
        push_data: push_data.map(MessageText::into_text),
        address: None,
    };
    Ok(Answer(Sent::from(state.chat.send_service(message).await?)))
}

/// Tells whether a conversation is a service conversation.
pub(crate) async fn is_service(state: &AdminState, id: &ConversationId) -> Result<bool, ApiError> {
    Ok(state.chat.kind_of(id).await? == Some(ConversationKind::Service))
}

fn clients(name: &str, ids: &[String]) -> Result<AddressedTo, ApiError> {
    if ids.is_empty() {
        return Err(ApiError::field(name, "names nobody"));
    }
    if ids.len() > limit::SERVICE_TARGETS {
        let problem = format!("names more than {} clients", limit::SERVICE_TARGETS);
        return Err(ApiError::field(name, &problem));
    }
    let mut clients: Vec<ClientId> = ids
        .iter()
        .map(|id| read_client(name, id))
        .collect::<Result<_, _>>()?;
    clients.sort_unstable();
    clients.dedup();
    Ok(AddressedTo::Clients(clients))
}
