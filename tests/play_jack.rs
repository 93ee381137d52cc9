//! `timbre play` and `timbre doctor audio` on a real JACK server without hardware, as a user with a sound card has them.
//!
//! Needs the Debian package `jackd2`; where it is missing the tests fail and say so, since a skipped check proves nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A JACK server that plays to nobody, gone when the test ends.
struct Server {
    child: Child,
    name: String,
}

impl Server {
    fn start(name: &str) -> Self {
        // Two servers that start at the same moment can get into each other's way; the later one then gives up.
        for attempt in 0..5 {
            let name = format!("timbre-{name}-{}-{attempt}", std::process::id());
            let child = Command::new("jackd")
                .args(["-r", "-m", "-n", &name, "-d", "dummy", "-r", "48000", "-p", "256"])
                .env("JACK_NO_AUDIO_RESERVATION", "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("jackd is not installed: apt-get install jackd2");
            let server = Self { child, name };
            let waited = Command::new("jack_wait")
                .args(["-s", &server.name, "-w", "-t", "5"])
                .env("JACK_NO_START_SERVER", "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("jack_wait is not installed: apt-get install jackd2");
            if waited.success() {
                return server;
            }
        }
        panic!("the JACK server did not start");
    }

    fn timbre(&self, home: &TempDir, words: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::cargo_bin("timbre").unwrap();
        command.env_clear().env("TIMBRE_HOME", home.path().join("timbre"));
        command.env("JACK_DEFAULT_SERVER", &self.name).env("JACK_NO_START_SERVER", "1");
        command.current_dir(home.path()).args(words).timeout(Duration::from_secs(60));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked politely, it takes its shared memory with it.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        for _ in 0..250 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn of_type<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    lines.iter().find(|line| line["type"] == name).unwrap()
}

#[test]
fn a_file_plays_through_a_real_server_to_its_end() {
    let (server, home) = (Server::start("play"), tempfile::tempdir().unwrap());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(home.path().join("a.wav"), spec).unwrap();
    for n in 0..44_100 {
        let phase = f64::from(n) * 440.0 * std::f64::consts::TAU / 44_100.0;
        writer.write_sample((libm::sin(phase) * 16_000.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    let words = ["play", "a.wav", "--device", "jack output", "--json"];
    let assert = server.timbre(&home, &words).assert().success();
    let lines = lines(&assert.get_output().stdout);
    let device = &of_type(&lines, "status")["device"];
    assert!(device["current"].as_str().unwrap().contains("JACK"), "{device}");
    assert_eq!(device["available"], true);
    let played = of_type(&lines, "played");
    assert_eq!(played["ended"], true);
    assert!((played["position_s"].as_f64().unwrap() - 1.0).abs() < 0.02, "{played}");
}

#[test]
fn the_doctor_knows_the_server_and_tries_it() {
    let (server, home) = (Server::start("doctor"), tempfile::tempdir().unwrap());
    let words = ["doctor", "audio", "--seconds", "1", "--device", "jack output", "--json"];
    let assert = server.timbre(&home, &words).assert().success();
    let lines = lines(&assert.get_output().stdout);
    let device = lines.iter().find(|line| line["type"] == "device" && line["host"] == "jack");
    assert_eq!(device.unwrap()["sample_rates"], serde_json::json!([48_000]));
    let probe = of_type(&lines, "probe");
    assert_eq!((&probe["works"], &probe["sample_rate"]), (&true.into(), &48_000.into()));
    assert!(probe["frames"].as_f64().unwrap() > 40_000.0, "{probe}");
}
