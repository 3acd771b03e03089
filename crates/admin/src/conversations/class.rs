//! The class `_Conversation`. Whatever is written through it is told to nobody (spec 03 §2.13).

use parlor_chat::{
    Announce, Chat, CreateConversation, EditConversation, EditError, FindRows, FoundRows, ScanRows,
    ScannedRows,
};
use parlor_model::{ConversationId, JsonObject, Timestamp};

use crate::class::{Class, NewRow};
use crate::config::{ClientPermissions, Verb};
use crate::error::ApiError;

/// The class.
pub(crate) enum Conversations {}

impl Class for Conversations {
    const NAME: &'static str = "_Conversation";

    fn open_to_clients(permissions: &ClientPermissions) -> &[Verb] {
        &permissions.conversation
    }

    async fn create(chat: &Chat, row: JsonObject) -> Result<NewRow, ApiError> {
        let request = CreateConversation {
            row,
            kind: None,
            announce: Announce::Nobody,
        };
        let (created, outbox) = chat.create_conversation(request).await?;
        chat.publish(outbox).await;
        Ok(NewRow {
            id: created.conversation_id.to_string(),
            created_at: created.created_at,
        })
    }

    async fn find(chat: &Chat, request: FindRows) -> Result<FoundRows, ApiError> {
        Ok(chat.find_conversations(request).await?)
    }

    async fn get(
        chat: &Chat,
        id: &str,
        keys: Option<&str>,
    ) -> Result<Option<JsonObject>, ApiError> {
        match ConversationId::parse(id) {
            Ok(id) => Ok(chat.get_conversation(&id, keys).await?),
            // No row can have such an id.
            Err(_) => Ok(None),
        }
    }

    async fn update(
        chat: &Chat,
        id: &str,
        row: JsonObject,
        condition: JsonObject,
    ) -> Result<Timestamp, ApiError> {
        let absent = || ApiError::no_such_row(Self::NAME, id);
        let conversation_id = ConversationId::parse(id).map_err(|_| absent())?;
        let request = EditConversation {
            row,
            condition,
            kind: None,
            announce: Announce::Nobody,
        };
        match chat.edit_conversation(&conversation_id, request).await {
            Ok((updated_at, outbox)) => {
                chat.publish(outbox).await;
                Ok(updated_at)
            }
            Err(EditError::NotFound(_)) => Err(absent()),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(chat: &Chat, id: &str, condition: &JsonObject) -> Result<(), ApiError> {
        match ConversationId::parse(id) {
            Ok(id) => Ok(chat.delete_conversation(&id, None, condition).await?),
            Err(_) => Ok(()),
        }
    }

    async fn scan(chat: &Chat, request: ScanRows) -> Result<ScannedRows, ApiError> {
        Ok(chat.scan_conversations(request).await?)
    }
}
