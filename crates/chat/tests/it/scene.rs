//! Where every test begins: a service whose clock the test moves.

use parlor_chat::{Chat, Config, Login, OpenError, OpenSession};
use parlor_cluster::{
    Encoding, Mailbox, Registration, Registry, SessionAddress, SessionHandle, mailbox,
};
use parlor_model::{ClientId, Clock, DeviceId, Features, Tag, TestClock, Timestamp, UnreadMode};
use parlor_store::Store;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The moment at which every test starts.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_764_000_000_000);

pub(crate) struct Scene {
    pub(crate) chat: Chat,
    pub(crate) registry: Registry,
    pub(crate) clock: TestClock,
}

impl Scene {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self::with(pool, Config::default())
    }

    pub(crate) fn with(pool: PgPool, config: Config) -> Self {
        let clock = TestClock::starting_at(START);
        let registry = Registry::new();
        let chat = Chat::new(
            Store::from_pool(pool),
            registry.clone(),
            Clock::Test(clock.clone()),
            config,
            &TaskTracker::new(),
            &CancellationToken::new(),
        );
        Self {
            chat,
            registry,
            clock,
        }
    }

    /// Makes the session of a login reachable, as its connection does.
    pub(crate) fn register(&self, login: &Login) -> (Registration, SessionHandle, Mailbox) {
        let (connection, mailbox) = mailbox(64);
        let address = SessionAddress {
            id: self.registry.new_session_id(),
            client_id: login.client_id.clone(),
            login: login.session_key,
            encoding: Encoding::AsRequested,
            unread_mode: UnreadMode::UnreadNotifications,
            features: login.features,
        };
        let session = SessionHandle::new(address, connection);
        (self.registry.register(session.clone()), session, mailbox)
    }

    /// Takes a client all the way to an open session.
    pub(crate) async fn log_in(
        &self,
        request: OpenSession,
    ) -> Result<(Login, Registration, SessionHandle), OpenError> {
        let login = self.chat.open_session(request).await?;
        let (registration, session, _mailbox) = self.register(&login);
        self.chat.refresh_session(&login).await?;
        Ok((login, registration, session))
    }
}

pub(crate) fn alice() -> ClientId {
    ClientId::trusted("alice")
}

/// A login of alice that a user asks for.
pub(crate) fn asked_for(device: &str) -> OpenSession {
    OpenSession {
        client_id: Some(alice()),
        tag: Tag::from_wire("Mobile"),
        device_id: Some(DeviceId(device.into())),
        features: Some(Features::from_bits(0xBB)),
        ..OpenSession::default()
    }
}

/// A login of alice that an SDK repeats by itself.
pub(crate) fn repeated(device: &str) -> OpenSession {
    OpenSession {
        reconnect: true,
        ..asked_for(device)
    }
}
