//! What an operator may set about the REST API.

use parlor_sign::AccessLevel;

/// Limits and permissions of the REST API.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who may do what with `_Conversation` over REST; sockets do not go by it.
    pub conversation_class: ClassPermissions,
    /// Bytes of one request body.
    pub max_body_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            conversation_class: ClassPermissions::default(),
            // What clients were told since the beginning (spec 03 §1.6).
            max_body_bytes: 20 * 1024 * 1024,
        }
    }
}

/// The level each verb on a class needs. A new deployment asks for the master key; an operator
/// opens single verbs for apps that always used the app key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassPermissions {
    /// Reading many rows by a query.
    pub find: AccessLevel,
    /// Reading one row by its id.
    pub get: AccessLevel,
}

impl Default for ClassPermissions {
    fn default() -> Self {
        Self {
            find: AccessLevel::Master,
            get: AccessLevel::Master,
        }
    }
}
