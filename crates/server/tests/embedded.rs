//! The embedded PostgreSQL, driven through the real `parlor` binary.
//!
//! Run by root, most cases run twice: as root, where PostgreSQL has to step down to another
//! user, and as a normal user. Run by a normal user they run as that user.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use parlor_testkit::{eventually, within};
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// `nobody`, which every system has.
const NORMAL_USER: u32 = 65534;

/// Whom a case runs the server as.
#[derive(Clone, Copy, Debug)]
enum RunAs {
    Root,
    NormalUser,
    Myself,
}

/// Returns whom this run of the tests can run servers as.
fn everybody() -> Vec<RunAs> {
    if geteuid().is_root() {
        vec![RunAs::Root, RunAs::NormalUser]
    } else {
        vec![RunAs::Myself]
    }
}

/// A place for a server: its data directory, and the binary where everybody can run it.
struct Site {
    run_as: RunAs,
    root: TempDir,
}

impl Site {
    fn new(run_as: RunAs) -> Self {
        let root = tempfile::Builder::new()
            .prefix("parlor-embedded-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary directory");
        // The build may lie where only its owner can go. Copied by another process: a program
        // that is open for writing cannot be run, and any child that a test starts meanwhile
        // would inherit the open file from this one.
        let copied = std::process::Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_parlor"))
            .arg(root.path().join("parlor"))
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "no copy");
        fs::create_dir(root.path().join("none")).expect("an empty directory");
        if matches!(run_as, RunAs::NormalUser) {
            chown(root.path(), Some(NORMAL_USER), Some(NORMAL_USER)).expect("we are root");
        }
        Self { run_as, root }
    }

    fn data_dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Returns a command that runs `program` as the user of this site.
    fn command(&self, program: &Path) -> Command {
        let mut command = match self.run_as {
            RunAs::Root | RunAs::Myself => Command::new(program),
            RunAs::NormalUser => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={NORMAL_USER}"))
                    .arg(format!("--regid={NORMAL_USER}"))
                    .args(["--clear-groups", "--"])
                    .arg(program);
                command
            }
        };
        command.stdin(Stdio::null()).current_dir("/");
        command
    }

    fn serve(&self) -> Command {
        let mut command = self.command(&self.root.path().join("parlor"));
        command
            .arg("serve")
            .env("PARLOR_DATA_DIR", self.data_dir())
            .env("PARLOR_LISTEN__HTTP", "127.0.0.1:0")
            .env("PARLOR_LISTEN__ADMIN", "127.0.0.1:0")
            .env("PARLOR_LOG__FILTER", "error")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a server and waits until it accepts clients.
    async fn start(&self) -> Server {
        self.start_on(&self.data_dir()).await
    }

    /// Starts a server on another data directory.
    async fn start_on(&self, data_dir: &Path) -> Server {
        let mut command = self.serve();
        command.env("PARLOR_DATA_DIR", data_dir);
        let mut child = command.spawn().expect("the binary runs");
        let stdout = child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let greeting = within("the greeting of the server", async {
            while let Some(line) = lines.next_line().await.expect("text") {
                if let Some(url) = line.trim().strip_prefix("Operators") {
                    let url = url.trim().split("/healthz").next();
                    return url.map(str::to_owned);
                }
            }
            None
        })
        .await;
        let Some(admin_url) = greeting else {
            let output = child.wait_with_output().await.expect("it ended");
            panic!("{:?}: {}", self.run_as, stderr(&output));
        };
        // Kept open and unread: what follows fits into the pipe.
        let stdout = lines.into_inner().into_inner();
        Server {
            child,
            admin_url,
            _stdout: stdout,
        }
    }

    /// Runs a server that is expected to fail at start.
    async fn start_in_vain(&self, adjust: impl FnOnce(&mut Command)) -> Output {
        let mut command = self.serve();
        adjust(&mut command);
        let output = command.kill_on_drop(true).output();
        let output = within("the server to fail", output).await.expect("it runs");
        assert!(!output.status.success(), "{:?} started", self.run_as);
        output
    }

    fn pid_file(&self) -> PathBuf {
        self.data_dir().join("postgres/postmaster.pid")
    }

    fn postmaster(&self) -> Option<Pid> {
        let content = fs::read_to_string(self.pid_file()).ok()?;
        Pid::from_raw(content.lines().next()?.parse().ok()?)
    }

    /// Runs a statement in the server's database and returns its rows.
    async fn sql(&self, statement: &str) -> Result<String, String> {
        let url = format!(
            "postgres:///parlor?host={}&user=postgres",
            self.data_dir().join("postgres").display()
        );
        let output = self
            .command("psql".as_ref())
            .args(["--no-psqlrc", "-Atc", statement, &url])
            .output()
            .await
            .expect("psql comes with PostgreSQL");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(stderr(&output))
        }
    }
}

