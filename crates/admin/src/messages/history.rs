//! Reading the log: `GET /1.2/rtm/{kind}/{id}/messages` and its siblings (spec 03 §2.4).

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use parlor_chat::{
    BrowseBound, BrowseMessages, BrowseScope, BrowsedMessage, Direction, HistorySignature,
    PresentedSignature,
};
use parlor_model::{ClientId, Content, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::key;
use crate::AdminState;
use crate::conversations::kind::{PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: i64 = 1000;

/// Where to start and stop, and which way to go. Both ends are exclusive unless they are asked
/// for.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct Walk {
    /// Where to start, in milliseconds; now, or the beginning of all time when reversed.
    timestamp: Option<f64>,
    /// The message to start at, at that time.
    msgid: Option<String>,
    /// Where to stop, in milliseconds.
    till_timestamp: Option<f64>,
    /// The message to stop at, at that time.
    till_msgid: Option<String>,
    /// Whether the start itself is wanted.
    include_start: Option<bool>,
    /// Whether the stop itself is wanted.
    include_stop: Option<bool>,
    /// Whether to go from old to new.
    reversed: Option<bool>,
    /// Messages wanted: 100 when not given, at most 1000.
    limit: Option<i64>,
    /// For whom the request is signed, where the app demands it.
    client_id: Option<String>,
    nonce: Option<String>,
    signature_ts: Option<i64>,
    signature: Option<String>,
}

/// The same under their old names. Either `convid` or `from`, or neither for everything.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct Walk11 {
    convid: Option<String>,
    /// Whose messages are wanted.
    from: Option<String>,
    /// An older name of `timestamp`.
    max_ts: Option<f64>,
    /// Where to start, in milliseconds; now, or the beginning of all time when reversed.
    timestamp: Option<f64>,
    /// The message to start at, at that time.
    msgid: Option<String>,
    /// Where to stop, in milliseconds.
    till_timestamp: Option<f64>,
    /// The message to stop at, at that time.
    till_msgid: Option<String>,
    /// Whether the start itself is wanted.
    include_start: Option<bool>,
    /// Whether the stop itself is wanted.
    include_stop: Option<bool>,
    /// Whether to go from old to new.
    reversed: Option<bool>,
    /// Messages wanted: 100 when not given, at most 1000.
    limit: Option<i64>,
    /// For whom the request is signed, where the app demands it.
    peerid: Option<String>,
    nonce: Option<String>,
    signature_ts: Option<i64>,
    signature: Option<String>,
}

/// A message of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Record {
    msg_id: String,
    timestamp: i64,
    /// The conversation, or the stream of one client in a service conversation.
    conv_id: String,
    /// The conversation.
    to: String,
    from: String,
    data: String,
    /// Whether `data` is base64 of bytes.
    bin: bool,
    is_conv: bool,
    /// Never: a relic of the first version.
    is_room: bool,
    /// When it was first received, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    ack_at: Option<i64>,
}

pub(crate) fn of_conversation<K: PathKind>() -> Endpoint {
    Endpoint::new(
        Method::GET,
        format!("/1.2/rtm/{}/{{id}}/messages", K::SEGMENT),
        conversation::<K>,
        "Lists the messages of a conversation",
    )
}

pub(crate) fn of_stream() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/service-conversations/{id}/subscribers/{client}/messages",
        stream,
        "Lists what a client sees of a service conversation",
    )
}

pub(crate) fn of_client() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/clients/{client}/messages",
        client,
        "Lists the messages that a client sent",
    )
}

pub(crate) fn of_everything() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.2/rtm/messages",
        everything,
        "Lists all messages",
    )
}

pub(crate) fn legacy(path: &str) -> Endpoint {
    Endpoint::new(Method::GET, path, history_1_1, "Lists messages")
}

async fn conversation<K: PathKind>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(walk): Query<Walk>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let scope = BrowseScope::Conversation {
        id: read_id(&id, ImCode::ConversationNotFound)?,
        kind: Some(K::KIND),
    };
    browse(&state, scope, walk).await
}

async fn stream(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments((id, client)): Segments<(String, String)>,
    Query(walk): Query<Walk>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let id = read_id(&id, ImCode::ConversationNotFound)?;
    let client_id =
        ClientId::parse(&client).map_err(|error| ApiError::client_id("client", error))?;
    let stream_id = parlor_chat::stream_id(&id, &client_id);
    let scope = BrowseScope::Stream { id, client_id };
    let Answer(mut records) = browse(&state, scope, walk).await?;
    for record in &mut records {
        record.conv_id.clone_from(&stream_id);
    }
    Ok(Answer(records))
}

async fn client(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Query(walk): Query<Walk>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    browse(&state, sender("client", &client)?, walk).await
}

async fn everything(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(walk): Query<Walk>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    browse(&state, BrowseScope::Everything, walk).await
}

