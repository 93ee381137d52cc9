//! The workstation on a terminal: the real binary, a pseudo terminal, real takes, the null device. Every step waits until the
//! screen shows what it should.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

#[path = "support/terminal.rs"]
mod terminal;

use std::path::Path;

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use terminal::Terminal;

/// A prompt whose take is short.
const PROMPT: &str = "felt piano, 120 bpm, 4 bars";
const ENTER: &str = "\r";
const ESCAPE: &str = "\u{1b}";
const CTRL_C: &str = "\u{3}";
const CTRL_Z: &str = "\u{1a}";

fn command(home: &TempDir, program: &Path, words: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(words);
    command.env_clear();
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("LANG", "C.UTF-8"),
        ("TIMBRE_AUDIO__DEVICE", "null"),
        ("EDITOR", "true"),
    ] {
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

fn start(home: &TempDir, words: &[&str]) -> Terminal {
    Terminal::start(command(home, &binary(), words), 120, 36)
}

/// A workstation with one short take, and the keys in the composer.
fn with_a_take(home: &TempDir) -> Terminal {
    let mut terminal = start(home, &[]);
    terminal.wait_for("Timbre");
    terminal.press(PROMPT);
    terminal.wait_for(PROMPT);
    terminal.press(ENTER);
    terminal.wait_for("Take 1 is ready");
    terminal
}

/// Closes the first screen. Whatever comes right behind an Escape would be another key, so the screen is waited for.
fn past_the_first_screen(terminal: &mut Terminal) {
    terminal.wait_for("makes your first take");
    terminal.press(ESCAPE);
    terminal.wait("no first screen", |screen| !screen.contains("makes your first take"));
}

fn leave(mut terminal: Terminal) {
    terminal.press("/quit\r");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.is_alternate(), "the screen of before is not back");
}

#[test]
fn a_prompt_becomes_a_take_that_plays_loops_and_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = with_a_take(&home);
    let screen = terminal.text();
    for fact in ["120", "LUFS", "CC0-1.0", "composer"] {
        assert!(screen.contains(fact), "{fact} is not told:\n{screen}");
    }
    // Space with nothing typed plays the take with the focus.
    terminal.press(" ");
    terminal.wait("it plays", |screen| screen.contains('▶'));
    terminal.press("/loop 1-2\r");
    terminal.wait_for("Bars 1 to 2 loop");
    terminal.press("/rate 4\r");
    terminal.wait_for("★★★★☆");
    terminal.press("/name Rain on glass\r");
    terminal.wait_for("Rain on glass");
    terminal.press("/undo\r");
    terminal.wait_for("Taken back");
    terminal.press("/export flac\r");
    terminal.wait_for("Written:");
    terminal.press(" ");
    terminal.wait("it stops", |screen| !screen.contains('▶'));
    leave(terminal);
    let takes = home.path().join("timbre/music/Timbre");
    let mut names = Vec::new();
    names_below(&takes, &mut names);
    assert!(names.iter().any(|name| name.ends_with(".flac")), "{names:?}");
}

fn names_below(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_below(&path, names)
        } else {
            names.push(path.display().to_string())
        }
    }
}

#[test]
fn two_takes_are_compared_without_their_names() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = with_a_take(&home);
    terminal.press("/variation 0.5\r");
    terminal.wait_for("Take 2 is ready");
    terminal.press("/ab blind\r");
    terminal.wait("the candidates", |screen| screen.contains('A') && screen.contains("blind"));
    terminal.press("/switch b\r");
    terminal.wait("B is heard", |screen| screen.contains("▶ B") || screen.contains("[B]"));
    terminal.press("/verdict b\r");
    terminal.wait_for("The verdict is kept");
    leave(terminal);
}

#[test]
fn what_was_made_is_there_again_with_resume() {
    let home = tempfile::tempdir().unwrap();
    leave(with_a_take(&home));
    let terminal = start(&home, &["--resume"]);
    terminal.wait_for(PROMPT);
    terminal.wait_for("LUFS");
    leave(terminal);
}

#[test]
fn the_terminal_is_clean_after_a_signal_and_for_the_shell() {
    let home = tempfile::tempdir().unwrap();
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = start(&home, &[]);
        terminal.wait_for("Timbre");
        assert!(terminal.is_alternate());
        terminal.signal(signal);
        terminal.end();
        assert!(!terminal.is_alternate(), "{signal:?}");
    }
    let script = format!(
        "set -m; '{}'; echo 'the shell is here'; read go; fg; echo \"left with $?\"",
        binary().display()
    );
    let mut terminal =
        Terminal::start(command(&home, Path::new("/bin/sh"), &["-c", &script]), 120, 36);
    terminal.wait("the workstation", |screen| screen.contains("Timbre"));
    past_the_first_screen(&mut terminal);
    terminal.press(CTRL_Z);
    terminal.wait_for("the shell is here");
    assert!(!terminal.is_alternate());
    assert_eq!(terminal.settings(), terminal.before(), "the shell has a terminal as it was");
    terminal.press("on\n");
    terminal.wait("the workstation again", |screen| {
        screen.contains("Timbre") && !screen.contains("the shell is here")
    });
    terminal.press("/quit\r");
    terminal.wait_for("left with 0");
    terminal.end();
}

