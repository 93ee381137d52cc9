//! The command line with an engine: real takes in a home of their own, read back from the outside.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// Short and quick to render, and said completely.
const PROMPT: &str = "dusty lofi beat, 120 bpm, A minor, rhodes";

/// A user's home, with everything of Timbre's below it.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn timbre(&self, words: &[&str]) -> Command {
        let mut command = Command::cargo_bin("timbre").unwrap();
        command.env_clear().env("HOME", self.folder.path());
        command.env("TIMBRE_HOME", self.path("timbre")).current_dir(self.folder.path());
        command.args(words).timeout(Duration::from_secs(240));
        command
    }

    /// A process that runs beside the test.
    fn spawn(&self, words: &[&str], stdin: Stdio) -> Child {
        std::process::Command::new(assert_cmd::cargo::cargo_bin("timbre"))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TIMBRE_HOME", self.path("timbre"))
            .current_dir(self.folder.path())
            .args(words)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs to success and gives the JSON lines.
    fn json(&self, words: &[&str]) -> Vec<Value> {
        let assert = self.timbre(words).arg("--json").assert().success();
        lines(&assert.get_output().stdout)
    }

    /// A take of three seconds at a path.
    fn take(&self, file: &str, more: &[&str]) -> Value {
        let words = [&["generate", PROMPT, "--duration", "3", "-o", file][..], more].concat();
        of_type(&self.json(&words), "take").remove(0)
    }
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn of_type(lines: &[Value], name: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["type"] == name).cloned().collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn a_prompt_becomes_a_file_with_every_fact_in_json() {
    let home = Home::new();
    let lines = home.json(&[
        "generate",
        PROMPT,
        "--duration",
        "4",
        "--seed",
        "7",
        "--stems",
        "--midi",
        "-o",
        "a.wav",
    ]);
    let phases = of_type(&lines, "job").iter().map(|job| job["phase"].clone()).collect::<Vec<_>>();
    assert_eq!(phases.first().unwrap(), "queued");
    assert_eq!(phases.last().unwrap(), "ready");
    for job in of_type(&lines, "job") {
        let progress = job["progress"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&progress));
        assert!(job["eta_s"].is_null() || job["eta_s"].is_number());
    }
    let take = &of_type(&lines, "take")[0];
    assert_eq!(take["path"], home.path("a.wav").to_str().unwrap());
    assert!((take["duration_s"].as_f64().unwrap() - 4.0).abs() <= 0.5);
    assert_eq!(take["bpm"], 120.0);
    assert_eq!(take["key"], "A minor");
    assert_eq!(take["metre"], "4/4");
    assert_eq!(take["seed"], 7);
    assert_eq!((&take["sample_rate"], &take["channels"]), (&48_000.into(), &2.into()));
    assert!((take["lufs"].as_f64().unwrap() + 14.0).abs() <= 0.5);
    assert!(take["true_peak_dbtp"].as_f64().unwrap() <= -0.99);
    assert_eq!(take["backend"], "composer");
    assert_eq!(take["brief"]["genres"][0], "lofi");
    for path in [&take["path"], &take["recipe"], &take["midi"]] {
        assert!(Path::new(path.as_str().unwrap()).is_file(), "{path}");
    }
    let stems = take["stems"].as_array().unwrap();
    assert!(
        stems.len() > 1 && stems.iter().all(|s| Path::new(s["path"].as_str().unwrap()).is_file())
    );
    assert_eq!(&fs::read(home.path("a.wav")).unwrap()[..4], b"RIFF");
}

#[test]
fn both_ways_to_ask_give_the_same_bytes_and_another_seed_another_song() {
    let home = Home::new();
    let words = |first: &'static str, file: &'static str, seed: &'static str| {
        [first, PROMPT, "--duration", "3", "--seed", seed, "-o", file]
    };
    for (first, file, seed) in
        [("generate", "a.wav", "1"), ("--generate", "b.wav", "1"), ("generate", "c.wav", "2")]
    {
        let assert = home.timbre(&words(first, file, seed)).assert().success();
        let stdout = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert_eq!(stdout, format!("{}\n", home.path(file).display()));
        assert!(!assert.get_output().stderr.is_empty(), "the talk goes to stderr");
    }
    let read = |file: &str| fs::read(home.path(file)).unwrap();
    assert!(read("a.wav") == read("b.wav"), "the same seed gives the same bytes");
    assert!(read("a.wav") != read("c.wav"), "another seed gives another song");
}

