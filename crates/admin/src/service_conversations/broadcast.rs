//! `POST /1.2/rtm/service-conversations/{id}/broadcasts`: a message to every subscriber.

use axum::extract::State;
use http::Method;
use parlor_chat::SendService;
use parlor_model::{AddressedTo, ClientId, Content, ConversationId};
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
    /// What the push notification says.
    #[serde(alias = "push_data")]
    push: Option<MessageText>,
}

/// The fields as they were called before.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    /// In whose name.
    from_peer: String,
    conv_id: String,
    message: MessageText,
    /// What the push notification says.
    #[serde(alias = "push_data")]
    push: Option<MessageText>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::POST,
        "/1.2/rtm/service-conversations/{id}/broadcasts",
        broadcast,
        "Sends a message to every subscriber",
    )
    .rated(RateClass::Subscribers)
}

pub(crate) fn legacy() -> Endpoint {
    Endpoint::new(
        Method::POST,
        "/1.1/rtm/broadcast/subscriber",
        broadcast_1_1,
        "Sends a message to every subscriber",
    )
    .rated(RateClass::Subscribers)
}

async fn broadcast(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&id, ImCode::InvalidMessagingTarget)?;
    let sender = read_client("from_client", &fields.from_client)?;
    run(&state, conversation_id, sender, fields.message, fields.push).await
}

async fn broadcast_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&fields.conv_id, ImCode::InvalidMessagingTarget)?;
    let sender = read_client("from_peer", &fields.from_peer)?;
    run(&state, conversation_id, sender, fields.message, fields.push).await
}

async fn run(
    state: &AdminState,
    conversation_id: ConversationId,
    sender: ClientId,
    text: MessageText,
    push: Option<MessageText>,
) -> Result<Answer<Sent>, ApiError> {
    kind::check::<Service>(state, &conversation_id, ImCode::InvalidMessagingTarget).await?;
    let message = SendService {
        conversation_id,
        sender,
        addressed_to: AddressedTo::Subscribers,
        content: Content::Text(text.into_text()),
        transient: false,
        push_data: push.map(MessageText::into_text),
        address: None,
    };
    Ok(Answer(Sent::from(state.chat.send_service(message).await?)))
}
