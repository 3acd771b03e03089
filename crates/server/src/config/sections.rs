//! The typed sections and their checks. What each key means is said in `config/parlor.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;

use super::ConfigError;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Config {
    pub data_dir: PathBuf,
    pub app: App,
    pub listen: Listen,
    pub tls: Tls,
    pub database: Database,
    pub gateway: Gateway,
    pub limits: Limits,
    pub session: Session,
    pub notification: Notification,
    pub signature: Signature,
    pub message: Message,
    pub conversation: Conversation,
    pub rate: Rate,
    pub client_permissions: ClientPermissions,
    pub moderation: Moderation,
    pub log: Log,
}

/// `[app]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct App {
    pub id: String,
    pub key: String,
    pub key_file: String,
    pub master_key: String,
    pub master_key_file: String,
    pub android_key: String,
    pub android_key_file: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// `[listen]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Listen {
    pub http: SocketAddr,
    #[serde(deserialize_with = "address_or_empty")]
    pub https: Option<SocketAddr>,
    pub admin: SocketAddr,
    pub public_url: String,
    pub websocket_scheme: WebSocketScheme,
    pub request_timeout_secs: u64,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

/// `listen.websocket_scheme`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum WebSocketScheme {
    /// As the client asks.
    Auto,
    /// Always `ws`.
    Ws,
    /// Always `wss`.
    Wss,
}

/// `[tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Database {
    pub url: String,
    pub url_file: String,
    pub max_connections: u32,
    pub acquire_timeout_secs: u64,
    pub statement_timeout_secs: u64,
    pub postgres_bin_dir: String,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may hold a password.
        f.debug_struct("Database")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// `[gateway]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Gateway {
    pub max_connections: usize,
    pub max_sessions_per_connection: usize,
    pub idle_timeout_secs: u64,
    pub login_timeout_secs: u64,
    pub goaway_grace_secs: u64,
    pub max_frame_bytes: usize,
    pub mailbox_frames: usize,
    pub allowed_origins: Vec<String>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Limits {
    pub sends_per_minute: u32,
    pub history_per_minute: u32,
    pub others_per_minute: u32,
    pub messages_per_second: u32,
    pub action: LimitAction,
}

/// `limits.action`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LimitAction {
    /// The command is refused.
    Error,
    /// The command is not answered.
    Silent,
}

/// `[session]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Session {
    pub token_ttl_secs: u64,
}

/// `[notification]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Notification {
    pub life_secs: u64,
    pub max_per_client: i64,
}

/// `[signature]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Signature {
    pub login: bool,
    pub conversation: bool,
    pub blacklist: bool,
    pub history: bool,
    pub window_secs: u64,
}

/// `[message]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Message {
    pub max_bytes: usize,
    pub allow_edit: bool,
    pub allow_recall: bool,
    pub writer_lanes: usize,
    pub batch_messages: usize,
}

/// `[conversation]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Conversation {
    pub max_members: usize,
    pub max_temporary_members: usize,
    pub temporary_ttl_secs: u64,
    pub max_temporary_ttl_secs: u64,
    pub query_timeout_secs: u64,
    pub cache_capacity: u64,
}

/// `[moderation]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Moderation {
    pub roles: bool,
    pub max_managers: usize,
    pub blacklist: bool,
    pub max_restricted: usize,
    pub max_restricted_in_room: usize,
}

/// `[rate]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Rate {
    pub enabled: bool,
    pub normal_per_minute: u32,
    pub subscribers_per_minute: u32,
    pub subscribers_per_day: u32,
    pub everybody_per_minute: u32,
    pub everybody_per_day: u32,
    pub push_per_minute: u32,
}

/// `[client_permissions]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct ClientPermissions {
    pub conversation: Vec<ClassVerb>,
}

/// Something to do with the rows of a class.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ClassVerb {
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

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/parlor.toml documents every key")]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// `log.format`
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

