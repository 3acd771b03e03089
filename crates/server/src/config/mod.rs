//! The configuration: compiled-in defaults, then a file, then the environment, then checks.
//!
//! **Invariant:** a [`Config`] is valid. Whatever is wrong is reported before anything starts,
//! by the name of its key.

mod layers;
mod sections;

use std::ffi::OsString;
use std::path::Path;

pub use layers::ConfigError;
pub(crate) use sections::seconds;
pub use sections::{
    App, ClassVerb, ClientPermissions, Config, Conversation, Database, Gateway, LimitAction,
    Limits, Listen, Log, LogFormat, Message, Moderation, Notification, Rate, Session, Signature,
    Tls, WebSocketScheme,
};

/// The defaults, with a comment for every key.
pub const DEFAULTS: &str = include_str!("../../../../config/parlor.toml");

impl Config {
    /// Loads the configuration of a process: `file` over the defaults, `environment` over both.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key and what it should be.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = layers::Layers::new(DEFAULTS)?;
        if let Some(file) = file {
            layers.add_file(file)?;
        }
        layers.add_environment(environment)?;
        let mut config: Self = layers.finish()?;
        config.read_secret_files()?;
        config.check()?;
        Ok(config)
    }

    /// Returns the defaults, for tests to change.
    ///
    /// # Panics
    /// When the compiled-in defaults are broken, which a test excludes.
    #[must_use]
    pub fn defaults() -> Self {
        Self::load(None, []).expect("the compiled-in defaults are valid")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let mut on_disk = tempfile::NamedTempFile::new().unwrap();
        on_disk.write_all(file.as_bytes()).unwrap();
        let environment = environment
            .iter()
            .map(|&(key, value)| (key.into(), value.into()));
        Config::load(Some(on_disk.path()), environment).map_err(|error| error.to_string())
    }

    fn refused(file: &str, environment: &[(&str, &str)]) -> String {
        load(file, environment).expect_err("the configuration is wrong")
    }

    #[test]
    fn every_default_key_carries_a_comment() {
        let mut previous_is_comment = false;
        for line in DEFAULTS.lines() {
            let is_key = line.contains(" = ") && !line.starts_with('#');
            assert!(!is_key || previous_is_comment, "no comment above {line:?}");
            previous_is_comment = line.starts_with('#');
        }
    }

    #[test]
    fn the_environment_overrides_the_file_and_the_file_the_defaults() {
        let file = "[listen]\nhttp = \"127.0.0.1:1\"\nadmin = \"127.0.0.1:2\"\n";
        let config = load(
            file,
            &[
                ("PARLOR_LISTEN__HTTP", "127.0.0.1:3"),
                ("PARLOR_DATA_DIR", "/var/lib/parlor"),
                ("PARLOR_APP__ID", "123456789"),
                ("PARLOR_APP__KEY", "k"),
                ("PARLOR_APP__MASTER_KEY", "m"),
                (
                    "PARLOR_GATEWAY__ALLOWED_ORIGINS",
                    "https://a.example, https://b.example",
                ),
                ("PATH", "/bin"),
            ],
        )
        .unwrap();
        assert_eq!(config.listen.http.to_string(), "127.0.0.1:3");
        assert_eq!(config.listen.admin.to_string(), "127.0.0.1:2");
        assert_eq!(config.data_dir, Path::new("/var/lib/parlor"));
        assert_eq!(config.app.id, "123456789", "digits stay text");
        assert_eq!(config.gateway.allowed_origins.len(), 2);
        assert_eq!(config.gateway.idle_timeout_secs, 420);
    }

    #[test]
    fn unknown_keys_are_named_with_the_nearest_known_one() {
        assert!(refused("[listen]\nhtp = \"x\"", &[]).contains("unknown key listen.htp"));
        assert!(refused("[listen]\nhtp = \"x\"", &[]).contains("did you mean listen.http?"));
        assert!(refused("[lisen]\nhttp = \"x\"", &[]).contains("unknown key lisen.http"));
        let message = refused("", &[("PARLOR_LISTEN__HTPP", "x")]);
        assert!(message.contains("PARLOR_LISTEN__HTPP"), "{message}");
        assert!(message.contains("PARLOR_LISTEN__HTTP?"), "{message}");
    }

    #[test]
    fn forgotten_underscores_are_noticed_and_foreign_variables_are_not() {
        for (variable, meant) in [
            ("PARLOR_LISTEN_HTTP", "PARLOR_LISTEN__HTTP?"),
            ("PARLOR_APP_MASTER_KEY", "PARLOR_APP__MASTER_KEY?"),
            ("PARLOR_DATADIR", "PARLOR_DATA_DIR?"),
        ] {
            let message = refused("", &[(variable, "x")]);
            assert!(message.contains(variable), "{message}");
            assert!(message.contains(meant), "{message}");
        }
        let of_a_container_platform = [
            ("PARLOR_PORT", "tcp://10.0.0.1:80"),
            ("PARLOR_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("PARLOR_SERVICE_HOST", "10.0.0.1"),
        ];
        load("", &of_a_container_platform).unwrap();
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_for_settings_only() {
        use std::os::unix::ffi::OsStringExt;

        let broken = || OsString::from_vec(vec![b'x', 0xff]);
        Config::load(None, [("HOME".into(), broken()), (broken(), "x".into())]).unwrap();
        let error = Config::load(None, [("PARLOR_DATA_DIR".into(), broken())]).unwrap_err();
        assert_eq!(error.to_string(), "PARLOR_DATA_DIR: is not UTF-8");
    }

    #[test]
    fn bad_values_are_refused_by_key() {
        for (file, key) in [
            ("[listen]\nhttp = 8080", "listen.http"),
            ("[listen]\nhttp = \"nowhere\"", "listen.http"),
            (
                "[listen]\nwebsocket_scheme = \"http\"",
                "listen.websocket_scheme",
            ),
            (
                "[listen]\npublic_url = \"im.example.com\"",
                "listen.public_url",
            ),
            (
                "[gateway]\nidle_timeout_secs = 0",
                "gateway.idle_timeout_secs",
            ),
            ("[gateway]\nmailbox_frames = -1", "gateway.mailbox_frames"),
            ("[session]\ntoken_ttl_secs = 300", "session.token_ttl_secs"),
            (
                "[session]\ntoken_ttl_secs = 2147484",
                "session.token_ttl_secs",
            ),
            ("[listen]\nhttps = \"443\"", "listen.https"),
            ("[listen]\nhttps = \"127.0.0.1:0\"", "tls.certificate_file"),
            (
                "[listen]\nhttps = \"127.0.0.1:0\"\n[tls]\ncertificate_file = \"c.pem\"",
                "tls.key_file",
            ),
            ("[tls]\nkey_file = \"k.pem\"", "tls.key_file"),
            (
                "[listen]\ntrusted_proxies = [\"10.0.0.0/33\"]",
                "listen.trusted_proxies",
            ),
            ("[app]\nid = \"short\"", "app.id"),
            ("[app]\nid = \"long-enough\"", "app.key"),
            (
                "[client_permissions]\nconversation = [\"all\"]",
                "client_permissions.conversation",
            ),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("[log]\nfilter = \"parlor=loud\"", "log.filter"),
            (
                "[app]\nid = \"long-enough\"\nkey = \"k\"\nmaster_key = \"k\"",
                "app.key",
            ),
            (
                "[app]\nid = \"long-enough\"\nkey = \"k\"\nmaster_key = \"m\"\nandroid_key = \"m\"",
                "app.android_key",
            ),
        ] {
            let message = refused(file, &[]);
            assert!(message.contains(key), "{file:?} said {message:?}");
        }
        let message = refused("", &[("PARLOR_GATEWAY__MAILBOX_FRAMES", "many")]);
        assert!(
            message.contains("PARLOR_GATEWAY__MAILBOX_FRAMES"),
            "{message}"
        );
    }

    #[test]
    fn a_broken_file_is_told_by_its_line_without_quoting_it() {
        let message = refused("[app]\nid = \"i\"\nmaster_key = \"s3cret\n", &[]);
        assert!(message.contains("line 3"), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn secrets_come_from_files_too() {
        let mut key = tempfile::NamedTempFile::new().unwrap();
        key.write_all(b"from-a-file\n").unwrap();
        let path = key.path().to_str().unwrap();
        let app = [
            ("PARLOR_APP__ID", "long-enough"),
            ("PARLOR_APP__KEY_FILE", path),
            ("PARLOR_APP__MASTER_KEY", "m"),
        ];
        assert_eq!(load("", &app).unwrap().app.key, "from-a-file");
        let both = [("PARLOR_APP__KEY", "k"), ("PARLOR_APP__KEY_FILE", path)];
        assert!(refused("", &both).contains("app.key"));
        assert!(
            refused("", &[("PARLOR_DATABASE__URL_FILE", "/nowhere")]).contains("database.url_file")
        );
    }
}
