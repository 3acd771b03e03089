//! Certificates for one test: an authority, the files of a pair that it signed, and clients that
//! trust it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::within;

/// An authority and the pair of files that a server is given; gone when this value is.
#[derive(Debug)]
pub struct TlsFiles {
    directory: TempDir,
    authority: Issuer<'static, KeyPair>,
    connector: Arc<ClientConfig>,
}

impl TlsFiles {
    /// Makes an authority and a first pair.
    ///
    /// # Panics
    /// When the files cannot be written.
    #[must_use]
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        std::fs::write(directory.path().join("ca.pem"), root.pem()).expect("a file");
        let mut trusted = RootCertStore::empty();
        trusted.add(root.der().clone()).expect("a root");
        let connector = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let files = Self {
            directory,
            authority: Issuer::new(params, key),
            connector: Arc::new(connector),
        };
        files.issue();
        files
    }

    /// Replaces the pair and returns the new certificate.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn issue(&self) -> CertificateDer<'static> {
        let names = ["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string()];
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(names)
            .and_then(|params| params.signed_by(&key, &self.authority))
            .expect("a certificate");
        std::fs::write(self.certificate_file(), certificate.pem()).expect("a file");
        std::fs::write(self.key_file(), key.serialize_pem()).expect("a file");
        certificate.der().clone()
    }

    /// Returns the file with the certificate.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// Returns the file with its private key.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    /// Returns the file with the authority, for clients that run elsewhere.
    #[must_use]
    pub fn authority_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Connects as a client that trusts this authority.
    ///
    /// # Errors
    /// What the handshake fails with.
    pub async fn connect(&self, server: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(server).await?;
        let connector = TlsConnector::from(Arc::clone(&self.connector));
        let name = ServerName::IpAddress(server.ip().into());
        within("the TLS handshake", connector.connect(name, socket)).await
    }
}

impl Default for TlsFiles {
    fn default() -> Self {
        Self::new()
    }
}
