//! The command line without an engine: words, help, errors, exit codes. tests/headless.rs has what renders.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

fn timbre(home: &TempDir) -> Command {
    let mut command = Command::cargo_bin("timbre").unwrap();
    command.env_clear().env("HOME", home.path()).env("TIMBRE_HOME", home.path().join("timbre"));
    command.current_dir(home.path());
    command
}

fn run(words: &[&str]) -> (Assert, TempDir) {
    let home = tempfile::tempdir().unwrap();
    (timbre(&home).args(words).assert(), home)
}

fn out(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn err(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

#[test]
fn help_is_as_reviewed() {
    let (assert, _home) = run(&["--help"]);
    insta::assert_snapshot!("help", out(&assert));
    let (assert, _home) = run(&["generate", "--help"]);
    insta::assert_snapshot!("help_generate", out(&assert));
    for verb in ["play", "render", "nodes"] {
        let (assert, _home) = run(&[verb, "--help"]);
        insta::assert_snapshot!(format!("help_{verb}"), out(&assert));
    }
    let (assert, _home) = run(&["doctor", "audio", "--help"]);
    insta::assert_snapshot!("help_doctor_audio", out(&assert));
    // The short form fits a screen.
    let (assert, _home) = run(&["-h"]);
    assert!(out(&assert).lines().count() < 80, "{}", out(&assert));
}

#[test]
fn every_exit_code_is_documented() {
    let (assert, _home) = run(&["--help"]);
    for code in [
        "0  done",
        "1  failed",
        "2  usage",
        "3  the backend",
        "4  an input",
        "5  a file",
        "130  interrupted",
    ] {
        assert!(out(&assert).contains(code), "{code}");
    }
}

#[test]
fn what_starts_no_engine_leaves_nothing_behind() {
    for words in [
        &["--version"][..],
        &["--help"],
        &["completions", "bash"],
        &["completions", "fish"],
        &["man"],
        &["man", "generate"],
        &["man", "play"],
        &["schema"],
        &["config", "path"],
        &["config", "default"],
        &["config", "show"],
    ] {
        let (assert, home) = run(words);
        let assert = assert.success();
        assert!(!out(&assert).is_empty() && err(&assert).is_empty(), "{words:?}");
        let left = std::fs::read_dir(home.path()).unwrap().count();
        assert_eq!(left, 0, "{words:?} wrote a file");
    }
}

#[test]
fn pages_hold_what_they_should() {
    let (assert, _home) = run(&["man"]);
    assert!(out(&assert).contains(".TH timbre 1"));
    let (assert, _home) = run(&["completions", "zsh"]);
    assert!(out(&assert).contains("#compdef timbre"));
    let (assert, _home) = run(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out(&assert)).unwrap();
    assert!(schema["methods"]["job/submit"].is_object());
}

#[test]
fn nonsense_is_one_line_a_hint_and_exit_code_2() {
    let long = "x".repeat(100_000);
    for words in [
        &[][..],
        &["--bpm", "90"],
        &["--bpm", "90", "ls"],
        &["--generate", "x", "ls"],
        &["frobnicate"],
        &["generate"],
        &["generate", "x", "--durration", "3"],
        &["generate", "x", "--duration", "0"],
        &["generate", "x", "--duration", "-3"],
        &["generate", "x", "--duration", "99999h"],
        &["generate", "x", "--bpm", "0"],
        &["generate", "x", "--bpm", "-90"],
        &["generate", "x", "--bpm", "1e9"],
        &["generate", "x", "--bpm", "nan"],
        &["generate", "x", "--key", "H sharp"],
        &["generate", "x", "--metre", "4/5"],
        &["generate", "x", "--seed", "-1"],
        &["generate", "x", "--takes", "0"],
        &["generate", "x", "--lufs", "3"],
        &["generate", "x", "--sample-rate", "12"],
        &["generate", "x", "--bit-depth", "12"],
        &["generate", "x", "-o", "take.ogg"],
        &["generate", "x", "-o", "take"],
        &["generate", "x", "-o", "take.wav", "--format", "mp3"],
        &["generate", "x", "-o", "-", "--takes", "2"],
        &["generate", "x", "-o", "-", "--format", "flac"],
        &["generate", &long],
        &["rate", "abcd", "6"],
        &["tag", "abcd"],
        &["replay", "abcd"],
        &["man", "frobnicate"],
        &["play"],
        &["play", "x.wav", "--loop", "0"],
        &["play", "x.wav", "--loop", "-4"],
        &["play", "x.wav", "--loop", "1e9"],
        &["play", "x.wav", "--bpm", "1e9"],
        &["play", "x.wav", "--bpm", "-90"],
        &["play", "x.wav", "--count-in", "-1"],
        &["play", "x.wav", "--start", "bar0"],
        &["play", "x.wav", "--start", "-5"],
        &["play", "x.wav", "--external", "--loop", "4"],
        &["render", "x.json"],
        &["render", "x.json", "-o", "x.flac"],
        &["render", "x.json", "-o", "x.wav", "--seconds", "-1"],
        &["render", "x.json", "-o", "x.wav", "--seconds", "1e9"],
        &["render", "x.json", "-o", "x.wav", "--seconds", "2", "--tail"],
        &["render", "x.json", "-o", "x.wav", "--rate", "12"],
        &["doctor", "audio", "--seconds", "0"],
        &["doctor", "audio", "--seconds", "3600"],
        &["doctor", "teeth"],
        &["config", "show", "--origin", "--defaults"],
    ] {
        let (assert, home) = run(words);
        let code = assert.get_output().status.code();
        let stderr = err(&assert);
        let shown = words.iter().map(|word| &word[..word.len().min(20)]).collect::<Vec<_>>();
        assert_eq!(code, Some(2), "{shown:?}: {stderr}");
        assert!(out(&assert).is_empty(), "{shown:?}");
        let lines = stderr.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 2, "{shown:?}: {stderr}");
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{stderr}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "{shown:?} wrote a file");
    }
}

