//! What a handler takes and returns, as far as the OpenAPI document tells of it.

use axum::extract::State;

use super::Description;
use crate::AdminState;
use crate::error::ApiError;
use crate::level::Level;

/// An argument of a handler.
pub(crate) trait Input: 'static {
    /// Describes what it takes from a request.
    fn describe(description: &mut Description);
}

impl Input for State<AdminState> {
    fn describe(_: &mut Description) {}
}

/// What a handler returns.
pub(crate) trait Outcome {
    /// Describes the answers.
    fn describe(description: &mut Description);
}

/// Whoever answers failures only says nothing more than every description.
impl Outcome for ApiError {
    fn describe(_: &mut Description) {}
}

/// Failures have one form, which every endpoint's description begins with.
impl<T: Outcome> Outcome for Result<T, ApiError> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}

/// The arguments of a handler whose first one is a [`Level`].
pub(crate) trait Arguments: 'static {
    /// Describes all of them.
    fn describe(description: &mut Description);
}

/// A handler that takes `T` and returns `Output`.
pub(crate) trait Returns<T> {
    /// What it returns.
    type Output: Outcome;
}

/// The first part of a handler's type `M` says how axum calls it.
macro_rules! with_arguments {
    ($($argument:ident),*) => {
        impl<M, L, $($argument),*> Arguments for (M, L, $($argument,)*)
        where
            M: 'static,
            L: Level,
            $($argument: Input,)*
        {
            fn describe(description: &mut Description) {
                L::describe(description);
                $($argument::describe(description);)*
            }
        }

        impl<F, R, M, L, $($argument),*> Returns<(M, L, $($argument,)*)> for F
        where
            F: FnOnce(L, $($argument),*) -> R,
            R: Future<Output: Outcome>,
        {
            type Output = R::Output;
        }
    };
}

with_arguments!();
with_arguments!(A);
with_arguments!(A, B);
with_arguments!(A, B, C);
with_arguments!(A, B, C, D);
