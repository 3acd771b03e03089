//! The failures of the REST API and their HTTP spelling (spec 03 §1.6).
//!
//! Errors of operations come in by their class; a failure that only HTTP knows has a
//! constructor of its own.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use parlor_chat::QueryError;
use parlor_model::ErrorClass;
use parlor_sign::RestError;
use serde_json::json;

use crate::reply;

/// The catch-all code: bad parameters, unknown routes, faults of ours.
const GENERIC: u16 = 1;
const NO_SUCH_CLASS: u16 = 101;
const BAD_JSON: u16 = 107;
const UNIQUE_VIOLATION: u16 = 137;

/// A failed request, answered as `{"code", "error"}`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: u16,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A query parameter that cannot be understood.
    pub(crate) fn parameter(name: &str, problem: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            format!("parameter {name} {problem}"),
        )
    }

    /// Text that should be JSON of a certain shape; `what` names it.
    pub(crate) fn bad_json(what: &str, problem: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            BAD_JSON,
            format!("{what} {problem}"),
        )
    }

    /// Credentials that prove nothing.
    pub(crate) fn unauthorized(error: RestError) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED.as_u16(),
            format!("Unauthorized. {error}"),
        )
    }

    /// A verb that the class permissions keep for the master key.
    pub(crate) fn class_forbidden(verb: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            StatusCode::FORBIDDEN.as_u16(),
            format!("class permission {verb} of _Conversation needs the master key"),
        )
    }

    /// A class that is not kept here.
    pub(crate) fn no_such_class() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            NO_SUCH_CLASS,
            "Class or object doesn't exists.",
        )
    }

    /// A path that leads nowhere.
    pub(crate) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, GENERIC, "no such route")
    }

    /// A path that does not take this method.
    pub(crate) fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            GENERIC,
            "this route does not take this method",
        )
    }

    /// A body over the limit.
    pub(crate) fn body_too_large(limit_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            format!("request body is longer than {limit_bytes} bytes"),
        )
    }

    /// Spells a class; what went wrong on our side is not told to callers.
    fn of_class(class: ErrorClass, message: impl Into<String>) -> Self {
        let message = message.into();
        match class {
            // 429 is kept for callers that are too fast: SDKs and scripts try again on it.
            ErrorClass::Invalid | ErrorClass::Limited => {
                Self::new(StatusCode::BAD_REQUEST, GENERIC, message)
            }
            ErrorClass::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, 401, message),
            ErrorClass::Forbidden => Self::new(StatusCode::FORBIDDEN, 403, message),
            ErrorClass::NotFound => Self::new(StatusCode::NOT_FOUND, NO_SUCH_CLASS, message),
            ErrorClass::Conflict => Self::new(StatusCode::BAD_REQUEST, UNIQUE_VIOLATION, message),
            ErrorClass::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                GENERIC,
                "temporarily unavailable, try again",
            ),
            ErrorClass::Internal => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, GENERIC, "internal error")
            }
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let class = error.class();
        if class.is_ours() {
            let error: &(dyn Error + 'static) = &error;
            tracing::error!(error, "conversation query failed");
        }
        Self::of_class(class, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        reply::json(
            self.status,
            &json!({ "code": self.code, "error": self.message }),
        )
    }
}
