//! How much a client has not read, as a number.

use parlor_model::{ClientId, ConversationId};
use parlor_store::{StoreError, unread};

use crate::Chat;

impl Chat {
    /// Counts a client's unread messages, in one conversation or in all. No conversation counts
    /// for more than it is reported with on sockets, and one that the client is not in for
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn count_unread(
        &self,
        client_id: &ClientId,
        conversation_id: Option<&ConversationId>,
    ) -> Result<u64, StoreError> {
        let mut connection = self.store.acquire().await?;
        unread::count(&mut connection, client_id, conversation_id).await
    }
}
