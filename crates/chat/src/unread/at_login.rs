//! The unread report after a session opens.

use std::cmp::Reverse;

use parlor_model::{ClientId, Event, EventKind, Timestamp, UnreadConversation, limit};
use parlor_store::{StoreError, stream_log, unread};

use crate::Chat;

impl Chat {
    /// Returns what a client that just came online must be told about unread messages, `None`
    /// when there is nothing to tell (spec 02 §9).
    ///
    /// `since` is the last report it remembers; without it every conversation with unread
    /// messages is reported.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn unread_at_login(
        &self,
        client_id: &ClientId,
        since: Option<Timestamp>,
    ) -> Result<Option<Event>, StoreError> {
        // Taken before reading: what is committed meanwhile is reported again next time
        // rather than never.
        let notified_at = self.clock.now();
        let mut connection = self.store.acquire().await?;
        let conversations =
            unread::list_changed(&mut connection, client_id, since, notified_at).await?;
        let streams =
            stream_log::list_changed(&mut connection, client_id, since, notified_at).await?;
        let conversations = newest_first(conversations, streams);
        Ok((!conversations.is_empty()).then_some(Event {
            happened_at: notified_at,
            kind: EventKind::Unread {
                conversations,
                notified_at,
            },
        }))
    }
}

/// Puts two lists, each newest first, into one, as long as a report may be.
fn newest_first(
    mut conversations: Vec<UnreadConversation>,
    more: Vec<UnreadConversation>,
) -> Vec<UnreadConversation> {
    conversations.extend(more);
    conversations.sort_by_key(|one| Reverse(one.last_message.as_ref().map(|last| last.sent_at)));
    let most = usize::try_from(limit::UNREAD_CONVERSATIONS).unwrap_or(usize::MAX);
    conversations.truncate(most);
    conversations
}
