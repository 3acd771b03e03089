//! Identifiers as newtypes: cheap to clone, impossible to mix up.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// The text is empty.
    Empty,
    /// The text has more characters than the limit.
    TooLong {
        /// The most characters allowed.
        limit: usize,
    },
    /// The text holds a NUL character, which PostgreSQL cannot store.
    Nul,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("id is empty"),
            Self::TooLong { limit } => write!(f, "id is longer than {limit} characters"),
            Self::Nul => f.write_str("id contains a NUL character"),
        }
    }
}

impl std::error::Error for IdError {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, at most $limit:literal characters) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The most characters an id may have.
            pub const MAX_CHARS: usize = $limit;

            /// Checks and wraps an id that came from outside.
            ///
            /// # Errors
            /// [`IdError`] when the text is empty, too long or holds a NUL.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if text.is_empty() {
                    return Err(IdError::Empty);
                }
                // Bytes bound characters from above, so most ids need no counting.
                if text.len() > $limit && text.chars().count() > $limit {
                    return Err(IdError::TooLong { limit: $limit });
                }
                if text.contains('\0') {
                    return Err(IdError::Nul);
                }
                Ok(Self(Arc::from(text)))
            }

            /// Wraps an id that this deployment made or stored itself.
            #[must_use]
            pub fn trusted(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// A user of the app as it names itself, 1 to 64 characters (wire `peerId`, `pid`).
    ClientId, at most 64 characters
}

id! {
    /// A conversation: 24 hex digits for those made here, with a prefix for temporary ones, any
    /// short text for imported ones (wire `cid`).
    ConversationId, at most 64 characters
}

impl ConversationId {
    /// What the ids of temporary conversations start with; SDKs know them by it (spec 02 §5).
    pub const TEMPORARY_PREFIX: &'static str = "_tmp:";

    /// Tells whether the id is one of a temporary conversation.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.as_str().starts_with(Self::TEMPORARY_PREFIX)
    }
}

id! {
    /// A message: 22 url-safe base64 characters for those made here (wire `mid`, `uid`).
    MessageId, at most 64 characters
}

id! {
    /// The assignment of a role to a member: 24 hex digits (wire `infoId`).
    MemberRoleId, at most 64 characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_has_one_to_sixty_four_characters() {
        assert_eq!(ClientId::parse(""), Err(IdError::Empty));
        assert!(ClientId::parse(&"é".repeat(64)).is_ok());
        assert_eq!(
            ClientId::parse(&"a".repeat(65)),
            Err(IdError::TooLong { limit: 64 })
        );
        assert_eq!(ClientId::parse("a\0b"), Err(IdError::Nul));
    }
}
