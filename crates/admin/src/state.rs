//! What every endpoint can reach.

use std::sync::Arc;

use parlor_chat::Chat;
use parlor_sign::AppCredentials;

use crate::openapi::{Document, openapi_document};
use crate::rate::Rates;
use crate::{Config, metrics};

/// The handles of the REST API; cheap to clone.
#[derive(Clone, Debug)]
pub struct AdminState {
    pub(crate) chat: Chat,
    pub(crate) credentials: Arc<AppCredentials>,
    pub(crate) config: Arc<Config>,
    pub(crate) openapi: Document,
    pub(crate) rates: Arc<Rates>,
}

impl AdminState {
    /// Makes the state of the API that serves the app with these credentials.
    #[must_use]
    pub fn new(chat: Chat, credentials: AppCredentials, config: Config) -> Self {
        metrics::describe();
        Self {
            chat,
            credentials: Arc::new(credentials),
            rates: Arc::new(Rates::new(config.quotas.clone())),
            config: Arc::new(config),
            openapi: Document(openapi_document().into()),
        }
    }
}
