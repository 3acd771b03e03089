//! `GET /1.2/rtm/broadcasts`, `GET /1.1/rtm/broadcast`: broadcasts that still reach who logs in.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use parlor_chat::LiveBroadcast;
use parlor_model::Content;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AdminState;
use crate::class::find;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Page {
    /// A service conversation.
    conv_id: String,
    /// Broadcasts to skip.
    skip: Option<i64>,
    /// Broadcasts wanted, from 1 to 1000.
    limit: Option<i64>,
}

/// A broadcast.
#[derive(Serialize, ToSchema)]
pub(crate) struct Record {
    #[serde(rename = "msg-id")]
    msg_id: String,
    #[serde(rename = "conv-id")]
    conv_id: String,
    from: String,
    data: String,
    timestamp: i64,
    /// Until when, in milliseconds.
    valid_till: i64,
}

pub(crate) fn endpoint(path: &str) -> Endpoint {
    Endpoint::new(
        Method::GET,
        path,
        list,
        "Lists live broadcasts, newest first",
    )
}

async fn list(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(page): Query<Page>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let conversation_id = read_id(&page.conv_id, ImCode::ConversationNotFound)?;
    let (skip, limit) = (find::skip(page.skip)?, find::limit(page.limit, false));
    let live = state.chat.list_broadcasts(&conversation_id, skip, limit);
    Ok(Answer(live.await?.into_iter().map(record).collect()))
}

fn record(live: LiveBroadcast) -> Record {
    let message = live.message;
    Record {
        msg_id: message.id.to_string(),
        conv_id: message.conversation_id.to_string(),
        from: message.sender.to_string(),
        data: match message.content {
            Content::Text(text) => text,
            Content::Binary(bytes) => STANDARD.encode(bytes),
        },
        timestamp: message.sent_at.as_millis(),
        valid_till: live.valid_till.as_millis(),
    }
}
