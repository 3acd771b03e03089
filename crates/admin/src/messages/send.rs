//! `POST /1.2/rtm/{kind}/{id}/messages`, `POST /1.1/rtm/messages`: a message in a client's name.

use axum::extract::State;
use http::Method;
use parlor_chat::PostMessage;
use parlor_model::{ClientId, Content, ConversationId, Mention, MessageKey, Priority};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::MessageText;
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::rate::RateClass;
use crate::reply::Answer;
use crate::segments::Segments;
use crate::service_conversations::{is_service, send_to_clients};

/// Clients that one message may mention by name.
const MAX_MENTIONS: usize = 20;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// In whose name; it need not be a member.
    from_client: String,
    message: MessageText,
    /// Whether it is only for who is online now.
    transient: Option<bool>,
    #[serde(flatten)]
    options: Options,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields11 {
    /// In whose name; it need not be a member.
    from_peer: String,
    conv_id: String,
    message: MessageText,
    /// Whether it is only for who is online now; it is unless this says `false`.
    transient: Option<bool>,
    /// To whom in a service conversation, at most 20.
    to_peers: Option<Vec<String>>,
    #[serde(flatten)]
    options: Options,
}

#[derive(Deserialize, ToSchema)]
struct Options {
    /// Whether the sender's own devices do not get it.
    no_sync: Option<bool>,
    /// What the push notification says instead.
    push_data: Option<MessageText>,
    /// `high`, `normal` or `low`, for chat rooms.
    priority: Option<String>,
    mention_all: Option<bool>,
    /// At most 20.
    mention_client_ids: Option<Vec<String>>,
}

/// Where the message is, twice: who calls the API by hand reads the first, SDKs' suites the
/// second.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Sent {
    msg_id: String,
    timestamp: i64,
    result: SentResult,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
struct SentResult {
    msg_id: String,
    timestamp: i64,
}

pub(crate) fn endpoint<K: PathKind>() -> Endpoint {
    Endpoint::new(
        Method::POST,
        format!("/1.2/rtm/{}/{{id}}/messages", K::SEGMENT),
        send::<K>,
        "Sends a message",
    )
    .rated(RateClass::Normal)
}

pub(crate) fn legacy() -> Endpoint {
    Endpoint::new(
        Method::POST,
        "/1.1/rtm/messages",
        send_1_1,
        "Sends a message",
    )
    .rated(RateClass::Normal)
}

async fn send<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&id, ImCode::InvalidMessagingTarget)?;
    kind::check::<K>(&state, &conversation_id, ImCode::InvalidMessagingTarget).await?;
    let sender = ("from_client", &*fields.from_client);
    let transient = fields.transient.unwrap_or(false);
    let defaults = (transient, Priority::Normal);
    let message = message(
        conversation_id,
        sender,
        fields.message,
        defaults,
        fields.options,
    )?;
    run(&state, message).await
}

async fn send_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields11>,
) -> Result<Answer<Sent>, ApiError> {
    let conversation_id = read_id(&fields.conv_id, ImCode::InvalidMessagingTarget)?;
    let sender = ("from_peer", &*fields.from_peer);
    let transient = fields.transient.unwrap_or(true);
    if is_service(&state, &conversation_id).await? {
        let (name, sender) = sender;
        let sender = ClientId::parse(sender).map_err(|error| ApiError::client_id(name, error))?;
        let peers = fields.to_peers.unwrap_or_default();
        let message = (fields.message, transient, fields.options.push_data);
        return send_to_clients(&state, (conversation_id, sender), &peers, message).await;
    }
    let defaults = (transient, Priority::High);
    let message = message(
        conversation_id,
        sender,
        fields.message,
        defaults,
        fields.options,
    )?;
    run(&state, message).await
}

/// Builds a message; the two versions of the API differ in whether it is transient and in the
/// priority of one that names none.
fn message(
    conversation_id: ConversationId,
    (name, sender): (&str, &str),
    text: MessageText,
    (transient, priority): (bool, Priority),
    options: Options,
) -> Result<PostMessage, ApiError> {
    Ok(PostMessage {
        conversation_id,
        sender: ClientId::parse(sender).map_err(|error| ApiError::client_id(name, error))?,
        content: Content::Text(text.into_text()),
        transient,
        echo: options.no_sync != Some(true),
        push_data: options.push_data.map(MessageText::into_text),
        mention: Mention {
            all: options.mention_all.unwrap_or(false),
            clients: mentioned(&options.mention_client_ids.unwrap_or_default())?,
        },
        priority: match options.priority {
            None => priority,
            Some(text) => read_priority(&text)?,
        },
    })
}

fn mentioned(ids: &[String]) -> Result<Vec<ClientId>, ApiError> {
    if ids.len() > MAX_MENTIONS {
        let problem = format!("names more than {MAX_MENTIONS} clients");
        return Err(ApiError::field("mention_client_ids", &problem));
    }
    ids.iter()
        .map(|id| {
            ClientId::parse(id).map_err(|error| ApiError::client_id("mention_client_ids", error))
        })
        .collect()
}

fn read_priority(text: &str) -> Result<Priority, ApiError> {
    [
        ("high", Priority::High),
        ("normal", Priority::Normal),
        ("low", Priority::Low),
    ]
    .into_iter()
    .find(|(name, _)| text.eq_ignore_ascii_case(name))
    .map(|(_, priority)| priority)
    .ok_or_else(|| ApiError::field("priority", "must be high, normal or low"))
}

async fn run(state: &AdminState, message: PostMessage) -> Result<Answer<Sent>, ApiError> {
    Ok(Answer(Sent::from(state.chat.post_message(message).await?)))
}

impl From<MessageKey> for Sent {
    fn from(sent: MessageKey) -> Self {
        let (msg_id, timestamp) = (sent.id.to_string(), sent.sent_at.as_millis());
        Self {
            result: SentResult {
                msg_id: msg_id.clone(),
                timestamp,
            },
            msg_id,
            timestamp,
        }
    }
}
