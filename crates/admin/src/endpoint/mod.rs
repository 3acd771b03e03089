//! Endpoints: method, path, level, input and answer of each in one place, so that the routes and
//! the OpenAPI document are made from the same table.
//!
//! Nothing is described twice. Who may call comes from the type of a handler's first argument,
//! parameters and body from its other arguments, the answer from what it returns; an endpoint
//! adds its path and one line about what it does.
//!
//! **Invariant:** an [`Endpoint`] takes no handler whose first argument is not a
//! [`Level`](crate::level::Level), so no endpoint can forget to ask who calls.

mod arguments;
mod description;
mod route;

pub(crate) use arguments::{Arguments, Input, Outcome, Returns};
pub(crate) use description::Description;
pub(crate) use route::Endpoint;
