//! The app's server ending all sessions of a client.

use std::sync::Arc;

use parlor_model::{ClientId, ErrorClass, SessionEnd, limit};
use parlor_store::{StoreError, kick, login};

use crate::Chat;

/// Why a client was not kicked.
#[derive(Debug, thiserror::Error)]
pub enum KickError {
    /// The reason does not fit.
    #[error("reason is longer than {} characters", limit::KICK_REASON)]
    ReasonTooLong,
    /// The reason cannot be stored.
    #[error("reason contains a NUL character")]
    ReasonNul,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KickError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::ReasonTooLong | Self::ReasonNul => ErrorClass::Invalid,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Ends every session of a client: its tokens are revoked and login signatures made so far
    /// no longer count (spec 01 §5.7). The client may log in again.
    ///
    /// # Errors
    /// [`KickError`]; nothing happens then.
    pub async fn kick_client(
        &self,
        client_id: &ClientId,
        reason: Option<&str>,
    ) -> Result<(), KickError> {
        let reason = reason.filter(|reason| !reason.is_empty());
        if let Some(reason) = reason {
            if reason.chars().count() > limit::KICK_REASON {
                return Err(KickError::ReasonTooLong);
            }
            if reason.contains('\0') {
                return Err(KickError::ReasonNul);
            }
        }
        let end = SessionEnd::Kicked {
            reason: reason.map(Arc::from),
        };
        let mut tx = self.store.begin().await?;
        login::lock_client(&mut tx, client_id).await?;
        kick::upsert(&mut tx, client_id, self.clock.now()).await?;
        login::end_all(&mut tx, client_id, &end).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.registry.end_client(client_id, &end);
        tracing::info!(client.id = %client_id, "client kicked");
        Ok(())
    }
}
