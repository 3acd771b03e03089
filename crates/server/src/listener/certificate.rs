//! The certificate of the TLS listener: loading it, and following its files.
//!
//! **Invariant:** what is in force loads, and its key fits. A new pair that does not leaves the
//! old one in force; connections that are open keep what they began with.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parlor_model::{Clock, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode;

use crate::config::{ConfigError, Tls};
use crate::wiring::Tasks;

/// How often the files are looked at. A pair is taken when it looks the same twice, so that a
/// certificate and a key that are written one after the other are read together.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Sockets are spoken to in HTTP/1.1 only: WebSockets begin there.
const PROTOCOL: &[u8] = b"http/1.1";

/// A certificate with its key, ready for handshakes.
#[derive(Debug)]
pub(crate) struct Certificate {
    config: Arc<ServerConfig>,
    /// When clients stop trusting it; `None` when it does not say so readably.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Certificate {
    /// Loads a pair.
    pub(crate) fn load(files: &Tls) -> Result<Self, ConfigError> {
        let chain = read_certificates(&files.certificate_file)?;
        let expires_at = expiry(&chain[0]);
        let key = read_key(&files.key_file)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => ConfigError::invalid(
                    "tls.key_file",
                    "is not the key of the first certificate in tls.certificate_file",
                ),
                error => ConfigError::invalid("tls.certificate_file", error.to_string()),
            })?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // Phones that come back after a drop are spared the expensive half of the handshake.
        config.ticketer = ring::Ticketer::new()
            .map_err(|error| ConfigError::invalid("tls", error.to_string()))?;
        Ok(Self {
            config: Arc::new(config),
            expires_at,
        })
    }

    fn announce(&self) {
        let expires_at = self.expires_at.unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "exact for 285 000 years")]
        metrics::gauge!("parlor_tls_certificate_expires_timestamp_seconds")
            .set((expires_at.as_millis() / 1000) as f64);
        if expires_at <= Clock::system().now() {
            tracing::warn!(
                expires_at = expires_at.to_iso(),
                "TLS certificate has expired"
            );
        } else {
            tracing::info!(expires_at = expires_at.to_iso(), "TLS certificate loaded");
        }
    }
}

/// The certificate in force; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct InForce(watch::Receiver<Arc<ServerConfig>>);

impl InForce {
    /// Loads a pair and follows its files until `tasks` are cancelled.
    pub(crate) fn follow(files: Tls, tasks: &Tasks) -> Result<Self, ConfigError> {
        describe_metrics();
        let in_force = fingerprint(&files);
        let certificate = Certificate::load(&files)?;
        certificate.announce();
        let (sender, receiver) = watch::channel(certificate.config);
        let cancel = tasks.cancel.clone();
        tasks.tracker.spawn(async move {
            tokio::select! {
                () = keep_fresh(files, in_force, sender) => {}
                () = cancel.cancelled() => {}
            }
        });
        Ok(Self(receiver))
    }

    /// Returns what makes the next handshake.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.borrow()))
    }
}

fn describe_metrics() {
    metrics::describe_gauge!(
        "parlor_tls_certificate_expires_timestamp_seconds",
        "when the TLS certificate in force expires, in seconds since the epoch"
    );
    metrics::describe_counter!(
        "parlor_tls_certificate_loads_total",
        "changes of the certificate files that were noticed, by outcome"
    );
}

/// Takes every new pair that loads. `tried` is how the files looked when they were last loaded.
async fn keep_fresh(files: Tls, mut tried: u64, in_force: watch::Sender<Arc<ServerConfig>>) {
    let mut seen = tried;
    let mut rounds = tokio::time::interval(LOOK_AGAIN);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let files = files.clone();
        // The files may lie on a network.
        let looked = tokio::task::spawn_blocking(move || {
            let now = fingerprint(&files);
            let is_new = now != tried && now == seen;
            (now, is_new.then(|| Certificate::load(&files)))
        });
        let Ok((now, loaded)) = looked.await else {
            continue;
        };
        seen = now;
        let Some(loaded) = loaded else {
            continue;
        };
        tried = now;
        let outcome = match loaded {
            Ok(certificate) => {
                certificate.announce();
                in_force.send_replace(certificate.config);
                "ok"
            }
            Err(error) => {
                tracing::error!(%error, "TLS certificate not replaced, the old one stays");
                "failed"
            }
        };
        metrics::counter!("parlor_tls_certificate_loads_total", "outcome" => outcome).increment(1);
    }
}

/// Tells whether the files have changed. Contents and not times: mounted secrets are replaced
/// by turning a symbolic link.
fn fingerprint(files: &Tls) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in [&files.certificate_file, &files.key_file] {
        std::fs::read(file).ok().hash(&mut hasher);
    }
    hasher.finish()
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let chain = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable("tls.certificate_file", file, &error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable(
            "tls.certificate_file",
            file,
            "holds no certificate in PEM form",
        ));
    }
    Ok(chain)
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, ConfigError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => unusable(
            "tls.key_file",
            file,
            "holds no unencrypted private key in PEM form",
        ),
        error => unusable("tls.key_file", file, &error.to_string()),
    })
}

fn unusable(key: &str, file: &Path, problem: &str) -> ConfigError {
    ConfigError::invalid(key, format!("{}: {problem}", file.display()))
}

fn expiry(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let parsed = x509_cert::Certificate::from_der(certificate).ok()?;
    let not_after = parsed.tbs_certificate().validity().not_after;
    let millis = not_after.to_unix_duration().as_millis();
    i64::try_from(millis).ok().map(Timestamp::from_millis)
}
