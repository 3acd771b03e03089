//! The closed set that every operation's error maps to, once, where it is defined.

/// What kind of failure an error is; each door translates the class to its own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The request itself is wrong and will stay wrong.
    Invalid,
    /// The caller has not proven who it is.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// The thing named does not exist.
    NotFound,
    /// The request contradicts the present state.
    Conflict,
    /// A limit is reached.
    Limited,
    /// Something this server depends on is away; trying again later may work.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl ErrorClass {
    /// Tells whether the fault is ours, and so belongs in the log at `error`.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Unavailable | Self::Internal)
    }

    /// Returns the class as a metric label.
    #[must_use]
    pub const fn as_label(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}
