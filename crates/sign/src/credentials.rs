//! The identity of the one app that is served.

use std::fmt;

/// The app's id and its keys, as shipped apps carry them.
#[derive(Clone, PartialEq, Eq)]
pub struct AppCredentials {
    /// Public id.
    pub id: String,
    /// Key of clients.
    pub key: String,
    /// Key of the app's own servers; signs everything.
    pub master_key: String,
    /// Key inside the native library of old Android apps, which sign requests with it; as good
    /// as the key of clients.
    pub android_key: Option<String>,
}

impl fmt::Debug for AppCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppCredentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
