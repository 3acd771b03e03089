//! Patches for who was away.

use std::sync::Arc;

use parlor_model::{ClientId, Event, EventKind, Timestamp, limit};
use parlor_store::{StoreError, patch};

use crate::Chat;

/// The patches that a client missed.
#[derive(Clone, Debug, Default)]
pub struct PatchReplay {
    /// Up to where the client knows all patches already.
    pub since: Timestamp,
    /// The patches after that, ascending by time.
    pub events: Vec<Event>,
}

impl Chat {
    /// Returns the edits and recalls in the conversations of a client that it has not heard of,
    /// whether or not it ever got the messages (spec 02 §12).
    ///
    /// `since` is the last patch that the client knows, or what its clock says: a moment in
    /// the future counts as now. Without it there is nothing to replay.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn patches_at_login(
        &self,
        client_id: &ClientId,
        since: Option<Timestamp>,
    ) -> Result<PatchReplay, StoreError> {
        let now = self.clock.now();
        let Some(since) = since.map(|since| since.min(now)) else {
            return Ok(PatchReplay {
                since: now,
                events: Vec::new(),
            });
        };
        let mut connection = self.store.acquire().await?;
        let limit = limit::PATCHES_AT_LOGIN;
        let patches = patch::list_since(&mut connection, client_id, since, now, limit).await?;
        Ok(PatchReplay {
            since,
            events: patches
                .into_iter()
                .map(|patch| Event {
                    happened_at: patch.patched_at,
                    kind: EventKind::Patched(Arc::new(patch)),
                })
                .collect(),
        })
    }
}
