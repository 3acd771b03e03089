//! The three kinds of conversations as paths name them (spec 03 §2.1).

use parlor_model::{ConversationId, ConversationKind};

use crate::AdminState;
use crate::error::ApiError;
use crate::im_code::ImCode;

/// A kind of conversations with endpoints of its own.
pub(crate) trait PathKind: Send + Sync + 'static {
    /// As paths call it.
    const SEGMENT: &'static str;

    /// The kind.
    const KIND: ConversationKind;
}

/// Conversations with stored members.
pub(crate) enum Normal {}

/// Conversations of whoever is online in them.
pub(crate) enum ChatRoom {}

/// Conversations of the app's server with each of its subscribers.
pub(crate) enum Service {}

impl PathKind for Service {
    const SEGMENT: &'static str = "service-conversations";
    const KIND: ConversationKind = ConversationKind::Service;
}

impl PathKind for Normal {
    const SEGMENT: &'static str = "conversations";
    const KIND: ConversationKind = ConversationKind::Normal;
}

impl PathKind for ChatRoom {
    const SEGMENT: &'static str = "chatrooms";
    const KIND: ConversationKind = ConversationKind::ChatRoom;
}

/// Reads the id of a conversation in a path or field; `absent` is the failure of one that no
/// conversation can have.
pub(crate) fn read_id(text: &str, absent: ImCode) -> Result<ConversationId, ApiError> {
    ConversationId::parse(text)
        .map_err(|_| ApiError::im(absent, format!("conversation {text} does not exist")))
}

/// Checks that a conversation exists and is of the kind that the path says.
pub(crate) async fn check<K: PathKind>(
    state: &AdminState,
    id: &ConversationId,
    absent: ImCode,
) -> Result<(), ApiError> {
    match state.chat.kind_of(id).await? {
        Some(kind) if kind == K::KIND => Ok(()),
        Some(_) => Err(wrong_kind(K::KIND, id)),
        None => Err(ApiError::im(
            absent,
            format!("conversation {id} does not exist"),
        )),
    }
}

/// The failure of a conversation that is not of this kind.
pub(crate) fn wrong_kind(wanted: ConversationKind, id: &ConversationId) -> ApiError {
    let code = match wanted {
        ConversationKind::ChatRoom => ImCode::ChatRoomRequired,
        ConversationKind::Service => ImCode::ServiceConversationRequired,
        ConversationKind::Normal | ConversationKind::Temporary => {
            ImCode::NormalConversationRequired
        }
    };
    ApiError::im(code, format!("conversation {id} is of another kind"))
}
