//! How many clients there are.

use parlor_store::{StoreError, client_day};

use crate::Chat;

/// Counts of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Logged in now.
    pub online: u64,
    /// Logged in at some time today (UTC).
    pub today: u64,
}

impl Chat {
    /// Counts clients.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn statistics(&self) -> Result<Statistics, StoreError> {
        let mut connection = self.store.acquire().await?;
        Ok(Statistics {
            online: self.registry.online_clients() as u64,
            today: client_day::count(&mut connection, self.clock.now()).await?,
        })
    }
}
