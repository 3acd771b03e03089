//! Closing a session.

use parlor_store::login;
use uuid::Uuid;

use crate::{Chat, OpenError};

impl Chat {
    /// Logs a client out: every token of the login is revoked and its tag is free.
    ///
    /// # Errors
    /// [`OpenError::Store`] when the database fails.
    pub async fn close_session(&self, session_key: Uuid) -> Result<(), OpenError> {
        let mut connection = self.store.acquire().await?;
        login::delete(&mut connection, session_key).await?;
        Ok(())
    }
}