#[test]
fn a_take_without_a_path_goes_to_the_music_folder_and_can_be_found() {
    let home = Home::new();
    let assert = home.timbre(&["generate", PROMPT, "--duration", "2", "-q"]).assert().success();
    assert!(assert.get_output().stderr.is_empty(), "quiet means quiet");
    let path = String::from_utf8_lossy(&assert.get_output().stdout).trim().to_owned();
    assert!(path.starts_with(home.path("timbre/music/Timbre").to_str().unwrap()), "{path}");
    assert!(path.ends_with("take-1.wav"), "{path}");

    let take = of_type(&home.json(&["ls"]), "take").remove(0);
    let id = take["id"].as_str().unwrap();
    assert_eq!(take["path"], path.as_str());
    assert_eq!(of_type(&home.json(&["ls", "--search", "dusty"]), "take").len(), 1);
    assert_eq!(of_type(&home.json(&["ls", "--search", "polka"]), "take").len(), 0);

    let rated = home.json(&["rate", id, "up", "--note", "keep"]).remove(0);
    assert_eq!((&rated["rating"], &rated["note"]), (&5.into(), &"keep".into()));
    let tagged = home.json(&["tag", "last", "evening", "rain"]).remove(0);
    assert_eq!(tagged["tags"], serde_json::json!(["evening", "rain"]));
    assert_eq!(of_type(&home.json(&["ls", "--rating", "5"]), "take").len(), 1);

    let info = home.json(&["info", &path]).remove(0);
    assert_eq!(info["take"]["id"], id);
    assert!(!info["tags"].as_array().unwrap().is_empty());

    for (format, magic) in [("flac", &b"fLaC"[..]), ("wav", b"RIFF")] {
        let file = format!("copy-of-{format}.{format}");
        home.timbre(&["export", id, "--format", format, "-o", &file]).assert().success();
        assert_eq!(&fs::read(home.path(&file)).unwrap()[..4], magic);
    }
    home.timbre(&["export", id, "-o", "copy.mp3"]).assert().success();
    home.timbre(&["export", id, "-o", "copy.mp3"]).assert().code(5);
    home.timbre(&["export", id, "-o", "copy.mp3", "--force"]).assert().success();

    // Nobody can be asked here, so nothing is deleted without --force.
    home.timbre(&["delete", id]).assert().code(2);
    home.timbre(&["delete", id, "--no-input"]).assert().code(2);
    assert!(Path::new(&path).exists());
    home.timbre(&["delete", id, "--force"]).assert().success();
    assert!(!Path::new(&path).exists());
    home.timbre(&["rate", id, "up"]).assert().code(4);
}

