//! The player on a terminal: a pseudo terminal is its screen and its keyboard. Every step waits until the screen shows what
//! it should.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

#[path = "support/terminal.rs"]
mod terminal;

use std::path::Path;

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use terminal::Terminal;

fn sine(path: &Path, seconds: u32) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..seconds * 48_000 {
        let phase = f64::from(n) * 440.0 * std::f64::consts::TAU / 48_000.0;
        let sample = (libm::sin(phase) * 16_000.0) as i16;
        writer.write_sample(sample).unwrap();
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    sine(&home.path().join("first.wav"), 60);
    sine(&home.path().join("second.wav"), 60);
    home
}

fn command(home: &TempDir, program: &Path, words: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(words);
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("TIMBRE_AUDIO__DEVICE", "null")] {
        command.env(name, value);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", home.path());
    command.env("TIMBRE_HOME", home.path().join("timbre"));
    command.cwd(home.path());
    command
}

fn binary() -> std::path::PathBuf {
    assert_cmd::cargo::cargo_bin("timbre")
}

fn play(home: &TempDir, words: &[&str]) -> Terminal {
    let words = [&["play", "first.wav", "second.wav"][..], words].concat();
    Terminal::start(command(home, &binary(), &words), 120, 12)
}

#[test]
fn keys_steer_the_music_and_the_line_shows_it() {
    let home = home();
    let mut terminal = play(&home, &[]);
    let line = terminal.wait("a level", |screen| screen.contains("[===") && screen.contains(" dB"));
    for part in ["▶  first  1/2  ", "/1:00", "120 BPM", "0 xruns", "null"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    terminal.press(" ");
    terminal.wait_for("■  first");
    // Stopped, so that each step is seen alone: to the next bars, a beat-less step of 5 s, and back.
    terminal.press("\u{1b}[1;2C");
    let at = terminal.wait("a bar's beginning", |screen| screen.contains(":1  0:"));
    terminal.press("]");
    terminal.wait("the next bar", |screen| screen.contains(":1  0:") && screen != at);
    terminal.press("\u{1b}[C\u{1b}[C");
    terminal.wait_for("  0:1");
    terminal.press("n");
    terminal.wait_for("■  second  2/2");
    terminal.press("p");
    terminal.wait_for("■  first  1/2  1:1  0:00/1:00");
    terminal.press("l");
    terminal.wait_for("loop 1-30");
    terminal.press("l");
    terminal.wait("no loop", |screen| !screen.contains("loop"));
    terminal.press("\u{1b}[B\u{1b}[B");
    terminal.wait_for("volume -2 dB");
    terminal.press("\u{1b}[A\u{1b}[A");
    terminal.wait("no volume", |screen| !screen.contains("volume"));
    terminal.press("?");
    terminal.wait_for("space play/stop");
    terminal.press(" ");
    terminal.wait_for("▶  first");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn the_terminal_is_given_back_whatever_ends_the_player() {
    let home = home();
    for (signal, code) in [(Signal::TERM, 130), (Signal::INT, 130), (Signal::HUP, 130)] {
        let mut terminal = play(&home, &[]);
        terminal.wait_for("▶  first");
        assert_ne!(terminal.settings(), terminal.before(), "raw mode was never on");
        terminal.signal(signal);
        assert_eq!(terminal.end(), code, "{signal:?}");
    }
    let mut terminal = play(&home, &[]);
    terminal.wait_for("▶  first");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 130);
    assert!(!terminal.bytes().contains("error:"), "Ctrl-C at a player is no error");
}

#[test]
fn the_end_of_the_music_ends_the_player() {
    let home = home();
    sine(&home.path().join("short.wav"), 1);
    let mut terminal = Terminal::start(command(&home, &binary(), &["play", "short.wav"]), 100, 12);
    terminal.wait_for("▶  short");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn it_stops_for_the_shell_and_comes_back() {
    let home = home();
    // A shell with job control, as a user's: it says when it has the terminal, and waits until it is told to go on.
    let script = format!(
        "set -m; '{}' play first.wav; echo 'the shell is here'; read go; fg; echo \"left with $?\"",
        binary().display()
    );
    let shell = command(&home, Path::new("/bin/sh"), &["-c", &script]);
    let mut terminal = Terminal::start(shell, 100, 12);
    terminal.wait_for("▶  first");
    terminal.press("\u{1a}");
    terminal.wait_for("the shell is here");
    assert_eq!(terminal.settings(), terminal.before(), "the shell has a terminal as it was");
    let stopped = terminal.wait_for("the shell is here");
    assert!(!stopped.lines().last().unwrap_or_default().contains('▶'), "{stopped}");
    terminal.press("on\n");
    terminal.wait("the line again", |screen| {
        screen
            .lines()
            .rev()
            .find(|line| !line.is_empty())
            .is_some_and(|line| line.contains("▶  first"))
    });
    assert_ne!(terminal.settings(), terminal.before(), "keys would not be read");
    terminal.press("q");
    terminal.wait_for("left with 0");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn without_a_shell_there_is_nothing_to_stop_for() {
    let home = home();
    let mut terminal = play(&home, &[]);
    terminal.wait_for("▶  first");
    terminal.press("\u{1a}");
    terminal.wait_for("no shell to go back to");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_narrow_terminal_never_wraps_and_no_color_is_obeyed() {
    let home = home();
    let mut narrow = command(&home, &binary(), &["play", "first.wav", "second.wav"]);
    narrow.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(narrow, 24, 12);
    terminal.wait_for("/1:00");
    terminal.press("  ");
    let screen = terminal.wait("it plays on", |screen| screen.contains('▶'));
    assert_eq!(screen.lines().filter(|line| !line.trim().is_empty()).count(), 1, "{screen}");
    terminal.resize(14, 12);
    terminal.wait("a shorter line", |screen| {
        screen.lines().filter(|line| !line.trim().is_empty()).all(|line| line.chars().count() < 14)
            && screen.contains("/1:00")
    });
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    let bytes = terminal.bytes();
    let colours = bytes.match_indices("\u{1b}[").filter(|(at, _)| {
        let rest = &bytes[at + 2..];
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    });
    assert_eq!(colours.count(), 0, "{bytes:?}");
}
