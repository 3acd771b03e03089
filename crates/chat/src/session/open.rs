//! Opening a session and its tokens.
//!
//! A token is 256 random bits; only its SHA-256 is stored. Every open and refresh issues a
//! fresh one, and all tokens of one login end together when the session is closed.

use parlor_model::{ClientId, DeviceId, ErrorClass, Features, Tag};
use parlor_store::session_token::{self, TokenHash};
use parlor_store::{Connection, StoreError};
use sha2::{Digest, Sha256};

use super::Login;
use crate::{Chat, PresentedSignature, SignatureRefused};

/// What a client brings to open a session.
#[derive(Clone, Debug, Default)]
pub struct OpenSession {
    /// Who it says it is; `None` to be given an id.
    pub client_id: Option<ClientId>,
    /// Resumes an earlier session.
    pub token: Option<String>,
    /// An automatic relogin.
    pub reconnect: bool,
    /// The single-sign-on group; a token's own tag comes before it.
    pub tag: Option<Tag>,
    /// The device; a token's own device comes before it.
    pub device_id: Option<DeviceId>,
    /// What the SDK can handle; absent from SDKs that reopen.
    pub features: Option<Features>,
    /// The signature of the app's server; a valid token needs none.
    pub signature: Option<PresentedSignature>,
}

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

/// An open session.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// Identity and features, shared by all tokens of this login.
    pub login: Login,
    /// The fresh token.
    pub grant: SessionGrant,
}

/// Why a session was not opened or refreshed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The token is unknown, expired, revoked, or another client's.
    #[error("session token is unknown or expired, open the session without it")]
    TokenExpired,
    /// The app asks for signed logins.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::TokenExpired | Self::Signature(_) => ErrorClass::Unauthenticated,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Opens a session, by token or afresh.
    ///
    /// # Errors
    /// [`OpenError::TokenExpired`] for any token that is not valid for this client.
    pub async fn open_session(&self, request: OpenSession) -> Result<OpenedSession, OpenError> {
        let mut connection = self.store.acquire().await?;
        let login = match &request.token {
            Some(token) => {
                self.resume(
                    &mut connection,
                    token,
                    request.client_id.as_ref(),
                    request.features,
                )
                .await?
            }
            None => self.new_login(request)?,
        };
        let grant = self.grant(&mut connection, &login).await?;
        Ok(OpenedSession { login, grant })
    }

    /// Issues a fresh token for an open session; the old one stays valid until it expires.
    ///
    /// # Errors
    /// [`OpenError::Store`] when the database fails.
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
        let login = self.resume(&mut connection, token, client_id, None).await?;
        self.grant(&mut connection, &login).await
    }

    /// Closes a session: every token of this login is revoked.
    ///
    /// # Errors
    /// [`OpenError::Store`] when the database fails.
    pub async fn close_session(&self, login: &Login) -> Result<(), OpenError> {
        let mut connection = self.store.acquire().await?;
        session_token::delete_session(&mut connection, login.session_key).await?;
        Ok(())
    }

    /// Removes expired tokens; returns how many.
    ///
    /// # Errors
    /// [`OpenError::Store`] when the database fails.
    pub async fn delete_expired_tokens(&self) -> Result<u64, OpenError> {
        let mut connection = self.store.acquire().await?;
        Ok(session_token::delete_expired(&mut connection, self.clock.now()).await?)
    }

    fn new_login(&self, request: OpenSession) -> Result<Login, OpenError> {
        let client_id = request.client_id.unwrap_or_else(|| self.ids.client_id());
        self.check_login_signature(&client_id, request.signature.as_ref())?;
        Ok(Login {
            session_key: self.ids.session_key(),
            client_id,
            tag: request.tag,
            device_id: request.device_id,
            features: request.features.unwrap_or(if request.reconnect {
                Features::REOPEN_DEFAULT
            } else {
                Features::default()
            }),
        })
    }

    pub(super) async fn resume(
        &self,
        connection: &mut Connection,
        token: &str,
        client_id: Option<&ClientId>,
        features: Option<Features>,
    ) -> Result<Login, OpenError> {
        let found = session_token::lookup(connection, &hash(token), self.clock.now())
            .await?
            .filter(|found| client_id.is_none_or(|client_id| *client_id == found.client_id))
            .ok_or(OpenError::TokenExpired)?;
        Ok(Login {
            features: features.unwrap_or(found.features),
            ..found
        })
    }

    async fn grant(
        &self,
        connection: &mut Connection,
        login: &Login,
    ) -> Result<SessionGrant, OpenError> {
        let token = self.ids.session_token();
        let now = self.clock.now();
        let ttl_secs = i32::try_from(self.config.token_ttl.as_secs()).unwrap_or(i32::MAX);
        let expires_at = now.plus_millis(i64::from(ttl_secs) * 1000);
        session_token::insert(connection, &hash(&token), login, now, expires_at).await?;
        Ok(SessionGrant { token, ttl_secs })
    }
}

fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}
