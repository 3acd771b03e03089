//! The real binary as an operator meets it: exit statuses, messages, first start.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use parlor_testkit::TlsFiles;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const APP: [(&str, &str); 3] = [
    ("PARLOR_APP__ID", "app-of-the-test"),
    ("PARLOR_APP__KEY", "key-of-test"),
    ("PARLOR_APP__MASTER_KEY", "master-key-of-test"),
];

fn parlor(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("PARLOR_") {
            command.env_remove(variable);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// A data directory that the account of PostgreSQL can reach.
fn data_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("parlor-test-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .expect("a directory")
}

/// `parlor serve` with what it has printed until it was ready.
struct Serving {
    child: Child,
    greeting: String,
}

impl Serving {
    fn start(data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        let mut child = parlor(&["serve"])
            .env("PARLOR_DATA_DIR", data_dir)
            .env("PARLOR_LISTEN__HTTP", "127.0.0.1:0")
            .env("PARLOR_LISTEN__ADMIN", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut greeting = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        while !greeting.contains("})();") {
            let read = lines.read_line(&mut greeting).expect("text");
            assert_ne!(read, 0, "the server ended after {greeting:?}");
        }
        Self { child, greeting }
    }

    /// Returns what stands behind a label of the greeting.
    fn value(&self, label: &str) -> &str {
        let mut lines = self.greeting.lines();
        let line = lines.find(|line| line.trim_start().starts_with(label));
        let mut words = line.expect("a labelled line").split_whitespace();
        words.nth(1).expect("a value")
    }

    /// Sends a signal and returns the exit status.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill_process(Pid::from_raw(id).expect("a process id"), signal).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn help_names_every_command_and_a_wrong_one_is_exit_status_2() {
    let help = parlor(&["--help"]).output().expect("it runs");
    assert!(help.status.success());
    for command in ["serve", "migrate", "check-config", "sign"] {
        assert!(stdout(&help).contains(command), "{}", stdout(&help));
        let help = parlor(&[command, "--help"]).output().expect("it runs");
        assert!(help.status.success());
    }
    let version = parlor(&["--version"]).output().expect("it runs");
    assert_eq!(
        stdout(&version).trim(),
        concat!("parlor ", env!("CARGO_PKG_VERSION"))
    );
    let wrong = parlor(&["sreve"]).output().expect("it runs");
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn check_config_prints_no_secret() {
    let output = parlor(&["check-config"])
        .envs(APP)
        .env("PARLOR_DATABASE__URL", "postgres://u:s3cret@h/d")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", stderr(&output));
    let printed = stdout(&output);
    assert!(printed.contains("app-of-the-test"), "{printed}");
    for secret in ["key-of-test", "s3cret"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn a_wrong_setting_is_one_line_and_exit_status_78() {
    let directory = data_dir();
    let file = directory.path().join("parlor.toml");
    std::fs::write(&file, "[listen]\nhtp = \"127.0.0.1:1\"\n").expect("a file");
    let file = file.to_str().expect("text");
    for command in ["serve", "migrate", "check-config"] {
        let output = parlor(&[command, "--config", file])
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(78), "{command}");
        assert_eq!(
            stderr(&output),
            format!("parlor: unknown key listen.htp in {file}; did you mean listen.http?\n")
        );
    }
}

#[test]
fn check_config_loads_the_certificate() {
    let files = TlsFiles::new();
    let check = || {
        parlor(&["check-config"])
            .envs(APP)
            .env("PARLOR_LISTEN__HTTPS", "127.0.0.1:0")
            .env("PARLOR_TLS__CERTIFICATE_FILE", files.certificate_file())
            .env("PARLOR_TLS__KEY_FILE", files.key_file())
            .output()
            .expect("it runs")
    };
    let output = check();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("certificate expires at "));

    let key = std::fs::read(files.key_file()).expect("a key");
    let certificate = std::fs::read(files.certificate_file()).expect("a certificate");
    files.issue();
    let other_key = std::fs::read(files.key_file()).expect("a key");
    for (certificate, key, problem) in [
        (
            &certificate,
            &other_key,
            "tls.key_file: is not the key of the first certificate in tls.certificate_file",
        ),
        (&key, &key, "holds no certificate in PEM form"),
        (
            &certificate,
            &certificate,
            "holds no unencrypted private key",
        ),
        (
            &b"-----BEGIN CERTIFICATE-----\nAA".to_vec(),
            &key,
            "tls.certificate_file: /",
        ),
    ] {
        std::fs::write(files.certificate_file(), certificate).expect("a file");
        std::fs::write(files.key_file(), key).expect("a file");
        let output = check();
        assert_eq!(output.status.code(), Some(78));
        assert!(stderr(&output).contains(problem), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1);
    }
}

#[test]
fn a_missing_certificate_is_told_before_anything_starts() {
    let directory = data_dir();
    let output = parlor(&["serve"])
        .env("PARLOR_DATA_DIR", directory.path())
        .env("PARLOR_LISTEN__HTTP", "127.0.0.1:0")
        .env("PARLOR_LISTEN__HTTPS", "127.0.0.1:0")
        .env("PARLOR_LISTEN__ADMIN", "127.0.0.1:0")
        .env("PARLOR_TLS__CERTIFICATE_FILE", "/nowhere/c.pem")
        .env("PARLOR_TLS__KEY_FILE", "/nowhere/k.pem")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let problem = "parlor: tls.certificate_file: /nowhere/c.pem: ";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    let mut files = directory.path().read_dir().expect("a directory");
    assert!(files.next().is_none());
}

#[test]
fn sign_prints_what_is_signed_and_its_signature() {
    // The signatures were computed with another implementation.
    for (arguments, message, signature) in [
        (
            "sign --client Tom --timestamp 1764000000 --nonce n1",
            "app-of-the-test:Tom::1764000000:n1",
            "008395ffa1efb28ae16ee88bb09c45c84a7faeb3",
        ),
        (
            "sign --client Tom --timestamp 1764000000000 --nonce n1 \
             --action kick --conversation conv1 --members b,a",
            "app-of-the-test:Tom:conv1:a:b:1764000000000:n1:kick",
            "1464021ff8ef06ed9040820ba28a0f9bc4949f2e",
        ),
    ] {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let output = parlor(&arguments).envs(APP).output().expect("it runs");
        assert!(output.status.success(), "{}", stderr(&output));
        let printed = stdout(&output);
        assert!(
            printed.lines().any(|line| line.ends_with(message)),
            "{printed}"
        );
        assert!(printed.contains(signature), "{printed}");
    }
}

#[test]
fn sign_without_credentials_fails_and_makes_none() {
    let directory = data_dir();
    let output = parlor(&["sign", "--client", "Tom"])
        .env("PARLOR_DATA_DIR", directory.path())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("app.id"), "{}", stderr(&output));
    let mut files = directory.path().read_dir().expect("a directory");
    assert!(files.next().is_none());
}

#[test]
fn migrate_asks_for_a_database() {
    let output = parlor(&["migrate"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("database.url"));
}

#[test]
fn a_taken_port_is_named_before_anything_starts() {
    let directory = data_dir();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = parlor(&["serve"])
        .env("PARLOR_DATA_DIR", directory.path())
        .env("PARLOR_LISTEN__HTTP", &address)
        .env("PARLOR_LISTEN__ADMIN", "127.0.0.1:0")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let problem = format!("parlor: listen.http: cannot listen on {address}");
    assert!(stderr(&output).contains(&problem), "{}", stderr(&output));
    let mut files = directory.path().read_dir().expect("a directory");
    assert!(files.next().is_none());
}

#[tokio::test]
async fn the_first_start_makes_credentials_and_the_second_keeps_them() {
    let directory = data_dir();
    let mut first = Serving::start(directory.path(), &[]);
    let made = ["AppId", "AppKey", "MasterKey"].map(|label| first.value(label).to_owned());
    assert!(made[0].len() > 8 && made[0].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let url = first.value("URL");
    let snippet = format!(
        "new Realtime({{ appId: '{}', appKey: '{}', server: '{url}', ssl: false }})",
        made[0], made[1]
    );
    assert!(first.greeting.contains(&snippet), "{}", first.greeting);

    let rows = reqwest::Client::new()
        .get(format!("{url}/1.1/classes/_Conversation"))
        .header("X-LC-Id", &made[0])
        .header("X-LC-Key", format!("{},master", made[2]))
        .send()
        .await
        .expect("an answer");
    assert_eq!(rows.status(), 200);
    let admin = first.value("Operators").trim_end_matches("/healthz");
    for path in ["healthz", "readyz", "metrics"] {
        let answer = reqwest::get(format!("{admin}/{path}")).await;
        assert_eq!(answer.expect("an answer").status(), 200, "{path}");
    }

    let kept = std::fs::metadata(directory.path().join("app.toml")).expect("a file");
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    assert_eq!(first.end(Signal::TERM), Some(0));
    let mut second = Serving::start(directory.path(), &[]);
    let again = ["AppId", "AppKey", "MasterKey"].map(|label| second.value(label).to_owned());
    assert_eq!(again, made);
    assert_eq!(second.end(Signal::INT), Some(0));
}

#[test]
fn a_configured_master_key_is_not_printed() {
    let directory = data_dir();
    let mut serving = Serving::start(directory.path(), &APP);
    assert_eq!(serving.value("AppId"), "app-of-the-test");
    assert!(!serving.greeting.contains("master-key-of-test"));
    assert_eq!(serving.end(Signal::TERM), Some(0));
    assert!(!directory.path().join("app.toml").exists());
}
