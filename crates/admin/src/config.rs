//! What an operator may set about the REST API.

use crate::rate::Quotas;

/// Limits and permissions of the REST API.
#[derive(Clone, Debug)]
pub struct Config {
    /// What callers with the app key may do with the rows of each class.
    pub client_permissions: ClientPermissions,
    /// Bytes of one request body, unpacked.
    pub max_body_bytes: usize,
    /// How often the app's servers may call what is dear.
    pub quotas: Quotas,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            client_permissions: ClientPermissions::default(),
            // What clients were told since the beginning (spec 03 §1.6).
            max_body_bytes: 20 * 1024 * 1024,
            quotas: Quotas::default(),
        }
    }
}

/// What callers with the app key may do, class by class; the app's servers may everything, and
/// sockets do not go by it. A new deployment opens nothing; an operator opens single verbs for
/// apps that always used the app key.
#[derive(Clone, Debug, Default)]
pub struct ClientPermissions {
    /// With `_Conversation`.
    pub conversation: Vec<Verb>,
}

/// Something to do with the rows of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Making a row.
    Create,
    /// Reading rows by a query.
    Find,
    /// Reading one row by its id.
    Get,
    /// Changing a row.
    Update,
    /// Removing a row.
    Delete,
}

impl Verb {
    /// Returns the verb as the permission is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Find => "find",
            Self::Get => "get",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}
