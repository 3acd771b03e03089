//! `POST /1.1/rtm/patch/message`: editing or recalling; and what all ways to do so share.

use axum::extract::State;
use http::Method;
use parlor_chat::{Editor, PatchChange, PatchMessage};
use parlor_model::{ClientId, Content, ConversationId, Mention};
use serde::Deserialize;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::key;
use super::text::MessageText;
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::rate::RateClass;
use crate::reply::{Answer, Nothing, Wrapped};

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// Who sent the message.
    from_peer: String,
    conv_id: String,
    msg_id: String,
    /// When it was sent, in milliseconds.
    timestamp: f64,
    /// What it reads from now on; without meaning for a recall.
    message: Option<MessageText>,
    /// Whether to recall it.
    recall: Option<bool>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::POST,
        "/1.1/rtm/patch/message",
        patch,
        "Edits or recalls a message",
    )
    .rated(RateClass::Normal)
}

async fn patch(
    _: MasterLevel,
    State(state): State<AdminState>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Wrapped<Nothing>>, ApiError> {
    let change = if fields.recall == Some(true) {
        PatchChange::Recall
    } else {
        let message = fields.message;
        edited(message.ok_or_else(|| ApiError::field("message", "is missing"))?)
    };
    let conversation_id = read_id(&fields.conv_id, ImCode::InvalidMessagingTarget)?;
    let request = Request {
        conversation_id,
        message_id: &fields.msg_id,
        timestamp: fields.timestamp,
        sender: ("from_peer", &fields.from_peer),
        change,
    };
    run(&state, request).await
}

/// Returns the change to another text.
pub(super) fn edited(message: MessageText) -> PatchChange {
    PatchChange::Edit {
        content: Content::Text(message.into_text()),
        mention: Mention::default(),
    }
}

/// A patch as a request names it.
pub(super) struct Request<'a> {
    pub(super) conversation_id: ConversationId,
    pub(super) message_id: &'a str,
    pub(super) timestamp: f64,
    /// The field's name and what it holds.
    pub(super) sender: (&'static str, &'a str),
    pub(super) change: PatchChange,
}

/// Patches a message and waits until that is durable.
pub(super) async fn run(
    state: &AdminState,
    request: Request<'_>,
) -> Result<Answer<Wrapped<Nothing>>, ApiError> {
    let (name, sender) = request.sender;
    let sender = ClientId::parse(sender).map_err(|error| ApiError::client_id(name, error))?;
    let key = key::read(request.message_id, request.timestamp)?;
    let patch = PatchMessage {
        conversation_id: request.conversation_id,
        message_id: key.id,
        sent_at: Some(key.sent_at),
        change: request.change,
    };
    let (done, outcome) = oneshot::channel();
    let editor = Editor::App { sender: &sender };
    state
        .chat
        .patch_message(
            editor,
            patch,
            Box::new(move |outcome| {
                // Whoever asked may have left.
                let _ = done.send(outcome);
            }),
        )
        .await;
    outcome.await.map_err(|_| ApiError::unavailable())??;
    Ok(Answer(Wrapped { result: Nothing {} }))
}
