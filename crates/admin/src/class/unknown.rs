//! `/1.1/classes/{class}`: classes that are not kept here.

use crate::error::ApiError;
use crate::level::AppLevel;

/// Refuses, but only to those who belong here: others learn nothing about classes.
pub(crate) async fn unknown(_: AppLevel) -> ApiError {
    ApiError::no_such_class()
}
