//! Telling a client what it missed.

use parlor_model::{ClientId, ErrorClass, Event, Features, Timestamp, limit};
use parlor_store::StoreError;
use parlor_store::notification::{self, Page};

use crate::Chat;

/// How much a client takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationsPage {
    /// A page; it comes back for the next.
    First,
    /// Everything that is kept.
    All,
}

/// What a client missed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notifications {
    /// Ascending by time.
    pub events: Vec<Event>,
    /// More happened after the last of them.
    pub has_more: bool,
    /// Nothing is left out; otherwise what the client remembers of conversations may be wrong.
    pub complete: bool,
}

/// Why nothing is listed.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotificationsError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Lists what a client missed after a moment.
    ///
    /// # Errors
    /// [`NotificationsError`].
    pub async fn missed_notifications(
        &self,
        client_id: &ClientId,
        after: Timestamp,
        page: NotificationsPage,
    ) -> Result<Notifications, NotificationsError> {
        let now = self.clock.now();
        let ask = Features::KEEP_NOTIFICATIONS;
        let mut connection = self.store.acquire().await?;
        // Before the list: what is cut off meanwhile is missing from it.
        let kept_since = notification::kept_since(&mut connection, client_id, ask, now).await?;
        let mut complete =
            kept_since.is_some_and(|since| after >= since.max(self.oldest_notification(now)));
        let most = match page {
            NotificationsPage::First => Page::Oldest(limit::NOTIFICATION_PAGE),
            NotificationsPage::All => Page::Newest(self.config.max_notifications.saturating_add(1)),
        };
        let mut events = notification::list(&mut connection, client_id, after, most).await?;
        let has_more = match (page, events.last()) {
            (NotificationsPage::First, Some(last)) => {
                let next = Page::Oldest(1);
                let last = last.happened_at;
                let rest = notification::list(&mut connection, client_id, last, next).await?;
                !rest.is_empty()
            }
            (NotificationsPage::First, None) | (NotificationsPage::All, _) => false,
        };
        let most = usize::try_from(self.config.max_notifications).unwrap_or(usize::MAX);
        if page == NotificationsPage::All && events.len() > most {
            events.drain(..events.len() - most);
            complete = false;
        }
        Ok(Notifications {
            events,
            has_more,
            complete,
        })
    }

    /// Returns the moment before which no notification is kept.
    pub(crate) fn oldest_notification(&self, now: Timestamp) -> Timestamp {
        let life = self.config.notification_life.as_millis();
        now.plus_millis(-i64::try_from(life).unwrap_or(i64::MAX))
    }
}
