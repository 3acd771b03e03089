//! Who may call an endpoint, as the type of its first argument (spec 03 §1.2, §1.7).
//!
//! **Invariant:** routes are made by [`get`] and [`any`] only, which take no handler whose first
//! argument is not a [`Level`]; so no endpoint can forget to ask.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use http::HeaderMap;
use http::request::Parts;
use parlor_sign::{AccessLevel, RestCredentials, authenticate};

use crate::AdminState;
use crate::config::ClassPermissions;
use crate::error::ApiError;
use crate::transport::header;

/// Proof that the caller may use the endpoint.
pub(crate) trait Level: FromRequestParts<AdminState> {}

/// Everybody may.
pub(crate) struct Anonymous;

/// Callers with the app key or the master key may.
pub(crate) struct AppLevel;

/// Callers may whom the `_Conversation` class permissions let do `V`.
pub(crate) struct ConversationClassLevel<V>(PhantomData<V>);

/// Something to do with the rows of a class.
pub(crate) trait Verb: Send {
    /// As the permission is called.
    const NAME: &'static str;

    /// Returns the level that the verb needs.
    fn required(permissions: ClassPermissions) -> AccessLevel;
}

/// Reading rows by a query.
pub(crate) enum Find {}

/// Reading one row by its id.
pub(crate) enum Get {}

impl Verb for Find {
    const NAME: &'static str = "find";

    fn required(permissions: ClassPermissions) -> AccessLevel {
        permissions.find
    }
}

impl Verb for Get {
    const NAME: &'static str = "get";

    fn required(permissions: ClassPermissions) -> AccessLevel {
        permissions.get
    }
}

impl Level for Anonymous {}
impl Level for AppLevel {}
impl<V: Verb> Level for ConversationClassLevel<V> {}

impl FromRequestParts<AdminState> for Anonymous {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, _: &AdminState) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

impl FromRequestParts<AdminState> for AppLevel {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        level_of(&parts.headers, state).map(|_| Self)
    }
}

impl<V: Verb> FromRequestParts<AdminState> for ConversationClassLevel<V> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        if level_of(&parts.headers, state)? < V::required(state.config.conversation_class) {
            return Err(ApiError::class_forbidden(V::NAME));
        }
        Ok(Self(PhantomData))
    }
}

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

/// Routes every method to a handler that has a level.
pub(crate) fn any<H, T>(handler: H) -> MethodRouter<AdminState>
where
    H: Handler<T, AdminState>,
    T: LevelFirst,
{
    routing::any(handler)
}

fn level_of(headers: &HeaderMap, state: &AdminState) -> Result<AccessLevel, ApiError> {
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
fn first_of<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| headers.get(*name))
        .map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}"))
        .find(|text| !text.is_empty())
}
