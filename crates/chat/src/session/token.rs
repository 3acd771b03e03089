//! Session tokens.
//!
//! A token is 256 random bits; only its SHA-256 is stored. Every open and refresh issues a
//! fresh one, and all tokens of one login end together.

use parlor_model::ClientId;
use parlor_store::Connection;
use parlor_store::session_token::{self, Found, Issued, TokenHash};
use sha2::{Digest, Sha256};

use super::Login;
use crate::{Chat, OpenError};

/// A token and its life.
#[derive(Clone)]
pub struct SessionGrant {
    /// The token, opaque to clients.
    pub token: String,
    /// Its life in seconds.
    pub ttl_secs: i32,
}

impl std::fmt::Debug for SessionGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionGrant")
            .field("ttl_secs", &self.ttl_secs)
            .finish_non_exhaustive()
    }
}

impl Chat {
    /// Issues a token of a login that is still in force.
    pub(super) async fn grant(
        &self,
        connection: &mut Connection,
        login: &Login,
    ) -> Result<SessionGrant, OpenError> {
        let token = self.ids.session_token();
        let now = self.clock.now();
        let ttl_secs = self.token_ttl_secs();
        let expires_at = now.plus_millis(i64::from(ttl_secs) * 1000);
        let issued = session_token::insert(
            connection,
            &hash(&token),
            login.session_key,
            login.features,
            now,
            expires_at,
        )
        .await?;
        match issued {
            Issued::Stored => Ok(SessionGrant { token, ttl_secs }),
            Issued::Ended(end) => Err(end.into()),
            Issued::Gone => Err(OpenError::TokenExpired),
        }
    }

    /// Finds the login that a client has a token of, which may be ended.
    pub(super) async fn find_token(
        &self,
        connection: &mut Connection,
        token: &str,
        client_id: Option<&ClientId>,
    ) -> Result<Found, OpenError> {
        session_token::lookup(connection, &hash(token), self.clock.now())
            .await?
            .filter(|found| client_id.is_none_or(|client_id| *client_id == found.login.client_id))
            .ok_or(OpenError::TokenExpired)
    }

    pub(crate) fn token_ttl_secs(&self) -> i32 {
        i32::try_from(self.config.token_ttl.as_secs()).unwrap_or(i32::MAX)
    }
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
