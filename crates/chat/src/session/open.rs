//! Opening a session: by token, or afresh with a place among the client's devices.

use parlor_model::{ClientId, DeviceId, ErrorClass, Features, SessionEnd, Tag};
use parlor_store::{Connection, StoreError, client, kick, login};

use super::Login;
use super::single_sign_on::{Admission, Holder, admit};
use crate::{Chat, PresentedSignature, SignatureRefused};

/// What a client brings to open a session.
#[derive(Clone, Debug, Default)]
pub struct OpenSession {
    /// Who it says it is; `None` to be given an id.
    pub client_id: Option<ClientId>,
    /// Resumes an earlier session.
    pub token: Option<String>,
    /// An automatic relogin, which must not end another device's session.
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

/// Why a session was not opened or refreshed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The token is unknown, expired, revoked, or another client's.
    #[error("session token is unknown or expired, open the session without it")]
    TokenExpired,
    /// Another device holds the tag, or ended this login by taking it.
    #[error("another device is logged in under the same tag")]
    Conflict,
    /// The app's server ended the login.
    #[error("the session was ended by the app's server")]
    Kicked {
        /// What the server wants the client to be told.
        reason: Option<std::sync::Arc<str>>,
    },
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
            Self::Conflict => ErrorClass::Conflict,
            Self::Kicked { .. } => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl From<SessionEnd> for OpenError {
    fn from(end: SessionEnd) -> Self {
        match end {
            SessionEnd::Superseded => Self::TokenExpired,
            SessionEnd::Conflict => Self::Conflict,
            SessionEnd::Kicked { reason } => Self::Kicked { reason },
        }
    }
}

impl Chat {
    /// Logs a client in, by token or afresh, and ends the sessions that give way to it.
    ///
    /// The login is complete when its session is registered and has asked for its token by
    /// [`Chat::refresh_session`]: another device may end it in between.
    ///
    /// # Errors
    /// [`OpenError::TokenExpired`] for any token that is not valid for this client,
    /// [`OpenError::Conflict`] when another device comes first.
    pub async fn open_session(&self, request: OpenSession) -> Result<Login, OpenError> {
        let Some(token) = &request.token else {
            return self.log_in(request).await;
        };
        let mut connection = self.store.acquire().await?;
        let found = self
            .find_token(&mut connection, token, request.client_id.as_ref())
            .await?;
        match found.end {
            None => Ok(Login {
                features: request.features.unwrap_or(found.login.features),
                ..found.login
            }),
            // Only who comes back by itself is told to stay away; a login that a user asks for
            // starts over.
            Some(end) if request.reconnect => Err(end.into()),
            Some(_) => Err(OpenError::TokenExpired),
        }
    }

    async fn log_in(&self, request: OpenSession) -> Result<Login, OpenError> {
        let client_id = request
            .client_id
            .clone()
            .unwrap_or_else(|| self.ids.client_id());
        let signed_at = self.check_login_signature(&client_id, request.signature.as_ref())?;
        let mut tx = self.store.begin().await?;
        login::lock_client(&mut tx, &client_id).await?;
        if let Some(signed_at) = signed_at {
            let kicked_at = kick::lookup(&mut tx, &client_id).await?;
            if kicked_at.is_some_and(|kicked_at| signed_at <= kicked_at) {
                return Err(SignatureRefused::Voided.into());
            }
        }
        let features = features_of(&mut tx, &client_id, &request).await?;
        let now = self.clock.now();
        let holder = match &request.tag {
            Some(tag) => login::lookup_holder(&mut tx, &client_id, tag).await?,
            None => None,
        };
        let holder = holder.map(|holder| Holder {
            in_force: holder.expires_at > now,
            live: self.registry.is_live(&client_id, holder.login.session_key),
            login: holder.login,
        });
        let replaced = match admit(&request, holder) {
            Admission::Continue(login) => return Ok(Login { features, ..login }),
            Admission::Refuse => return Err(OpenError::Conflict),
            Admission::Take(replaced) => replaced,
        };
        if let Some((login, end)) = &replaced {
            login::end(&mut tx, login.session_key, end).await?;
        }
        let login = Login {
            session_key: self.ids.session_key(),
            client_id,
            tag: request.tag,
            device_id: request.device_id,
            features,
        };
        let expires_at = now.plus_millis(i64::from(self.token_ttl_secs()) * 1000);
        login::insert(&mut tx, &login, now, expires_at).await?;
        client::note_login(&mut tx, &login.client_id, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        if let Some((replaced, end)) = replaced {
            self.registry
                .end_login(&replaced.client_id, replaced.session_key, &end);
        }
        Ok(login)
    }
}

/// Returns what the session can handle: what it says, else for one that comes back what it said
/// before (spec 01 §5.1).
async fn features_of(
    connection: &mut Connection,
    client_id: &ClientId,
    request: &OpenSession,
) -> Result<Features, StoreError> {
    match request.features {
        Some(features) => Ok(features),
        None if request.reconnect => {
            let before =
                login::lookup_features(connection, client_id, request.device_id.as_ref()).await?;
            Ok(before.unwrap_or(Features::REOPEN_DEFAULT))
        }
        None => Ok(Features::default()),
    }
}
