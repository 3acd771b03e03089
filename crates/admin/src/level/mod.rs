//! Who may call an endpoint, as the type of its first argument (spec 03 §1.2, §1.7).

mod class;
mod client;
mod key;

use axum::extract::FromRequestParts;

use crate::AdminState;
use crate::endpoint::Input;

pub(crate) use class::{ClassLevel, Create, Delete, Find, Get, Update};
pub(crate) use client::{ClientLevel, ClientOrMasterLevel};
pub(crate) use key::{Anonymous, AppLevel, MasterLevel};

/// Proof that the caller may use the endpoint.
pub(crate) trait Level: FromRequestParts<AdminState> + Input {}
