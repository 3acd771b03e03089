//! Who is silenced or blocked.

use parlor_model::{ClientId, ConversationId, ConversationKind, Restriction, Timestamp, limit};
use parlor_store::{Connection, StoreError, conversation, member, restriction};

use super::RestrictError;
use crate::{Actor, Chat};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many entries to skip: a page's cursor is the number of entries before it.
    pub offset: u32,
    /// Most entries; `None` or 0 for [`limit::RESTRICTED_PAGE_DEFAULT`].
    pub limit: Option<u32>,
}

impl Page {
    /// Returns how many entries the page has at most.
    pub(super) fn size(self) -> u32 {
        match self.limit {
            None | Some(0) => limit::RESTRICTED_PAGE_DEFAULT,
            Some(wish) => wish.min(limit::RESTRICTED_PAGE),
        }
    }

    /// Returns how many entries to ask for: one more, to see whether there is a next page.
    pub(super) fn size_and_one(self) -> u32 {
        self.size() + 1
    }

    /// Cuts what was asked for to the page, and returns the cursor of the next one.
    pub(super) fn cut<T>(self, entries: &mut Vec<T>) -> Option<u32> {
        let size = self.size();
        let is_last = entries.len() <= size as usize;
        entries.truncate(size as usize);
        (!is_last).then(|| self.offset.saturating_add(size))
    }
}

/// A part of a list of clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPage {
    /// In the order in which they were restricted.
    pub client_ids: Vec<ClientId>,
    /// The offset of the next page; `None` on the last one.
    pub next: Option<u32>,
}

impl Chat {
    /// Lists who is silenced or blocked in a conversation; for its members, in a room for
    /// everybody.
    ///
    /// # Errors
    /// [`RestrictError`] when there is no such list, or it is not for the caller.
    pub async fn list_restricted(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        restriction: Restriction,
        page: Page,
    ) -> Result<ClientPage, RestrictError> {
        let mut connection = self.store.acquire().await?;
        self.check_readable(&mut connection, actor, conversation_id, restriction)
            .await?;
        let mut client_ids = restriction::list(
            &mut connection,
            conversation_id,
            restriction,
            page.offset,
            page.size_and_one(),
        )
        .await?;
        let next = page.cut(&mut client_ids);
        Ok(ClientPage { client_ids, next })
    }

    /// Returns which of these clients are silenced or blocked in a conversation.
    ///
    /// # Errors
    /// As [`Chat::list_restricted`].
    pub async fn are_restricted(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        restriction: Restriction,
        client_ids: &[ClientId],
    ) -> Result<Vec<ClientId>, RestrictError> {
        let mut connection = self.store.acquire().await?;
        self.check_readable(&mut connection, actor, conversation_id, restriction)
            .await?;
        let mut restricted =
            restriction::list_among(&mut connection, conversation_id, restriction, client_ids)
                .await?;
        restricted.sort_unstable();
        Ok(restricted)
    }

    async fn check_readable(
        &self,
        connection: &mut Connection,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        restriction: Restriction,
    ) -> Result<(), RestrictError> {
        let now = self.clock.now();
        let found = conversation::lookup(connection, conversation_id)
            .await?
            .filter(|found| found.is_alive_at(now))
            .ok_or_else(|| RestrictError::NotFound(conversation_id.clone()))?;
        self.check_restrictable(restriction, found.kind)?;
        let Some(caller) = actor.client_id() else {
            return Ok(());
        };
        if found.kind == ConversationKind::Normal
            && !is_member(connection, caller, conversation_id, now).await?
        {
            return Err(RestrictError::NotMember(conversation_id.clone()));
        }
        Ok(())
    }
}

async fn is_member(
    connection: &mut Connection,
    client_id: &ClientId,
    conversation_id: &ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let asked = std::slice::from_ref(conversation_id);
    let joined = member::list_joined(connection, client_id, asked, now).await?;
    Ok(!joined.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c43_a_page_has_a_cursor_unless_it_is_the_last() {
        let cut = |offset, limit, entries: u32| {
            let page = Page { offset, limit };
            let mut entries: Vec<u32> = (0..entries).take(page.size_and_one() as usize).collect();
            let next = page.cut(&mut entries);
            (entries.len(), next)
        };
        assert_eq!(cut(0, None, 25), (10, Some(10)));
        assert_eq!(cut(10, None, 15), (10, Some(20)));
        assert_eq!(cut(20, None, 5), (5, None));
        assert_eq!(cut(0, None, 10), (10, None));
        assert_eq!(cut(0, Some(0), 25), (10, Some(10)));
        assert_eq!(cut(0, Some(1), 25), (1, Some(1)));
        assert_eq!(cut(0, Some(1000), 250), (100, Some(100)));
        assert_eq!(cut(0, None, 0), (0, None));
        assert_eq!(cut(u32::MAX, None, 25), (10, Some(u32::MAX)));
    }
}
