//! Puts the services together.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use parlor_admin::{Quota, Quotas};
use parlor_chat::{Chat, CleanedUp, SignaturePolicy};
use parlor_cluster::Registry;
use parlor_gateway::{Gateway, Ports, Stopping};
use parlor_model::Clock;
use parlor_sign::AppCredentials;
use parlor_store::Store;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{ClassVerb, Config, LimitAction, Rate, WebSocketScheme, seconds};

/// How often what expired is removed.
const CLEAN_UP: Duration = Duration::from_secs(3600);

/// The tasks of one half of the server and what ends them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
    pub(crate) cancel: CancellationToken,
}

impl Tasks {
    /// Tells the tasks to end and waits for them; those that miss the deadline are logged and
    /// left behind.
    pub(crate) async fn finish(&self, what: &str, deadline: Duration) {
        self.cancel.cancel();
        self.tracker.close();
        if timeout(deadline, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "{what} did not end in time");
        }
    }
}

/// Brings the schema of the database up to date and opens it.
pub(crate) async fn open_store(config: &Config, url: &str) -> anyhow::Result<Store> {
    migrate(config, url).await?;
    connect(&store_config(config, url)).await
}

/// Brings the schema of the database up to date.
pub(crate) async fn migrate(config: &Config, url: &str) -> anyhow::Result<()> {
    let store = connect(&parlor_store::Config {
        max_connections: 1,
        // An index on a large table takes as long as it takes, and so does waiting for another
        // node that is migrating.
        statement_timeout: Duration::ZERO,
        ..store_config(config, url)
    })
    .await?;
    let migrated = store.migrate().await;
    store.close().await;
    migrated.context("cannot migrate the database")
}

async fn connect(config: &parlor_store::Config) -> anyhow::Result<Store> {
    Store::connect(config)
        .await
        .context("cannot open the database, check database.url")
}

fn store_config(config: &Config, url: &str) -> parlor_store::Config {
    parlor_store::Config {
        url: url.to_owned(),
        max_connections: config.database.max_connections,
        acquire_timeout: seconds(config.database.acquire_timeout_secs),
        statement_timeout: seconds(config.database.statement_timeout_secs),
    }
}

/// Builds everything between the listener and the database. Connections run on `doors`, the
/// message writer on `service`; the doors end first, after `draining` was told.
pub(crate) fn build(
    config: &Config,
    credentials: &AppCredentials,
    store: &Store,
    ports: Ports,
    draining: &CancellationToken,
    doors: &Tasks,
    service: &Tasks,
) -> Router {
    let clock = Clock::system();
    let registry = Registry::new();
    let chat = Chat::new(
        store.clone(),
        registry.clone(),
        clock,
        chat_config(config, credentials),
        &service.tracker,
        &service.cancel,
    );
    service
        .tracker
        .spawn(clean_up(chat.clone(), service.cancel.clone()));
    let rest = parlor_admin::router(parlor_admin::AdminState::new(
        chat.clone(),
        credentials.clone(),
        admin_config(config),
    ));
    let gateway = Gateway::new(
        chat,
        registry,
        gateway_config(config, credentials, ports),
        doors.tracker.clone(),
        Stopping {
            draining: draining.clone(),
            closing: doors.cancel.clone(),
        },
    );
    parlor_gateway::attach(gateway, rest)
}

fn chat_config(config: &Config, credentials: &AppCredentials) -> parlor_chat::Config {
    parlor_chat::Config {
        signatures: Some(SignaturePolicy {
            login: config.signature.login,
            conversation: config.signature.conversation,
            blacklist: config.signature.blacklist,
            history: config.signature.history,
            window: seconds(config.signature.window_secs),
            credentials: credentials.clone(),
        }),
        max_members: config.conversation.max_members,
        roles: config.moderation.roles,
        blacklist: config.moderation.blacklist,
        max_managers: config.moderation.max_managers,
        max_restricted: config.moderation.max_restricted,
        max_restricted_in_room: config.moderation.max_restricted_in_room,
        max_temporary_members: config.conversation.max_temporary_members,
        temporary_ttl: seconds(config.conversation.temporary_ttl_secs),
        max_temporary_ttl: seconds(config.conversation.max_temporary_ttl_secs),
        max_message_bytes: config.message.max_bytes,
        allow_edit: config.message.allow_edit,
        allow_recall: config.message.allow_recall,
        token_ttl: seconds(config.session.token_ttl_secs),
        notification_life: seconds(config.notification.life_secs),
        max_notifications: config.notification.max_per_client,
        query_timeout: seconds(config.conversation.query_timeout_secs),
        cache_capacity: config.conversation.cache_capacity,
        writer_lanes: config.message.writer_lanes,
        writer_batch: config.message.batch_messages,
    }
}

