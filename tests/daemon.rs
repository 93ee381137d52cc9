//! `timbre serve` as users start it: a process in the background, programs that come and go, and what happens when it dies.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use timbre::client::{Client, Events, Shutdown};
use timbre::model::job::{FaultKind, Job, Phase};
use timbre::model::request::Request;
use timbre::model::units::Length;
use timbre::protocol::Event;
use timbre::protocol::engine::EngineStatusParams;
use timbre::protocol::job::{JobGetParams, JobSubmitParams};
use timbre::protocol::methods::{EngineStatus, JobGet, JobSubmit};

const PATIENCE: Duration = Duration::from_secs(60);

/// A home with a daemon that is gone when the test is over, however it ends.
struct Daemon {
    home: TempDir,
}

impl Daemon {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("timbre/run/timbre.sock")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("timbre"));
        command.args(words).env_clear().current_dir(self.home.path());
        command.env("HOME", self.home.path()).env("TIMBRE_HOME", self.home.path().join("timbre"));
        command.env("TIMBRE_AUDIO__DEVICE", "null").stdin(Stdio::null());
        command
    }

    fn timbre(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// One JSON object of `timbre … --json`.
    fn object(&self, words: &[&str]) -> Value {
        let output = self.timbre(&[words, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    fn process(&self) -> Option<u64> {
        self.object(&["serve", "--status"])["process"].as_u64()
    }

    fn kill(&self, signal: &str) {
        let process = self.process().expect("no daemon runs").to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    fn detach(&self) {
        let output = self.timbre(&["serve", "--detach"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(Path::new(text(&output.stdout).trim()), self.socket());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.timbre(&["serve", "--stop"]);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn submit(client: &Client, bars: u32) -> Job {
    let request = Request {
        prompt: "dusty lofi beat".into(),
        duration: Some(Length::Bars(bars)),
        ..Request::default()
    };
    let params = JobSubmitParams { request, ..JobSubmitParams::default() };
    client.call::<JobSubmit>(params).await.unwrap().jobs.remove(0)
}

/// Waits until a listener hears that a job has come to a phase.
async fn hear(events: &mut Events, job: &str, phase: Phase) {
    let heard = async {
        while let Some(event) = events.next().await {
            if matches!(&event, Event::JobChanged(c) if c.job.id == job && c.job.phase == phase) {
                return;
            }
        }
        panic!("the stream ended");
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("nothing was heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_share_a_daemon_and_it_goes_on_when_they_leave() {
    let daemon = Daemon::new();
    assert_eq!(daemon.timbre(&["serve", "--status"]).status.code(), Some(3));
    daemon.detach();
    // A second one is as good as the first, and one in the foreground is refused.
    daemon.detach();
    let refused = daemon.timbre(&["serve"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("hint: timbre serve --status"), "{refused:?}");

    let one = Client::connect(&daemon.socket()).await.unwrap();
    let two = Client::connect(&daemon.socket()).await.unwrap();
    let (mut of_one, mut of_two) = (one.subscribe(), two.subscribe());
    let job = submit(&one, 4).await;
    hear(&mut of_one, &job.id, Phase::Generating).await;
    hear(&mut of_two, &job.id, Phase::Generating).await;
    one.shutdown(Shutdown::Cancel).await;
    drop((one, of_one));
    hear(&mut of_two, &job.id, Phase::Ready).await;
    // A verb is one more program: what it changes, everybody hears.
    let rated = daemon.timbre(&["rate", "last", "up"]);
    assert!(rated.status.success(), "{rated:?}");
    let heard = async {
        loop {
            match of_two.next().await {
                Some(Event::TakeChanged(changed)) => return changed.take.rating,
                Some(_) => {}
                None => panic!("the stream ended"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, heard).await.unwrap(), Some(5));

    let stopped = daemon.timbre(&["serve", "--stop"]);
    assert!(stopped.status.success(), "{stopped:?}");
    tokio::time::timeout(PATIENCE, two.wait_closed()).await.unwrap();
    let fault = two.call::<JobGet>(JobGetParams { id: job.id }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    assert!(!daemon.socket().exists());
    assert!(daemon.timbre(&["serve", "--stop"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_is_started_again_and_its_job_goes_on() {
    let daemon = Daemon::new();
    daemon.detach();
    let client = Client::connect(&daemon.socket()).await.unwrap();
    let mut events = client.subscribe();
    let job = submit(&client, 64).await;
    hear(&mut events, &job.id, Phase::Generating).await;
    // Calls that wait when it dies hear of it.
    let waiting = tokio::spawn({
        let client = client.clone();
        async move {
            loop {
                if let Err(fault) = client.call::<EngineStatus>(EngineStatusParams {}).await {
                    return fault;
                }
            }
        }
    });
    daemon.kill("-KILL");
    let fault = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    client.wait_closed().await;
    assert!(daemon.socket().exists(), "what was killed can't clean up");
    assert_eq!(daemon.process(), None);
    daemon.detach();
    let client = Client::connect(&daemon.socket()).await.unwrap();
    let ready = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let params = JobGetParams { id: job.id.clone() };
            let job = client.call::<JobGet>(params).await.unwrap().job;
            if job.phase == Phase::Ready {
                return job;
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, ready).await.unwrap().attempts, 2);
}

#[test]
fn a_daemon_that_is_told_to_end_puts_its_work_back_and_cleans_up() {
    let daemon = Daemon::new();
    for signal in ["-TERM", "-INT"] {
        let mut child = daemon.command(&["serve"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(child.stdout.take().unwrap()),
            &mut line,
        )
        .unwrap();
        assert_eq!(Path::new(line.trim()), daemon.socket());
        let submit = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let client = Client::connect(&daemon.socket()).await.unwrap();
            let mut events = client.subscribe();
            let job = submit(&client, 128).await;
            hear(&mut events, &job.id, Phase::Generating).await;
            job
        });
        daemon.kill(signal);
        assert!(child.wait().unwrap().success());
        assert!(!daemon.socket().exists());
        let jobs = text(&daemon.timbre(&["jobs", "--no-resume"]).stdout);
        assert!(jobs.contains("queued"), "{jobs}");
        assert!(daemon.timbre(&["jobs", "cancel", &submit.id]).status.success());
    }
}

#[test]
fn a_daemon_that_hangs_is_named_and_nobody_waits_for_it_for_long() {
    let daemon = Daemon::new();
    daemon.detach();
    let process = daemon.process().unwrap();
    daemon.kill("-STOP");
    for words in [["serve", "--status"], ["serve", "--stop"]] {
        let output = daemon.timbre(&words);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = text(&output.stderr);
        assert!(said.contains("does not answer"), "{said}");
        assert!(said.contains(&format!("kill {process}")), "{said}");
    }
    // What only looks after the library does it alone then.
    let listed = daemon.timbre(&["ls"]);
    assert!(listed.status.success(), "{listed:?}");
    let go_on = Command::new("kill").args(["-CONT", &process.to_string()]).status();
    assert!(go_on.unwrap().success());
    assert_eq!(daemon.process(), Some(process));
}

#[test]
fn a_daemon_of_another_library_is_left_alone() {
    let daemon = Daemon::new();
    daemon.detach();
    let named = |command: &mut Command| {
        let output = command.args(["--json"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout).lines().count()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = Client::connect(&daemon.socket()).await.unwrap();
        let mut events = client.subscribe();
        let job = submit(&client, 1).await;
        hear(&mut events, &job.id, Phase::Ready).await;
    });
    assert_eq!(named(&mut daemon.command(&["ls"])), 1);
    assert_eq!(named(&mut daemon.command(&["ls", "--no-daemon"])), 1);
    let elsewhere = daemon.home.path().join("elsewhere");
    assert_eq!(named(daemon.command(&["ls"]).env("TIMBRE_DATA_DIR", elsewhere)), 0);
}

#[test]
fn a_program_on_stdio_can_end_the_engine_and_with_it_the_process() {
    use std::io::{Read, Write};
    let home = Daemon::new();
    let mut command = home.command(&["serve", "--stdio"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Its stdin stays open: only the end of the engine ends it.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine/shutdown\"}\n").unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("\"id\":1") && said.contains("\"result\":{}"), "{said}");
    assert!(child.wait().unwrap().success());
    drop(stdin);
}

#[test]
fn a_daemon_that_can_not_start_says_why() {
    let daemon = Daemon::new();
    let config = daemon.home.path().join("timbre/config");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "[generate]\njobs = 99\n").unwrap();
    let output = daemon.timbre(&["serve", "--detach"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("out of range") && said.contains("config.toml"), "{said}");
    assert!(output.stdout.is_empty());
}
