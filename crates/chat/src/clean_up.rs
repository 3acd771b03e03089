//! Forgetting what expired.

use parlor_store::{StoreError, client_day, kick, login, notification, session_token};

use crate::Chat;

/// Logins extended by one statement.
const EXTENDED_AT_ONCE: usize = 1000;

/// What a round of cleaning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanedUp {
    /// Expired tokens.
    pub tokens: u64,
    /// Expired logins.
    pub logins: u64,
    /// Kicks that no signature is old enough for.
    pub kicks: u64,
    /// Notes of who was logged in on days gone by.
    pub client_days: u64,
    /// Notifications that are too old.
    pub notifications: u64,
    /// Notifications that were too many for their recipient.
    pub surplus_notifications: u64,
}

impl Chat {
    /// Removes what expired. A login whose session is open lives on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn clean_up(&self) -> Result<CleanedUp, StoreError> {
        let now = self.clock.now();
        let ttl_ms = i64::from(self.token_ttl_secs()) * 1000;
        let mut connection = self.store.acquire().await?;
        for session_keys in self.registry.logins().chunks(EXTENDED_AT_ONCE) {
            // Well before they expire, and not all of them in every round.
            let (due, until) = (now.plus_millis(ttl_ms / 2), now.plus_millis(ttl_ms));
            login::extend(&mut connection, session_keys, due, until).await?;
        }
        let window = self.config.signatures.as_ref().map(|policy| policy.window);
        let window_ms = i64::try_from(window.unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
        Ok(CleanedUp {
            tokens: session_token::delete_expired(&mut connection, now).await?,
            logins: login::delete_expired(&mut connection, now).await?,
            // What was signed before these kicks is too old for a login anyway.
            kicks: kick::delete_before(&mut connection, now.plus_millis(-window_ms)).await?,
            client_days: client_day::delete_before(&mut connection, now).await?,
            notifications: notification::delete_before(
                &mut connection,
                self.oldest_notification(now),
            )
            .await?,
            surplus_notifications: notification::trim(
                &mut connection,
                self.config.max_notifications,
            )
            .await?,
        })
    }
}
