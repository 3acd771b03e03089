//! Joining and leaving a room.

use parlor_model::{ClientId, ConversationId, ConversationKind};
use parlor_store::conversation;

use crate::{Caller, ChangeMembersError, Chat, MembersChanged, SignatureRefused};

impl Chat {
    /// Joins a room, out of the one the login was in, once `signed` agrees. Returns `None` when the conversation is
    /// no room.
    pub(crate) async fn join_room(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
        signed: impl FnOnce() -> Result<(), SignatureRefused>,
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let changed = self.check_room(caller, conversation_id, named).await?;
        if changed.is_some() {
            signed()?;
            self.sit_down(caller, conversation_id);
        }
        Ok(changed)
    }

    /// Leaves a room for good: a session that is resumed later is not put back. Returns `None`
    /// when the conversation is no room.
    pub(crate) async fn leave_room(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let changed = self.check_room(caller, conversation_id, named).await?;
        if changed.is_some() {
            self.rooms.leave(caller.session_key, conversation_id);
        }
        Ok(changed)
    }

    /// Puts the caller's session into a room; nothing happens when the session is gone.
    pub(crate) fn sit_down(&self, caller: &Caller, room: &ConversationId) {
        if let Some(session) = self.registry.session(&caller.client_id, caller.session_id) {
            self.rooms.join(caller.session_key, session, room);
        }
    }

    /// Looks whether a conversation is a room and whether only the caller is to come or go.
    async fn check_room(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
    ) -> Result<Option<MembersChanged>, ChangeMembersError> {
        let known = self.conversations.lookup(conversation_id).await?;
        if !known.is_some_and(|known| known.kind == ConversationKind::ChatRoom) {
            return Ok(None);
        }
        if named.iter().any(|client_id| *client_id != caller.client_id) {
            return Err(ChangeMembersError::Unsupported(ConversationKind::ChatRoom));
        }
        // SDKs want the time of change, which coming and going does not move.
        let mut connection = self.store.acquire().await?;
        let room = conversation::lookup(&mut connection, conversation_id)
            .await?
            .ok_or_else(|| ChangeMembersError::NotFound(conversation_id.clone()))?;
        Ok(Some(MembersChanged {
            updated_at: room.updated_at,
            allowed: vec![caller.client_id.clone()],
            failed: Vec::new(),
        }))
    }
}
