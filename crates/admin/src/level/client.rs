//! The level of a client that is logged in on a socket (spec 03 §2.10).

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_model::ClientId;
use parlor_sign::AccessLevel;

use super::key::{first_of, proven};
use super::{Level, MasterLevel, charge};
use crate::AdminState;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;
use crate::openapi::scheme;
use crate::parameters::Parameters;
use crate::transport::header;

/// Clients may that have a session: beside the app's credentials they send `client_id` and the
/// session token that belongs to it.
pub(crate) struct ClientLevel {
    /// Who calls.
    pub(crate) client_id: ClientId,
}

impl Level for ClientLevel {}

/// Clients may that have a session, and callers with the master key.
pub(crate) enum ClientOrMasterLevel {
    /// A client with a session.
    Client(ClientId),
    /// The app's own servers.
    Master,
}

impl Level for ClientOrMasterLevel {}

impl Input for ClientOrMasterLevel {
    fn describe(description: &mut Description) {
        ClientLevel::describe(description);
        MasterLevel::describe(description);
    }
}

impl FromRequestParts<AdminState> for ClientOrMasterLevel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        if proven(&parts.headers, state)? == AccessLevel::Master {
            MasterLevel::from_request_parts(parts, state).await?;
            return Ok(Self::Master);
        }
        let client = ClientLevel::from_request_parts(parts, state).await?;
        Ok(Self::Client(client.client_id))
    }
}

impl Input for ClientLevel {
    fn describe(description: &mut Description) {
        description.credentials(&[scheme::APP_ID, scheme::APP_KEY, scheme::CLIENT_SESSION]);
        description.query_text("client_id");
    }
}

impl FromRequestParts<AdminState> for ClientLevel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        proven(&parts.headers, state)?;
        let parameters = Parameters::read(&parts.uri)?;
        let client_id = parameters
            .text("client_id")
            .ok_or_else(|| ApiError::parameter("client_id", "is missing"))?;
        let client_id =
            ClientId::parse(client_id).map_err(|error| ApiError::client_id("client_id", error))?;
        // No token is like one that ended: SDKs get a fresh one and come back.
        let token = first_of(&parts.headers, &header::CLIENT_SESSION).unwrap_or_default();
        state.chat.check_session_token(&client_id, token).await?;
        charge(parts, state)?;
        Ok(Self { client_id })
    }
}