/// A server that accepts clients.
struct Server {
    child: Child,
    admin_url: String,
    _stdout: tokio::process::ChildStdout,
}

impl Server {
    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        let pid = pid.and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, signal).expect("it can be signalled");
    }

    /// Ends it as a service manager does.
    async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        within("the server to stop", self.child.wait())
            .await
            .expect("it is our child")
    }

    /// Ends it as the kernel does when memory runs out.
    async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.child.wait().await.expect("it is our child");
    }

    async fn is_ready(&self) -> bool {
        reqwest::get(format!("{}/readyz", self.admin_url))
            .await
            .is_ok_and(|answer| answer.status().is_success())
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn gone(what: &str, pid: Pid) {
    eventually(what, || async move {
        test_kill_process(pid).is_err().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_one_kept() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let server = site.start().await;
        let postmaster = site.postmaster().expect("it runs");
        site.sql("CREATE TABLE kept AS SELECT 7 AS seven")
            .await
            .expect("a statement");
        let app = fs::read_to_string(site.data_dir().join("app.toml")).expect("credentials");
        assert!(server.stop().await.success());
        assert!(test_kill_process(postmaster).is_err(), "still running");
        assert!(!site.pid_file().exists(), "not stopped cleanly");

        let server = site.start().await;
        let kept = site.sql("SELECT seven FROM kept").await;
        assert_eq!(kept, Ok("7".to_owned()));
        assert_eq!(
            fs::read_to_string(site.data_dir().join("app.toml")).expect("credentials"),
            app
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn postgres_is_reached_by_a_private_socket_only() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let server = site.start().await;
        for (setting, expected) in [
            ("listen_addresses", ""),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
        ] {
            let value = site.sql(&format!("SHOW {setting}")).await;
            assert_eq!(value.as_deref(), Ok(expected), "{setting}");
        }
        let directory = fs::metadata(site.data_dir().join("postgres")).expect("it is there");
        assert_eq!(directory.permissions().mode() & 0o777, 0o700);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_killed_server_takes_postgres_down_and_starts_again() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let server = site.start().await;
        site.sql("CREATE TABLE kept AS SELECT 7 AS seven")
            .await
            .expect("a statement");
        let postmaster = site.postmaster().expect("it runs");
        server.kill().await;
        gone("PostgreSQL to die with the server", postmaster).await;

        // At once after the kill: the last one may still be dying.
        site.start().await.kill().await;
        let server = site.start().await;
        let kept = site.sql("SELECT seven FROM kept").await;
        assert_eq!(kept, Ok("7".to_owned()));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_pid_file_that_names_another_process_by_now_is_no_obstacle() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        site.start().await.stop().await;
        // PostgreSQL takes any living process of its user for itself.
        let mut other = site.command("sleep".as_ref());
        let mut other = other.arg("1000").kill_on_drop(true).spawn().expect("runs");
        let content = format!(
            "{}\n{}\n1\n5432\n{}\n\n\nready\n",
            other.id().expect("it runs"),
            site.data_dir().join("postgres").display(),
            site.data_dir().join("postgres").display(),
        );
        fs::write(site.pid_file(), content).expect("written");

        let server = site.start().await;
        assert!(server.is_ready().await);
        server.stop().await;
        other.kill().await.expect("only now");
    }
}

#[tokio::test]
async fn a_start_that_was_interrupted_while_making_the_cluster_is_repeated() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        site.start().await.stop().await;
        // What a kill between the first file and the last leaves behind.
        let data_dir = site.data_dir();
        fs::rename(data_dir.join("postgres"), data_dir.join("postgres.new")).expect("renamed");
        fs::remove_file(data_dir.join("postgres.new/global/pg_control")).expect("removed");

        let server = site.start().await;
        assert!(server.is_ready().await);
        assert!(!data_dir.join("postgres.new").exists());
        server.stop().await;
    }
}

#[tokio::test]
async fn a_second_server_on_the_data_directory_fails_and_names_it() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let server = site.start().await;
        let second = site.start_in_vain(|_| {}).await;
        assert_eq!(
            stderr(&second),
            format!(
                "parlor: data directory {} is in use by another parlor (pid {})\n",
                site.data_dir().display(),
                server.child.id().expect("it runs")
            )
        );
        assert!(server.is_ready().await, "the first is not disturbed");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_missing_postgres_is_one_line_that_says_what_to_do() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let none = site.root.path().join("none");
        let output = site
            .start_in_vain(|command| {
                command.env("PARLOR_DATABASE__POSTGRES_BIN_DIR", &none);
            })
            .await;
        let text = stderr(&output);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("PostgreSQL is not installed"), "{text}");
        assert!(text.contains("apt-get install postgresql"), "{text}");
        assert!(text.contains(&none.display().to_string()), "{text}");
    }
}

