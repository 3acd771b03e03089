//! Removing temporary conversations that have ended.

use parlor_store::{StoreError, conversation};

use crate::Chat;

/// Conversations of one statement: each takes its messages along, and a statement should be
/// short.
const BATCH: u16 = 500;

impl Chat {
    /// Removes temporary conversations that have ended, with their messages; returns how many.
    /// Nobody sees a difference: they were as good as gone since they ended.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was removed until then stays removed.
    pub async fn delete_ended_conversations(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut connection = self.store.acquire().await?;
        let mut removed = 0;
        loop {
            let batch =
                conversation::delete_expired(&mut connection, now, i64::from(BATCH)).await?;
            removed += batch;
            if batch < u64::from(BATCH) {
                return Ok(removed);
            }
        }
    }
}
