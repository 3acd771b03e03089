//! Levels that a key or a signature made with it proves.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use parlor_sign::{AccessLevel, RestCredentials, authenticate};

use super::{Level, charge};
use crate::AdminState;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;
use crate::openapi::scheme;
use crate::transport::header;

/// Everybody may.
pub(crate) struct Anonymous;

/// Callers with the app key or the master key may.
pub(crate) struct AppLevel;

/// Callers with the master key may: the app's own servers.
pub(crate) struct MasterLevel;

impl Level for Anonymous {}
impl Level for AppLevel {}
impl Level for MasterLevel {}

impl Input for Anonymous {
    fn describe(_: &mut Description) {}
}

impl Input for AppLevel {
    fn describe(description: &mut Description) {
        description.credentials(&[scheme::APP_ID, scheme::APP_KEY]);
        description.credentials(&[scheme::APP_ID, scheme::MASTER_KEY]);
    }
}

impl Input for MasterLevel {
    fn describe(description: &mut Description) {
        description.credentials(&[scheme::APP_ID, scheme::MASTER_KEY]);
    }
}

impl FromRequestParts<AdminState> for Anonymous {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, _: &AdminState) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

impl FromRequestParts<AdminState> for AppLevel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        proven(&parts.headers, state)?;
        charge(parts, state)?;
        Ok(Self)
    }
}

impl FromRequestParts<AdminState> for MasterLevel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        match proven(&parts.headers, state)? {
            AccessLevel::Master => {
                charge(parts, state)?;
                Ok(Self)
            }
            AccessLevel::App => Err(ApiError::master_only()),
        }
    }
}

/// Returns what the headers of a request prove.
pub(super) fn proven(headers: &HeaderMap, state: &AdminState) -> Result<AccessLevel, ApiError> {
    let presented = RestCredentials {
        id: first_of(headers, &header::APP_ID),
        key: first_of(headers, &header::APP_KEY),
        sign: first_of(headers, &header::SIGN),
        master_key: first_of(headers, &header::MASTER_KEY),
    };
    authenticate(&state.credentials, &presented).map_err(ApiError::unauthorized)
}

/// Returns the first of these headers that says something. Text that is not ASCII is passed on
/// too: it is a wrong key, not a missing one.
pub(super) fn first_of<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| headers.get(*name))
        .map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}"))
        .find(|text| !text.is_empty())
}
