//! Levels that the class permissions decide.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_sign::AccessLevel;

use super::key::proven;
use super::{Level, charge};
use crate::AdminState;
use crate::class::Class;
use crate::config::Verb;
use crate::endpoint::{Description, Input};
use crate::error::ApiError;
use crate::openapi::scheme;

/// Callers may whom the permissions of class `C` let do `V`; those with the master key may
/// everything.
pub(crate) struct ClassLevel<C, V>(PhantomData<(C, V)>);

/// A [`Verb`] as a type.
pub(crate) trait ClassVerb: Send + 'static {
    /// Which one.
    const VERB: Verb;
}

/// Making a row.
pub(crate) enum Create {}

/// Reading rows by a query.
pub(crate) enum Find {}

/// Reading one row by its id.
pub(crate) enum Get {}

/// Changing a row.
pub(crate) enum Update {}

/// Removing a row.
pub(crate) enum Delete {}

impl ClassVerb for Create {
    const VERB: Verb = Verb::Create;
}

impl ClassVerb for Find {
    const VERB: Verb = Verb::Find;
}

impl ClassVerb for Get {
    const VERB: Verb = Verb::Get;
}

impl ClassVerb for Update {
    const VERB: Verb = Verb::Update;
}

impl ClassVerb for Delete {
    const VERB: Verb = Verb::Delete;
}

impl<C: Class, V: ClassVerb> Level for ClassLevel<C, V> {}

impl<C: Class, V: ClassVerb> Input for ClassLevel<C, V> {
    fn describe(description: &mut Description) {
        description.credentials(&[scheme::APP_ID, scheme::MASTER_KEY]);
        description.credentials(&[scheme::APP_ID, scheme::APP_KEY]);
        let verb = V::VERB.name();
        description.say(&format!(
            "With the app key only where the operator opened `{verb}` of the class to clients."
        ));
    }
}

impl<C: Class, V: ClassVerb> FromRequestParts<AdminState> for ClassLevel<C, V> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, ApiError> {
        let opened = C::open_to_clients(&state.config.client_permissions);
        if proven(&parts.headers, state)? < AccessLevel::Master && !opened.contains(&V::VERB) {
            return Err(ApiError::class_forbidden(C::NAME, V::VERB));
        }
        charge(parts, state)?;
        Ok(Self(PhantomData))
    }
}