#[tokio::test]
async fn a_data_directory_below_a_closed_one_works_as_below_roots_home() {
    let site = Site::new(everybody()[0]);
    if !matches!(site.run_as, RunAs::Root) {
        return; // A normal user runs PostgreSQL as itself.
    }
    let closed = site.root.path().join("closed");
    fs::create_dir(&closed).expect("a directory");
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("closed");
    let server = site.start_on(&closed.join("data")).await;
    assert!(server.is_ready().await);
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn a_data_directory_with_a_long_path_gets_its_socket_elsewhere() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let data_dir = site.root.path().join("long".repeat(40));
        let server = site.start_on(&data_dir).await;
        let options = fs::read_to_string(data_dir.join("postgres/postmaster.pid"));
        let options = options.expect("it runs");
        let socket_dir = options.lines().nth(4).expect("the fifth line names it");
        let mode = fs::metadata(socket_dir).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
        assert!(!Path::new(socket_dir).starts_with(&data_dir));

        server.stop().await;
        assert!(!Path::new(socket_dir).exists(), "left behind");
    }
}

#[tokio::test]
async fn a_postmaster_that_dies_is_noticed_and_started_again() {
    for run_as in everybody() {
        let site = Site::new(run_as);
        let mut server = site.start().await;
        site.sql("CREATE TABLE kept AS SELECT 7 AS seven")
            .await
            .expect("a statement");
        let killed = site.postmaster().expect("it runs");
        kill_process(killed, Signal::KILL).expect("it can be killed");

        let stderr = server.child.stderr.take().expect("a pipe");
        let mut log = BufReader::new(stderr).lines();
        within("the server to notice", async {
            while let Some(line) = log.next_line().await.expect("text") {
                if line.contains("PostgreSQL ended") {
                    return;
                }
            }
            panic!("the server ended too");
        })
        .await;
        eventually("the server to be ready again", || async {
            let another = site.postmaster().is_some_and(|running| running != killed);
            (another && server.is_ready().await).then_some(())
        })
        .await;
        let kept = site.sql("SELECT seven FROM kept").await;
        assert_eq!(kept, Ok("7".to_owned()));
        drop(log);
        server.stop().await;
    }
}
