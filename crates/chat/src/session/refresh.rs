//! A fresh token for a login.

use parlor_model::ClientId;

use super::{Login, SessionGrant};
use crate::{Chat, OpenError};

impl Chat {
    /// Issues a fresh token for a registered session; the old one stays valid until it expires.
    ///
    /// # Errors
    /// [`OpenError`] when the login was ended meanwhile.
    pub async fn refresh_session(&self, login: &Login) -> Result<SessionGrant, OpenError> {
        let mut connection = self.store.acquire().await?;
        self.grant(&mut connection, login).await
    }

    /// Issues a fresh token for one that is still valid, without an open session.
    ///
    /// # Errors
    /// [`OpenError::TokenExpired`] when it is not valid for this client.
    pub async fn refresh_token(
        &self,
        token: &str,
        client_id: Option<&ClientId>,
    ) -> Result<SessionGrant, OpenError> {
        let mut connection = self.store.acquire().await?;
        let found = self.find_token(&mut connection, token, client_id).await?;
        self.grant(&mut connection, &found.login).await
    }
}