#[test]
fn targets_that_can_not_be_written_end_before_anything_is_rendered() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("there.wav"), "precious").unwrap();
    std::fs::write(home.path().join("two-2.wav"), "precious").unwrap();
    std::fs::create_dir(home.path().join("folder.wav")).unwrap();
    for words in [
        &["generate", "x", "-o", "there.wav"][..],
        &["generate", "x", "-o", "two.wav", "--takes", "2"],
        &["generate", "x", "-o", "nowhere/x.wav"],
        &["generate", "x", "-o", "folder.wav"],
        &["generate", "x", "-o", "folder.wav", "--force"],
        &["generate", "x", "-o", "there.wav/x.wav"],
        &["generate", "x", "-o", "/proc/x.wav"],
    ] {
        let assert = timbre(&home).args(words).assert().code(5);
        let stderr = err(&assert);
        assert!(stderr.starts_with("error: ") && stderr.contains("\nhint: "), "{stderr}");
    }
    assert_eq!(std::fs::read(home.path().join("there.wav")).unwrap(), b"precious");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 3, "nothing else was written");
}

#[test]
fn what_is_not_there_is_exit_code_4() {
    for words in [
        &["info", "no such file.wav"][..],
        &["replay", "gone.wav", "--verify"],
        &["play", "gone.wav"],
        &["play", "gone.wav", "--external"],
        &["render", "gone.json", "-o", "x.wav"],
    ] {
        let (assert, _home) = run(words);
        let assert = assert.code(4);
        assert!(err(&assert).contains("hint: "), "{}", err(&assert));
    }
}

#[test]
fn errors_are_objects_where_results_are() {
    for words in [
        &["generate", "x", "--bpm", "0", "--json"][..],
        &["generate", "x", "-o", "-", "--json"],
        &["--json", "generate", "x", "-o", "x.ogg"],
    ] {
        let (assert, _home) = run(words);
        let assert = assert.code(2);
        let value: serde_json::Value = serde_json::from_str(out(&assert).trim()).unwrap();
        assert_eq!(value["type"], "error");
        assert_eq!(value["kind"], "invalid");
        assert!(!value["message"].as_str().unwrap().is_empty());
        assert!(!value["hint"].as_str().unwrap().is_empty());
    }
}

#[test]
fn what_comes_from_outside_can_not_steer_the_terminal() {
    let (assert, _home) = run(&["info", "\u{1b}]0;title\u{7}\u{1b}[2Jgone\u{202e}.wav"]);
    let stderr = err(&assert.code(4));
    assert!(stderr.chars().all(|c| !c.is_control() || c == '\n'), "{stderr:?}");
    assert!(!stderr.contains('\u{202e}'));
}

#[test]
fn colour_is_used_only_where_it_was_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let painted = |vars: &[(&str, &str)], words: &[&str]| {
        let mut command = timbre(&home);
        command.args(["info", "none.wav"]).args(words).envs(vars.iter().copied());
        err(&command.assert()).contains('\u{1b}')
    };
    assert!(!painted(&[], &[]));
    assert!(painted(&[("FORCE_COLOR", "1")], &[]));
    assert!(painted(&[], &["--color", "always"]));
    assert!(!painted(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[]));
    assert!(!painted(&[("FORCE_COLOR", "1")], &["--color", "never"]));
}

#[test]
fn a_prompt_on_stdin_may_be_too_long_or_no_text() {
    let home = tempfile::tempdir().unwrap();
    timbre(&home).args(["generate", "-"]).write_stdin("x".repeat(1_000_000)).assert().code(2);
    timbre(&home).args(["generate", "-"]).write_stdin(vec![0xff, 0xfe, 0x00]).assert().code(4);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("timbre"))
        .arg("schema")
        .env_clear()
        .env("HOME", home.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The schema is longer than a pipe holds, so the writer meets the closed end.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_version_comes_at_once() {
    // Not the benchmark (benches/ has that): only that no database and no threads are started on the way.
    let begun = Instant::now();
    let (assert, _home) = run(&["--version"]);
    let assert = assert.success();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(out(&assert), format!("timbre {}\n", env!("CARGO_PKG_VERSION")));
}
