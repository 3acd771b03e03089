//! Who holds a session token, asked by doors that have no session.

use parlor_model::ClientId;

use super::Login;
use crate::{Chat, OpenError};

impl Chat {
    /// Returns the login that a session token belongs to. The token stays as it is.
    ///
    /// # Errors
    /// [`OpenError::TokenExpired`] for any token that is not valid for this client, also of a login
    /// that was ended.
    pub async fn check_session_token(
        &self,
        client_id: &ClientId,
        token: &str,
    ) -> Result<Login, OpenError> {
        let mut connection = self.store.acquire().await?;
        let found = self
            .find_token(&mut connection, token, Some(client_id))
            .await?;
        match found.end {
            None => Ok(found.login),
            Some(_) => Err(OpenError::TokenExpired),
        }
    }
}