async fn history_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(walk): Query<Walk11>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let scope = match (&walk.convid, &walk.from) {
        (Some(_), Some(_)) => {
            return Err(ApiError::parameter("from", "cannot stand beside convid"));
        }
        (Some(id), None) => BrowseScope::Conversation {
            id: read_id(id, ImCode::ConversationNotFound)?,
            kind: None,
        },
        (None, Some(from)) => sender("from", from)?,
        (None, None) => BrowseScope::Everything,
    };
    browse(&state, scope, walk.into()).await
}

impl From<Walk11> for Walk {
    fn from(walk: Walk11) -> Self {
        Self {
            timestamp: walk.timestamp.or(walk.max_ts),
            msgid: walk.msgid,
            till_timestamp: walk.till_timestamp,
            till_msgid: walk.till_msgid,
            include_start: walk.include_start,
            include_stop: walk.include_stop,
            reversed: walk.reversed,
            limit: walk.limit,
            client_id: walk.peerid,
            nonce: walk.nonce,
            signature_ts: walk.signature_ts,
            signature: walk.signature,
        }
    }
}

fn sender(name: &str, text: &str) -> Result<BrowseScope, ApiError> {
    let client_id = ClientId::parse(text).map_err(|error| ApiError::client_id(name, error))?;
    Ok(BrowseScope::Sender(client_id))
}

async fn browse(
    state: &AdminState,
    scope: BrowseScope,
    walk: Walk,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let signature = signature(&walk)?;
    let request = request(scope, &walk)?;
    let messages = state.chat.browse_messages(request, signature.as_ref());
    Ok(Answer(messages.await?.into_iter().map(record).collect()))
}

fn request(scope: BrowseScope, walk: &Walk) -> Result<BrowseMessages, ApiError> {
    Ok(BrowseMessages {
        scope,
        start: bound("msgid", walk.timestamp, walk.msgid.as_deref())?,
        include_start: walk.include_start.unwrap_or_default(),
        end: bound(
            "till_msgid",
            walk.till_timestamp,
            walk.till_msgid.as_deref(),
        )?,
        include_end: walk.include_stop.unwrap_or_default(),
        direction: if walk.reversed == Some(true) {
            Direction::Newer
        } else {
            Direction::Older
        },
        limit: match walk.limit {
            None | Some(..=0) => DEFAULT_LIMIT,
            Some(limit) => u32::try_from(limit.min(MAX_LIMIT)).unwrap_or(DEFAULT_LIMIT),
        },
    })
}

fn bound(
    name: &str,
    timestamp: Option<f64>,
    message_id: Option<&str>,
) -> Result<BrowseBound, ApiError> {
    match (timestamp, message_id) {
        (None, None) => Ok(BrowseBound::Open),
        (Some(timestamp), None) => Ok(BrowseBound::Time(key::time(timestamp))),
        (Some(timestamp), Some(id)) => Ok(BrowseBound::Message(key::read(id, timestamp)?)),
        (None, Some(_)) => Err(ApiError::parameter(name, "needs the time of the message")),
    }
}

/// Returns the signature when there is a whole one.
fn signature(walk: &Walk) -> Result<Option<HistorySignature>, ApiError> {
    let (Some(client_id), Some(signature), Some(timestamp)) =
        (&walk.client_id, &walk.signature, walk.signature_ts)
    else {
        return Ok(None);
    };
    let client_id =
        ClientId::parse(client_id).map_err(|error| ApiError::client_id("client_id", error))?;
    Ok(Some(HistorySignature {
        client_id,
        presented: PresentedSignature {
            signature: signature.clone(),
            timestamp,
            nonce: walk.nonce.clone().unwrap_or_default(),
        },
    }))
}

fn record(browsed: BrowsedMessage) -> Record {
    let message = browsed.message;
    let (data, bin) = match message.content {
        Content::Text(text) => (text, false),
        Content::Binary(bytes) => (STANDARD.encode(bytes), true),
    };
    Record {
        msg_id: message.id.to_string(),
        timestamp: message.sent_at.as_millis(),
        conv_id: message.conversation_id.to_string(),
        to: message.conversation_id.to_string(),
        from: message.sender.to_string(),
        data,
        bin,
        is_conv: true,
        is_room: false,
        ack_at: browsed.acked_at.map(Timestamp::as_millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r42_a_limit_is_cut_and_one_that_makes_no_sense_is_the_default() {
        for (limit, expected) in [
            (None, 100),
            (Some(0), 100),
            (Some(-5), 100),
            (Some(1), 1),
            (Some(1000), 1000),
            (Some(5000), 1000),
        ] {
            let walk = Walk {
                limit,
                ..Walk::default()
            };
            let request = request(BrowseScope::Everything, &walk).unwrap();
            assert_eq!(request.limit, expected, "{limit:?}");
        }
    }

    #[test]
    fn a_message_without_its_time_is_refused() {
        for walk in [
            Walk {
                msgid: Some("m".to_owned()),
                timestamp: None,
                ..Walk::default()
            },
            Walk {
                till_msgid: Some("m".to_owned()),
                timestamp: Some(1.0),
                ..Walk::default()
            },
        ] {
            request(BrowseScope::Everything, &walk).unwrap_err();
        }
    }
}
