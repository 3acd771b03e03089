//! One line of the route table.

use axum::Extension;
use axum::handler::Handler;
use axum::routing::{self, MethodFilter, MethodRouter};
use http::Method;

use super::{Arguments, Description, Outcome, Returns};
use crate::AdminState;
use crate::rate::RateClass;

/// A method and a path, who answers, and what the OpenAPI document says about it.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) route: MethodRouter<AdminState>,
    pub(crate) description: Description,
}

impl Endpoint {
    /// Makes an endpoint of a handler, with one line about what it does.
    pub(crate) fn new<H, T, O>(
        method: Method,
        path: impl Into<String>,
        handler: H,
        about: &str,
    ) -> Self
    where
        H: Handler<T, AdminState> + Returns<T, Output = O>,
        T: Arguments,
        O: Outcome,
    {
        let path = path.into();
        let mut description = Description::new(&path, about);
        T::describe(&mut description);
        O::describe(&mut description);
        let filter = MethodFilter::try_from(method.clone()).expect("a method with a route");
        Self {
            method,
            path,
            route: routing::on(filter, handler),
            description,
        }
    }

    /// Counts calls that are allowed against the quota of a class.
    pub(crate) fn rated(mut self, class: RateClass) -> Self {
        let name = class.as_label();
        self.description.say(&format!("Rate class: {name}."));
        // The level charges it once it has let the caller through.
        self.route = self.route.layer(Extension(class));
        self
    }
}
