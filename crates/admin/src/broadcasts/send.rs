//! `POST /1.2/rtm/broadcasts`, `POST /1.1/rtm/broadcast`: a message to everybody.

use axum::extract::State;
use http::Method;
use parlor_chat::SendService;
use parlor_model::{AddressedTo, ClientId, Content};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, Service, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::messages::key;
use crate::messages::send::Sent;
use crate::messages::text::MessageText;
use crate::rate::RateClass;
use crate::reply::Answer;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// In whose name.
    from_client: String,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    /// In whose name.
    from_peer: String,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize, ToSchema)]
struct Rest {
    /// A service conversation.
    conv_id: String,
    message: MessageText,
    /// Until when it reaches who logs in, in milliseconds: a month at most, and by default.
    valid_till: Option<f64>,
    /// What the push notification says.
    #[serde(alias = "push_data")]
    push: Option<MessageText>,
    /// Whether it is only for who is online now.
    transient: Option<bool>,
}

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.2/rtm/broadcasts";
    Endpoint::new(Method::POST, path, send, "Sends a message to every client")
        .rated(RateClass::Everybody)
}

pub(crate) fn legacy() -> Endpoint {
    let path = "/1.1/rtm/broadcast";
    Endpoint::new(
        Method::POST,
        path,
        send_1_1,
        "Sends a message to every client",
    )
    .rated(RateClass::Everybody)
}

async fn send(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Sent>, ApiError> {
    run(&state, ("from_client", &fields.from_client), fields.rest).await
}

async fn send_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Sent>, ApiError> {
    run(&state, ("from_peer", &fields.from_peer), fields.rest).await
}

async fn run(
    state: &AdminState,
    (name, sender): (&str, &str),
    rest: Rest,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&rest.conv_id, ImCode::InvalidMessagingTarget)?;
    kind::check::<Service>(state, &conversation_id, ImCode::InvalidMessagingTarget).await?;
    let valid_till = state.chat.broadcast_end(rest.valid_till.map(key::time));
    let message = SendService {
        conversation_id,
        sender: ClientId::parse(sender).map_err(|error| ApiError::client_id(name, error))?,
        addressed_to: AddressedTo::Everybody { valid_till },
        content: Content::Text(rest.message.into_text()),
        transient: rest.transient.unwrap_or(false),
        push_data: rest.push.map(MessageText::into_text),
        address: None,
    };
    Ok(Answer(Sent::from(state.chat.send_service(message).await?)))
}