#[test]
fn sound_on_stdout_is_wav_and_nothing_else() {
    let home = Home::new();
    let words = ["generate", PROMPT, "--duration", "2", "--seed", "3", "-o"];
    let assert = home.timbre(&words).arg("-").assert().success();
    let stdout = assert.get_output().stdout.clone();
    assert_eq!((&stdout[..4], &stdout[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
    let length = u32::from_le_bytes(stdout[4..8].try_into().unwrap()) as usize;
    assert_eq!(length + 8, stdout.len(), "the whole file and not a byte more");
    home.timbre(&words).arg("x.wav").assert().success();
    assert!(fs::read(home.path("x.wav")).unwrap() == stdout, "the same bytes as in a file");
    assert_eq!(of_type(&home.json(&["ls"]), "take").len(), 1, "a piped take leaves no entry");
    assert!(files_below(&home.path("timbre/state/stdout")).is_empty(), "and no file");
}

#[test]
fn replay_proves_a_file_and_notices_a_changed_one() {
    let home = Home::new();
    home.take("a.flac", &["--seed", "5"]);
    // From the file alone: another home, no library, no sidecar.
    let other = Home::new();
    fs::copy(home.path("a.flac"), other.path("alone.flac")).unwrap();
    other.timbre(&["replay", "alone.flac", "--verify"]).assert().success();
    let replayed = other.json(&["replay", "alone.flac", "--verify"]).remove(0);
    assert_eq!((&replayed["same_audio"], &replayed["recipe_from"]), (&true.into(), &"tags".into()));
}

#[test]
fn several_takes_get_numbers_and_the_next_seeds() {
    let home = Home::new();
    let words =
        ["generate", PROMPT, "--duration", "2", "--takes", "3", "--seed", "40", "-o", "x.wav"];
    let takes = of_type(&home.json(&words), "take");
    let mut found = takes
        .iter()
        .map(|t| (t["path"].as_str().unwrap().to_owned(), t["seed"].as_u64().unwrap()))
        .collect::<Vec<_>>();
    found.sort();
    let expected = [("x-1.wav", 40), ("x-2.wav", 41), ("x-3.wav", 42)]
        .map(|(name, seed)| (home.path(name).display().to_string(), seed));
    assert_eq!(found, expected);
    let sessions = takes.iter().map(|take| take["session"].clone()).collect::<Vec<_>>();
    assert!(sessions.iter().all(|session| session == &sessions[0]));
}

#[test]
fn stdin_is_read_for_a_dash_only() {
    let home = Home::new();
    // A pipe that stays open and says nothing, as scripts and editors leave it.
    let words = ["generate", PROMPT, "--duration", "2", "-o", "a.wav"];
    let mut child = home.spawn(&words, Stdio::piped());
    let held = child.stdin.take();
    assert!(wait(&mut child, Duration::from_secs(120)).success());
    drop(held);

    let lines = home
        .timbre(&["generate", "-", "--duration", "2", "--json", "-o", "b.wav"])
        .write_stdin("slow ambient drift\n")
        .assert()
        .success();
    let take = of_type(&crate::lines(&lines.get_output().stdout), "take").remove(0);
    assert_eq!(take["prompt"], "slow ambient drift");
}

#[test]
fn odd_prompts_are_read_or_refused_and_nothing_breaks() {
    let home = Home::new();
    for prompt in ["", "   ", "\u{7}\u{1b}[2J"] {
        home.timbre(&["generate", prompt, "-o", "x.wav"]).assert().code(2);
    }
    for (n, prompt) in [
        "🎹🔥 lofi 👩‍👩‍👧‍👦",
        "موسيقى هادئة lofi",
        "'; DROP TABLE takes; -- \" OR 1=1 lofi",
        "lofi \u{1b}]0;title\u{7} beat \u{202e}",
        "--lofi",
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("{n}.wav");
        let words = ["generate", "--duration", "2", "-o", &file, "--", prompt];
        let assert = home.timbre(&words).assert().success();
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.chars().all(|c| !c.is_control() || c == '\n'), "{stderr:?}");
    }
    assert_eq!(of_type(&home.json(&["ls"]), "take").len(), 5);
}

#[test]
fn flags_win_over_words_and_it_is_said() {
    let home = Home::new();
    let words = [
        "generate",
        "lofi, 140 bpm, C major",
        "--bpm",
        "90",
        "--key",
        "A minor",
        "--duration",
        "3",
        "-o",
        "a.wav",
    ];
    let assert = home.timbre(&words).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("90") && stderr.contains("140"), "{stderr}");
    let take = of_type(&home.json(&["ls"]), "take").remove(0);
    assert_eq!((&take["bpm"], &take["key"]), (&90.0.into(), &"A minor".into()));
}

#[test]
fn words_that_change_nothing_are_named() {
    let home = Home::new();
    let assert = home.timbre(&["brief", "lofi flurbleworp"]).assert().success();
    let stdout = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(stdout.contains("genre lofi") && stdout.contains("not used: flurbleworp"), "{stdout}");
}

#[test]
fn a_backend_that_is_not_there_is_exit_code_3() {
    let home = Home::new();
    home.timbre(&["generate", PROMPT, "--backend", "nonesuch"]).assert().code(3);
    home.timbre(&["generate", PROMPT, "--preset", "nonesuch"]).assert().code(4);
}

#[test]
fn presets_shape_a_take() {
    let home = Home::new();
    let take = home.take("a.wav", &["--preset", "club-master"]);
    assert!((take["lufs"].as_f64().unwrap() + 9.0).abs() <= 0.5, "{take}");
    let words = ["generate", "--preset", "lofi-study", "--duration", "3", "-o", "b.wav"];
    let take = of_type(&home.json(&words), "take").remove(0);
    assert_eq!(take["bpm"], 78.0);
    for preset in of_type(&home.json(&["presets"]), "preset") {
        let name = preset["name"].as_str().unwrap().to_owned();
        home.timbre(&["presets", &name]).assert().success();
        let words = ["brief", "music", "--preset", &name];
        home.timbre(&words).assert().success();
    }
}

#[test]
fn two_processes_share_a_library_and_lose_nothing() {
    let home = Home::new();
    let words = |file: &'static str| ["generate", PROMPT, "--duration", "4", "-o", file];
    let mut children =
        ["a.wav", "b.wav", "c.wav"].map(|file| home.spawn(&words(file), Stdio::null()));
    for child in &mut children {
        assert!(wait(child, Duration::from_secs(240)).success());
    }
    assert_eq!(of_type(&home.json(&["ls"]), "take").len(), 3);
    let ready = of_type(&home.json(&["jobs"]), "job");
    assert_eq!(ready.iter().filter(|job| job["phase"] == "ready").count(), 3);
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_cleanly() {
    for signal in ["INT", "TERM"] {
        let home = Home::new();
        let mut child =
            home.spawn(&["generate", PROMPT, "--duration", "20:00", "-o", "x.wav"], Stdio::null());
        wait_for_job(&home);
        send(&child, signal);
        let begun = Instant::now();
        let status = wait(&mut child, Duration::from_secs(20));
        assert_eq!(status.code(), Some(130), "SIG{signal}");
        assert!(begun.elapsed() < Duration::from_secs(5), "SIG{signal}: {:?}", begun.elapsed());
        assert!(!home.path("x.wav").exists());
        let left = fs::read_dir(home.folder.path()).unwrap().map(|e| e.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["timbre"], "nothing half-written");
        let jobs = of_type(&home.json(&["jobs", "--no-resume"]), "job");
        assert_eq!(jobs[0]["phase"], "cancelled");
    }
}

#[cfg(unix)]
#[test]
fn a_killed_render_is_resumed_once() {
    let home = Home::new();
    let mut child =
        home.spawn(&["generate", PROMPT, "--duration", "2:00", "-o", "x.wav"], Stdio::null());
    wait_for_job(&home);
    send(&child, "KILL");
    wait(&mut child, Duration::from_secs(20));
    assert!(!home.path("x.wav").exists());
    home.timbre(&["jobs"]).assert().success();
    assert!(home.path("x.wav").exists());
    let jobs = of_type(&home.json(&["jobs"]), "job");
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0]["phase"], "ready");
    assert_eq!(of_type(&home.json(&["ls"]), "take").len(), 1);
}