fn gateway_config(
    config: &Config,
    credentials: &AppCredentials,
    ports: Ports,
) -> parlor_gateway::Config {
    let public_url = config.listen.public_url.trim_end_matches('/');
    parlor_gateway::Config {
        app_id: credentials.id.clone(),
        public_url: (!public_url.is_empty()).then(|| public_url.to_owned()),
        ports,
        websocket_scheme: match config.listen.websocket_scheme {
            WebSocketScheme::Auto => parlor_gateway::WebSocketScheme::AsAsked,
            WebSocketScheme::Ws => parlor_gateway::WebSocketScheme::Ws,
            WebSocketScheme::Wss => parlor_gateway::WebSocketScheme::Wss,
        },
        idle_timeout: seconds(config.gateway.idle_timeout_secs),
        login_timeout: seconds(config.gateway.login_timeout_secs),
        max_frame_bytes: config.gateway.max_frame_bytes,
        mailbox_frames: config.gateway.mailbox_frames,
        max_connections: config.gateway.max_connections,
        max_sessions: config.gateway.max_sessions_per_connection,
        rate: parlor_gateway::RateLimits {
            sends_per_minute: config.limits.sends_per_minute,
            history_per_minute: config.limits.history_per_minute,
            others_per_minute: config.limits.others_per_minute,
            messages_per_second: config.limits.messages_per_second,
            when_limited: match config.limits.action {
                LimitAction::Error => parlor_gateway::WhenLimited::Error,
                LimitAction::Silent => parlor_gateway::WhenLimited::Silent,
            },
        },
        allowed_origins: config.gateway.allowed_origins.clone(),
    }
}

fn admin_config(config: &Config) -> parlor_admin::Config {
    let verbs = |verbs: &[ClassVerb]| verbs.iter().copied().map(verb).collect();
    parlor_admin::Config {
        client_permissions: parlor_admin::ClientPermissions {
            conversation: verbs(&config.client_permissions.conversation),
        },
        quotas: quotas(&config.rate),
        ..parlor_admin::Config::default()
    }
}

fn quotas(rate: &Rate) -> Quotas {
    if !rate.enabled {
        return Quotas::default();
    }
    Quotas {
        normal: Quota {
            per_minute: Some(rate.normal_per_minute),
            per_day: None,
        },
        subscribers: Quota {
            per_minute: Some(rate.subscribers_per_minute),
            per_day: Some(rate.subscribers_per_day),
        },
        everybody: Quota {
            per_minute: Some(rate.everybody_per_minute),
            per_day: Some(rate.everybody_per_day),
        },
        push: Quota {
            per_minute: Some(rate.push_per_minute),
            per_day: None,
        },
    }
}

const fn verb(verb: ClassVerb) -> parlor_admin::Verb {
    match verb {
        ClassVerb::Create => parlor_admin::Verb::Create,
        ClassVerb::Find => parlor_admin::Verb::Find,
        ClassVerb::Get => parlor_admin::Verb::Get,
        ClassVerb::Update => parlor_admin::Verb::Update,
        ClassVerb::Delete => parlor_admin::Verb::Delete,
    }
}

async fn clean_up(chat: Chat, cancel: CancellationToken) {
    let mut rounds = tokio::time::interval(CLEAN_UP);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = rounds.tick() => {}
            () = cancel.cancelled() => return,
        }
        match chat.clean_up().await {
            Ok(removed) if removed == CleanedUp::default() => {}
            Ok(CleanedUp {
                tokens,
                logins,
                kicks,
                client_days,
                notifications,
                surplus_notifications,
            }) => tracing::info!(
                tokens,
                logins,
                kicks,
                client_days,
                notifications,
                surplus_notifications,
                "expired rows removed"
            ),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "clean-up failed");
            }
        }
        match chat.delete_ended_conversations().await {
            Ok(0) => {}
            Ok(conversations) => {
                tracing::info!(conversations, "ended temporary conversations removed");
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "conversation cleanup failed"
                );
            }
        }
    }
}
