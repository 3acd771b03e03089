//! Who may call an endpoint, as the type of its first argument (spec 03 §1.2, §1.7).
//!
//! **Invariant:** routes are made by [`get`], [`post`] and [`any`] only, which take no handler
//! whose first argument is not a [`Level`]; so no endpoint can forget to ask.

mod class;
mod client;
mod key;

use axum::extract::FromRequestParts;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use crate::AdminState;

pub(crate) use class::{Class, ClassLevel, Find, Get};
pub(crate) use client::ClientLevel;
pub(crate) use key::{Anonymous, AppLevel, MasterLevel};

/// Proof that the caller may use the endpoint.
pub(crate) trait Level: FromRequestParts<AdminState> {}

/// The arguments of a handler whose first one is a [`Level`].
pub(crate) trait LevelFirst: 'static {}

impl<M: 'static, L: Level + 'static> LevelFirst for (M, L) {}
impl<M: 'static, L: Level + 'static, A: 'static> LevelFirst for (M, L, A) {}
impl<M: 'static, L: Level + 'static, A: 'static, B: 'static> LevelFirst for (M, L, A, B) {}
impl<M, L, A, B, C> LevelFirst for (M, L, A, B, C)
where
    Self: 'static,
    L: Level,
{
}

/// Routes `GET` to a handler that has a level.
pub(crate) fn get<H, T>(handler: H) -> MethodRouter<AdminState>
where
    H: Handler<T, AdminState>,
    T: LevelFirst,
{
    routing::get(handler)
}

/// Routes `POST` to a handler that has a level.
pub(crate) fn post<H, T>(handler: H) -> MethodRouter<AdminState>
where
    H: Handler<T, AdminState>,
    T: LevelFirst,
{
    routing::post(handler)
}

/// Routes every method to a handler that has a level.
pub(crate) fn any<H, T>(handler: H) -> MethodRouter<AdminState>
where
    H: Handler<T, AdminState>,
    T: LevelFirst,
{
    routing::any(handler)
}