#[test]
fn a_broken_database_is_kept_and_work_goes_on() {
    let home = Home::new();
    let data = home.path("timbre/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("timbre.db"), "this is not a database, and it is longer than its header")
        .unwrap();
    let assert = home.timbre(&["ls"]).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("warning: "), "{stderr}");
    let kept = files_below(&data)
        .into_iter()
        .any(|file| fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"this is not a database")));
    assert!(kept, "the old file is kept aside");
}

#[test]
fn the_doctor_finds_a_fresh_machine_healthy() {
    let home = Home::new();
    let checks = home.json(&["doctor"]);
    assert!(checks.iter().all(|check| check["state"] == "ok"), "{checks:#?}");
    for name in ["version", "configuration", "takes", "library", "database", "backend"] {
        assert!(checks.iter().any(|check| check["name"] == name), "{name}");
    }
}

#[test]
fn other_programs_speak_json_over_stdio() {
    let home = Home::new();
    let mut child = home.spawn(&["serve", "--stdio"], Stdio::piped());
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, r#"{{"jsonrpc":"2.0","id":1,"method":"engine/ping"}}"#).unwrap();
    writeln!(stdin, r#"{{"jsonrpc":"2.0","id":2,"method":"no/such"}}"#).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers = lines(&output.stdout);
    let by_id = |id: i64| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(by_id(1)["result"]["name"], "timbre");
    assert_eq!(by_id(2)["error"]["code"], -32_601);
}

#[test]
fn the_log_is_a_file_and_holds_no_escape() {
    let home = Home::new();
    home.timbre(&["ls"]).env("TIMBRE_LOG", "debug").assert().success();
    let logs = files_below(&home.path("timbre/state/logs"));
    assert_eq!(logs.len(), 1);
    let text = fs::read_to_string(&logs[0]).unwrap();
    assert!(text.contains("started") && !text.contains('\u{1b}'), "{text}");
}

fn wait(child: &mut Child, patience: Duration) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > patience {
            let _ = child.kill();
            panic!("no end after {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the library has a job that is being rendered.
fn wait_for_job(home: &Home) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let jobs = of_type(&home.json(&["jobs", "--no-resume"]), "job");
        if jobs.iter().any(|job| job["phase"] == "generating") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no job was started");
}

#[cfg(unix)]
fn send(child: &Child, signal: &str) {
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("kill -{signal} {}", child.id())])
        .status()
        .unwrap();
    assert!(status.success());
}