#[test]
fn odd_sizes_and_odd_text_break_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = start(&home, &[]);
    terminal.wait_for("Timbre");
    past_the_first_screen(&mut terminal);
    for (columns, rows) in [(1, 1), (20, 5), (300, 90), (3, 40), (120, 36)] {
        terminal.resize(columns, rows);
    }
    // What is typed in the very moment of a resize may wait in the system until the next key, so the picture is waited for.
    terminal.wait("the whole screen", |screen| {
        screen.contains("in this process") && screen.contains("What do you want to hear?")
    });
    // Pasted text never sends, whatever is in it.
    terminal.press("\u{1b}[200~雨の音\r\n👩‍👩‍👧 e\u{301} שלום \u{1b}]0;owned\u{7}\u{1b}[201~");
    terminal.wait_for("雨の音");
    let bytes = terminal.bytes();
    assert!(!bytes.contains("]0;owned"), "text from outside reached the terminal");
    terminal.press(CTRL_C);
    terminal.wait("an empty line", |screen| !screen.contains("雨の音"));
    leave(terminal);
}

#[test]
fn a_terminal_that_can_nothing_gets_lines() {
    let home = tempfile::tempdir().unwrap();
    let mut dumb = command(&home, &binary(), &[]);
    dumb.env("TERM", "dumb");
    let mut terminal = Terminal::start(dumb, 100, 30);
    terminal.wait_for("line by line");
    terminal.press("felt piano, 2 bars\r");
    terminal.wait_for("Ready. Take 1");
    terminal.press("/params\r");
    terminal.wait_for("reroll_bass");
    terminal.press("/quit\r");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.bytes().contains('\u{1b}'), "a control sequence was sent to a dumb terminal");
}

/// The screens in docs/screens are what the program shows. TIMBRE_BLESS=1 writes them again.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_screens_of_the_documentation_are_real() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(command(&home, &binary(), &[]), 100, 24);
    terminal.wait_for("Timbre");
    terminal.press("/seed 42\r");
    terminal.wait_for("have the seed 42");
    terminal.press("/inspector\r");
    terminal.press("dusty lofi beat, 82 bpm, A minor, rhodes and vinyl, 8 bars\r");
    terminal.wait_for("Take 1 is ready");
    terminal.press("/variation 0.5\r");
    terminal.wait_for("Take 2 is ready");
    let quiet = |screen: &str| !screen.contains('✓') && !screen.contains("→ Space");
    let takes = terminal.wait("no toasts", quiet);
    terminal.press("/view roll\r");
    let roll = terminal.wait("the score", |screen| {
        // The last rows are drawn last.
        screen.contains("kick") && screen.contains("Dusty drums") && screen.contains("Esc close")
    });
    leave_view(&mut terminal);
    leave(terminal);
    let tidy = |screen: &str| {
        let lines = screen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        format!("{}\n", lines.trim_end())
    };
    for (name, screen) in [("takes", tidy(&takes)), ("roll", tidy(&roll))] {
        let path = Path::new("docs/screens").join(format!("{name}.txt"));
        if std::env::var_os("TIMBRE_BLESS").is_some() {
            std::fs::create_dir_all("docs/screens").unwrap();
            std::fs::write(&path, &screen).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, screen, "{name}: TIMBRE_BLESS=1 writes it again");
    }
    assert!(
        std::fs::read_to_string("README.md").unwrap().contains(tidy(&takes).trim_end()),
        "README shows another screen"
    );
}

/// Closes the big view, and clears what may be typed.
fn leave_view(terminal: &mut Terminal) {
    terminal.press(ESCAPE);
    terminal.wait("the transcript", |screen| screen.contains("LUFS"));
}

/// With a pipe for a keyboard, each line waits for what the one before it has begun.
#[test]
fn lines_from_a_pipe_make_judge_and_write_a_take() {
    use std::io::Write;
    let home = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(binary())
        .arg("--plain")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("TIMBRE_HOME", home.path().join("timbre"))
        .env("TIMBRE_AUDIO__DEVICE", "null")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = "felt piano, 120 bpm, 2 bars\n/rate 4\n/variation 0.4\n/ab 1 2 blind\n/verdict b nicer\n/export flac\n\
                 /view roll\n/tempo fast\n/delete\nno\n/library\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let mut from = 0;
    for part in [
        "Ready. Take 1",
        "Prompt, from take 1",
        "Ready. Take 2",
        "The verdict is kept.",
        "Written: ",
        "bars.",
        "Error: /tempo",
        "Type yes or no.",
        "4 of 5 stars",
    ] {
        let at = said[from..].find(part);
        assert!(at.is_some(), "'{part}' is not said, or too early:\n{said}");
        from += at.unwrap();
    }
    assert!(!said.contains("Deleted") && !said.contains('\u{1b}'), "{said}");
}
