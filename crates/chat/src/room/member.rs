//! Joining and leaving a room.

use parlor_model::{ClientId, ConversationId, ConversationKind};
use parlor_store::{StoreError, conversation};

use crate::member::Failures;
use crate::{
    Actor, Caller, ChangeMembersError, Chat, FailureCause, MembersChanged, SignatureRefused,
};

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
        let Some(changed) = self.check_room(caller, conversation_id, named).await? else {
            return Ok(None);
        };
        signed()?;
        if self
            .sit_down_unless_blocked(caller, conversation_id)
            .await?
        {
            return Ok(Some(changed));
        }
        let mut failures = Failures::default();
        failures.add(FailureCause::Blocked, caller.client_id.clone());
        let failed = failures
            .settle(Actor::Client(caller).takes_partial_failure())
            .map_err(ChangeMembersError::Failed)?;
        Ok(Some(MembersChanged {
            allowed: Vec::new(),
            failed,
            ..changed
        }))
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

    /// Puts the caller's session into a room unless the client is blocked there; returns whether
    /// it is not.
    pub(crate) async fn sit_down_unless_blocked(
        &self,
        caller: &Caller,
        room: &ConversationId,
    ) -> Result<bool, StoreError> {
        // Whoever blocks holds the turn until the client is out of the room, so nobody slips in
        // between the look and the seat.
        let _turn = self.turns.take(room).await;
        let known = self.conversations.lookup(room).await?;
        if known.is_some_and(|known| known.is_blocked(&caller.client_id)) {
            return Ok(false);
        }
        self.sit_down(caller, room);
        Ok(true)
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
