//! Who may call an endpoint, as the type of its first argument (spec 03 §1.2, §1.7).

mod class;
mod client;
mod key;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::AdminState;
use crate::endpoint::Input;
use crate::error::ApiError;
use crate::rate::RateClass;

pub(crate) use class::{ClassLevel, Create, Delete, Find, Get, Update};
pub(crate) use client::{ClientLevel, ClientOrMasterLevel};
pub(crate) use key::{Anonymous, AppLevel, MasterLevel};

/// Proof that the caller may use the endpoint.
pub(crate) trait Level: FromRequestParts<AdminState> + Input {}

/// Counts a call that is let through against the quota of its endpoint, if it has one.
fn charge(parts: &Parts, state: &AdminState) -> Result<(), ApiError> {
    match parts.extensions.get::<RateClass>() {
        Some(class) => state.rates.take(*class, state.chat.clock().now()),
        None => Ok(()),
    }
}