impl Config {
    /// Replaces each secret by its file's content, where a file is named.
    pub(super) fn read_secret_files(&mut self) -> Result<(), ConfigError> {
        read_secret("app.key", &mut self.app.key, &self.app.key_file)?;
        read_secret(
            "app.master_key",
            &mut self.app.master_key,
            &self.app.master_key_file,
        )?;
        read_secret(
            "app.android_key",
            &mut self.app.android_key,
            &self.app.android_key_file,
        )?;
        read_secret(
            "database.url",
            &mut self.database.url,
            &self.database.url_file,
        )
    }

    /// Checks what the types do not.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.check_app()?;
        if self.data_dir.as_os_str().is_empty() {
            return Err(ConfigError::invalid("data_dir", "must not be empty"));
        }
        let public_url = &self.listen.public_url;
        if !public_url.is_empty()
            && !public_url.starts_with("http://")
            && !public_url.starts_with("https://")
        {
            return Err(ConfigError::invalid(
                "listen.public_url",
                format!("must start with http:// or https://, found {public_url:?}"),
            ));
        }
        self.check_tls()?;
        within(
            "listen.request_timeout_secs",
            self.listen.request_timeout_secs,
            1,
            3600,
        )?;
        let url = &self.database.url;
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(ConfigError::invalid(
                "database.url",
                "must start with postgres://",
            ));
        }
        if let Err(problem) = EnvFilter::try_new(&self.log.filter) {
            return Err(ConfigError::invalid("log.filter", problem.to_string()));
        }
        // From one message and its envelope up to what a socket may buffer.
        within(
            "gateway.max_frame_bytes",
            self.gateway.max_frame_bytes,
            8192,
            16 << 20,
        )?;
        within(
            "gateway.idle_timeout_secs",
            self.gateway.idle_timeout_secs,
            1,
            86_400,
        )?;
        within(
            "gateway.login_timeout_secs",
            self.gateway.login_timeout_secs,
            1,
            86_400,
        )?;
        within(
            "gateway.goaway_grace_secs",
            self.gateway.goaway_grace_secs,
            0,
            3600,
        )?;
        within(
            "gateway.mailbox_frames",
            self.gateway.mailbox_frames,
            16,
            1 << 20,
        )?;
        within(
            "gateway.max_connections",
            self.gateway.max_connections,
            1,
            10_000_000,
        )?;
        within(
            "gateway.max_sessions_per_connection",
            self.gateway.max_sessions_per_connection,
            1,
            1_000_000,
        )?;
        // Java treats the last 300 s as expired and multiplies seconds by 1000 in an int32.
        within(
            "session.token_ttl_secs",
            self.session.token_ttl_secs,
            301,
            2_147_483,
        )?;
        within(
            "notification.life_secs",
            self.notification.life_secs,
            60,
            31_536_000,
        )?;
        within(
            "notification.max_per_client",
            self.notification.max_per_client,
            1,
            100_000,
        )?;
        within(
            "signature.window_secs",
            self.signature.window_secs,
            1,
            31_536_000,
        )?;
        within(
            "message.max_bytes",
            self.message.max_bytes,
            1,
            self.gateway.max_frame_bytes,
        )?;
        within("message.writer_lanes", self.message.writer_lanes, 1, 256)?;
        within(
            "message.batch_messages",
            self.message.batch_messages,
            1,
            10_000,
        )?;
        within(
            "conversation.max_members",
            self.conversation.max_members,
            1,
            100_000,
        )?;
        within(
            "conversation.max_temporary_members",
            self.conversation.max_temporary_members,
            2,
            1000,
        )?;
        // Ten years; SDKs hold the seconds in an int32.
        within(
            "conversation.max_temporary_ttl_secs",
            self.conversation.max_temporary_ttl_secs,
            1,
            315_360_000,
        )?;
        within(
            "conversation.temporary_ttl_secs",
            self.conversation.temporary_ttl_secs,
            1,
            self.conversation.max_temporary_ttl_secs,
        )?;
        within(
            "conversation.query_timeout_secs",
            self.conversation.query_timeout_secs,
            1,
            3600,
        )?;
        within(
            "moderation.max_managers",
            self.moderation.max_managers,
            1,
            100_000,
        )?;
        within(
            "moderation.max_restricted",
            self.moderation.max_restricted,
            1,
            100_000,
        )?;
        within(
            "moderation.max_restricted_in_room",
            self.moderation.max_restricted_in_room,
            1,
            100_000,
        )?;
        within(
            "database.max_connections",
            self.database.max_connections,
            2,
            10_000,
        )?;
        within(
            "database.acquire_timeout_secs",
            self.database.acquire_timeout_secs,
            1,
            3600,
        )?;
        within(
            "database.statement_timeout_secs",
            self.database.statement_timeout_secs,
            1,
            3600,
        )
    }

    /// Returns the database URL, `None` for the embedded PostgreSQL.
    #[must_use]
    pub fn database_url(&self) -> Option<&str> {
        (!self.database.url.is_empty()).then_some(self.database.url.as_str())
    }

    /// Whether the files are any good is asked where they are loaded.
    fn check_tls(&self) -> Result<(), ConfigError> {
        let Tls {
            certificate_file,
            key_file,
        } = &self.tls;
        let is_on = self.listen.https.is_some();
        for (key, file) in [
            ("tls.certificate_file", certificate_file),
            ("tls.key_file", key_file),
        ] {
            let is_set = !file.as_os_str().is_empty();
            if is_set != is_on {
                let problem = if is_on {
                    "must be set when listen.https is"
                } else {
                    "is of no use without listen.https"
                };
                return Err(ConfigError::invalid(key, problem));
            }
        }
        Ok(())
    }

    fn check_app(&self) -> Result<(), ConfigError> {
        let App {
            id,
            key,
            master_key,
            android_key,
            ..
        } = &self.app;
        if id.is_empty() && key.is_empty() && master_key.is_empty() && android_key.is_empty() {
            return Ok(());
        }
        if id.len() <= 8
            || !id
                .chars()
                .all(|c| c.is_ascii_graphic() && c != ':' && c != ',')
        {
            return Err(ConfigError::invalid(
                "app.id",
                "must have more than 8 printable characters without colon and comma",
            ));
        }
        for (name, value) in [("app.key", key), ("app.master_key", master_key)] {
            if value.is_empty() {
                return Err(ConfigError::invalid(name, "must be set when app.id is"));
            }
            if value.contains(',') {
                return Err(ConfigError::invalid(name, "must not contain a comma"));
            }
        }
        for (name, value) in [("app.key", key), ("app.android_key", android_key)] {
            if value == master_key {
                return Err(ConfigError::invalid(
                    name,
                    "must differ from app.master_key: every client has it",
                ));
            }
        }
        Ok(())
    }
}

/// Shorthand for the durations of a section.
pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn address_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(D::Error::custom)
}

/// Networks, or single addresses.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            text.parse()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| D::Error::custom(format!("expected a network, found {text:?}")))
        })
        .collect()
}

fn read_secret(key: &str, secret: &mut String, file: &str) -> Result<(), ConfigError> {
    if file.is_empty() {
        return Ok(());
    }
    if !secret.is_empty() {
        return Err(ConfigError::invalid(
            key,
            format!("is set together with {key}_file, set one of them"),
        ));
    }
    let text = std::fs::read_to_string(Path::new(file))
        .map_err(|cause| ConfigError::invalid(format!("{key}_file"), format!("{file}: {cause}")))?;
    text.trim().clone_into(secret);
    Ok(())
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    least: T,
    most: T,
) -> Result<(), ConfigError> {
    if value < least || value > most {
        return Err(ConfigError::invalid(
            key,
            format!("must be from {least} to {most}, found {value}"),
        ));
    }
    Ok(())
}
