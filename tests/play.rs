//! Playing and rendering on the binary, on the device that plays to nobody: what is played, what is told, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::Value;
use tempfile::TempDir;
use timbre::engine::nodes::Registry;

/// Frames per second of most files here.
const RATE: u32 = 48_000;

/// A user's home whose sound goes to nobody.
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
        command.env_clear().env("HOME", self.folder.path()).env("TIMBRE_AUDIO__DEVICE", "null");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("TIMBRE_HOME", self.path("timbre")).current_dir(self.folder.path());
        command.args(words).timeout(Duration::from_secs(120));
        command
    }

    /// Runs to success and gives the JSON lines.
    fn json(&self, words: &[&str]) -> Vec<Value> {
        let assert = self.timbre(words).arg("--json").assert().success();
        lines(&assert.get_output().stdout)
    }

    /// Runs to a refusal, which is one line with a hint, and gives both.
    fn refused(&self, code: i32, words: &[&str]) -> String {
        let assert = self.timbre(words).assert().code(code);
        let stderr = err(&assert);
        assert!(stderr.contains("error: ") && stderr.contains("\nhint: "), "{words:?}: {stderr}");
        assert!(assert.get_output().stdout.is_empty(), "{words:?}");
        stderr
    }

    /// A stereo sine of 440 Hz as 32 bit float, and its samples.
    fn sine(&self, name: &str, frames: usize, rate: u32) -> Vec<f32> {
        self.sound(name, frames, rate, 2)
    }

    fn sound(&self, name: &str, frames: usize, rate: u32, channels: u16) -> Vec<f32> {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(self.path(name), spec).unwrap();
        let mut samples = Vec::new();
        for n in 0..frames {
            let phase = n as f64 * 440.0 * std::f64::consts::TAU / f64::from(rate);
            for _ in 0..channels {
                samples.push((libm::sin(phase) * 0.25) as f32);
                writer.write_sample(samples[samples.len() - 1]).unwrap();
            }
        }
        writer.finalize().unwrap();
        samples
    }
}

fn err(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn of_type(lines: &[Value], name: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["type"] == name).cloned().collect()
}

fn samples_of(path: &Path) -> (hound::WavSpec, Vec<f32>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    (reader.spec(), reader.samples::<f32>().map(Result::unwrap).collect())
}

#[test]
fn a_file_plays_to_its_end_in_its_own_time() {
    let home = Home::new();
    home.sine("a b.wav", 72_000, RATE);
    let begun = Instant::now();
    let lines = home.json(&["play", "a b.wav"]);
    assert!(begun.elapsed() >= Duration::from_millis(1_500), "it was over too early");
    let player = &of_type(&lines, "player")[0];
    assert_eq!(player["items"][0]["seconds"], 1.5);
    assert_eq!(player["items"][0]["title"], "a b");
    assert_eq!(player["length_s"], 1.5);
    let statuses = of_type(&lines, "status");
    assert!(!statuses.is_empty());
    let places = statuses.iter().map(|line| line["position_s"].as_f64().unwrap());
    assert!(places.is_sorted(), "{statuses:?}");
    assert_eq!(statuses[0]["device"]["current"], "null");
    let last = lines.last().unwrap();
    assert_eq!((&last["type"], &last["ended"]), (&"played".into(), &true.into()));
    assert!((last["position_s"].as_f64().unwrap() - 1.5).abs() < 0.02, "{last}");
}

#[test]
fn files_follow_each_other_without_a_gap_also_through_effects_and_after_a_count_in() {
    let home = Home::new();
    home.sine("one.wav", 12_345, RATE);
    home.sine("two.wav", 22_050, 44_100);
    let words = ["play", "one.wav", "two.wav", "--chain", "vinyl-dust", "--count-in", "1"];
    let lines = home.json(&words);
    let items = &of_type(&lines, "player")[0]["items"];
    assert_eq!(items[0]["seconds"], 0.257_187_5);
    assert_eq!(items[1]["start_s"], items[0]["seconds"]);
    assert_eq!(items[1]["seconds"], 0.5);
    // A bar of 120 BPM takes two seconds, and the line after one of them is in it.
    assert!(of_type(&lines, "status").iter().any(|line| line["state"] == "counting_in"));
    assert_eq!(lines.last().unwrap()["ended"], true);
}

#[test]
fn without_json_there_are_lines_to_read_and_stdout_stays_empty() {
    let home = Home::new();
    home.sine("a.wav", 30_000, RATE);
    let assert = home.timbre(&["play", "a.wav"]).assert().success();
    let told = err(&assert);
    assert!(assert.get_output().stdout.is_empty());
    assert!(told.contains("playing  a  1:1  0:00/0:01  120 BPM"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");
    let quiet = home.timbre(&["play", "a.wav", "--quiet"]).assert().success();
    assert_eq!(err(&quiet), "");
}

#[test]
fn a_take_plays_by_its_id_from_where_it_is_told_at_another_tempo() {
    let home = Home::new();
    home.json(&["generate", "lofi beat, 120 bpm, A minor", "--duration", "4", "-o", "take.flac"]);
    let lines = home.json(&["play", "last", "--start", "bar2", "--bpm", "160"]);
    let player = &of_type(&lines, "player")[0];
    let item = &player["items"][0];
    assert_eq!((&item["bpm"], &item["key"]), (&120.0.into(), &"A minor".into()));
    // Three quarters of its length, and it starts after four beats of it.
    let seconds = item["seconds"].as_f64().unwrap();
    assert!((2.9..4.0).contains(&seconds), "{seconds}");
    assert_eq!(player["transport"]["seconds"], 1.5);
    assert_eq!(of_type(&lines, "status")[0]["bar"], 2);
    assert_eq!(lines.last().unwrap()["ended"], true);
}

#[test]
fn a_loop_goes_on_until_it_is_told_to_stop() {
    let home = Home::new();
    home.sine("a.wav", 96_000, RATE);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("timbre"))
        .args(["play", "a.wav", "--loop", "1", "--json"])
        .env_clear()
        .envs([("TIMBRE_AUDIO__DEVICE", "null")])
        .env("TIMBRE_HOME", home.path("timbre"))
        .current_dir(home.folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A bar of 120 BPM is 2 s long, so the fourth line comes after more than one round.
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut statuses = Vec::new();
    for line in std::io::BufRead::lines(stdout) {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if line["type"] == "status" {
            statuses.push(line);
        }
        if statuses.len() == 4 {
            break;
        }
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(statuses[0]["loop_beats"], serde_json::json!([0.0, 4.0]));
    let last = statuses[3]["position_s"].as_f64().unwrap();
    assert!((0.5..2.0).contains(&last), "after 3 s it is in the second round, not at {last}");
}

#[test]
fn a_device_that_is_not_there_is_never_replaced_by_another() {
    let home = Home::new();
    home.sine("a.wav", 4_800, RATE);
    let told = home.refused(4, &["play", "a.wav", "--device", "No Such Card"]);
    assert!(told.contains("No Such Card") && told.contains("timbre devices"), "{told}");
    // Configured, it may come back later; until then somebody else can play the file.
    let assert = home
        .timbre(&["play", "a.wav"])
        .env("TIMBRE_AUDIO__DEVICE", "No Such Card")
        .env("TIMBRE_AUDIO__PLAYER", "mpv")
        .assert()
        .code(3);
    let told = err(&assert);
    let file = home.path("a.wav");
    let file = fs::canonicalize(&file).unwrap_or(file);
    let command = format!("mpv --no-video {}", file.display());
    assert!(told.contains("No Such Card") && told.contains(&command), "{told}");
}

#[cfg(unix)]
#[test]
fn an_external_player_gets_the_file_as_one_word() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let name = "it's; $(touch gone) \"x\".wav";
    home.sine(name, 4_800, RATE);
    let player = home.path("player");
    fs::write(&player, "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >> \"$HOME/heard\"\n").unwrap();
    fs::set_permissions(&player, fs::Permissions::from_mode(0o755)).unwrap();
    home.timbre(&["play", name, name, "--external"])
        .env("TIMBRE_AUDIO__PLAYER", &player)
        .assert()
        .success();
    let file = home.path(name);
    let once = format!("1\n{}\n", file.display());
    assert_eq!(fs::read_to_string(home.path("heard")).unwrap(), [once.as_str(); 2].concat());
    assert!(!home.path("gone").exists());
    fs::write(&player, "#!/bin/sh\nexit 3\n").unwrap();
    let assert = home
        .timbre(&["play", name, "--external"])
        .env("TIMBRE_AUDIO__PLAYER", &player)
        .assert()
        .code(4);
    assert!(err(&assert).contains("exit status: 3"), "{}", err(&assert));
    home.timbre(&["play", name, "--external"])
        .env("TIMBRE_AUDIO__PLAYER", "no-such-player-at-all")
        .assert()
        .code(3);
}

#[test]
fn files_that_lie_or_are_broken_are_refused_or_played_as_far_as_they_go() {
    let home = Home::new();
    home.sine("good.wav", 9_600, RATE);
    let good = fs::read(home.path("good.wav")).unwrap();
    fs::write(home.path("empty.wav"), b"").unwrap();
    fs::write(home.path("text.wav"), "this is no sound at all\n".repeat(100)).unwrap();
    fs::write(home.path("header.wav"), &good[..40]).unwrap();
    fs::create_dir(home.path("folder.wav")).unwrap();
    home.sine("nothing.wav", 0, RATE);
    for (name, code) in
        [("empty.wav", 4), ("text.wav", 4), ("header.wav", 4), ("folder.wav", 4), ("gone.wav", 4)]
    {
        home.refused(code, &["play", name]);
    }
    let told = home.refused(4, &["play", "nothing.wav"]);
    assert!(told.contains("no sound"), "{told}");
    // A file that was cut off, and one whose header promises four gigabytes.
    fs::write(home.path("cut.wav"), &good[..good.len() / 2]).unwrap();
    let mut lying = good.clone();
    let data = lying.windows(4).position(|tag| tag == b"data").unwrap();
    lying[data + 4..data + 8].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    fs::write(home.path("lying.wav"), &lying).unwrap();
    for name in ["cut.wav", "lying.wav"] {
        let assert = home.timbre(&["play", name, "--json"]).assert();
        let lines = lines(&assert.get_output().stdout);
        let last = lines.last().unwrap();
        match assert.get_output().status.code() {
            Some(0) => {
                let length = of_type(&lines, "player")[0]["length_s"].as_f64().unwrap();
                assert!(length <= 0.2, "{name}: {length}");
            }
            code => {
                assert_eq!((code, &last["type"]), (Some(4), &"error".into()), "{name}: {last}");
                assert!(!last["hint"].as_str().unwrap().is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn high_rates_and_many_channels_play() {
    let home = Home::new();
    home.sine("fast.wav", 38_400, 192_000);
    home.sound("wide.wav", 9_600, RATE, 8);
    let lines = home.json(&["play", "fast.wav", "wide.wav"]);
    let items = &of_type(&lines, "player")[0]["items"];
    for at in 0..2 {
        let seconds = items[at]["seconds"].as_f64().unwrap();
        assert!((seconds - 0.2).abs() < 1e-3, "{seconds}");
    }
    assert_eq!(lines.last().unwrap()["ended"], true);
}

#[test]
fn wishes_that_make_no_sense_are_refused_before_anything_sounds() {
    let home = Home::new();
    home.sine("a.wav", 4_800, RATE);
    for words in [
        &["play", "a.wav", "--loop", "-4"][..],
        &["play", "a.wav", "--loop", "0"],
        &["play", "a.wav", "--bpm", "99999"],
        &["play", "a.wav", "--bpm", "-1"],
        &["play", "a.wav", "--count-in", "9"],
        &["play", "a.wav", "--start", "-1"],
        &["play", "a.wav", "--start", "1:00"],
        &["play", "a.wav", "--start", "bar99"],
        &["play", "a.wav", "--external", "--bpm", "90"],
        &["play"],
    ] {
        home.refused(2, words);
    }
    let told = home.refused(4, &["play", "a.wav", "--chain", "no-such-preset"]);
    assert!(told.contains("no-such-preset"), "{told}");
}

#[test]
fn devices_are_listed_with_the_one_that_plays_to_nobody_last() {
    let home = Home::new();
    let lines = home.json(&["devices"]);
    assert!(lines.iter().all(|line| line["type"] == "device"));
    assert_eq!(lines.last().unwrap()["id"], "null");
    let assert = home.timbre(&["devices"]).assert().success();
    let shown = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert_eq!(shown.lines().count(), lines.len());
    assert!(shown.lines().last().unwrap().starts_with("null "), "{shown}");
}

#[test]
fn every_type_of_node_is_listed_with_all_that_can_be_set() {
    let home = Home::new();
    let lines = home.json(&["nodes"]);
    let registry = Registry::built_in();
    let known =
        registry.types().iter().map(|kind| kind.descriptor.id.to_owned()).collect::<Vec<_>>();
    let listed = lines.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>();
    for id in &known {
        assert!(listed.contains(&id.as_str()), "{id} is not listed");
    }
    assert_eq!(listed.len(), known.len());
    for line in &lines {
        assert!(!line["doc"].as_str().unwrap().is_empty(), "{line}");
        for param in line["params"].as_array().unwrap() {
            let number = |key: &str| param[key].as_f64().unwrap();
            assert!(number("min") <= number("default") && number("default") <= number("max"));
            assert!(!param["doc"].as_str().unwrap().is_empty(), "{line}");
        }
    }
    let one = home.timbre(&["nodes", "fx.delay"]).assert().success();
    let shown = String::from_utf8_lossy(&one.get_output().stdout).into_owned();
    assert!(shown.contains("\nparams\n") && shown.contains("feedback"), "{shown}");
    assert_eq!(home.json(&["nodes", "fx.delay"]).len(), 1);
    assert!(home.json(&["nodes", "fx."]).len() > 3);
    let told = home.refused(4, &["nodes", "fx.dealy"]);
    assert!(told.contains("fx.delay"), "{told}");
}

#[test]
fn the_doctor_tries_the_sound() {
    let home = Home::new();
    let lines = home.json(&["doctor", "audio", "--seconds", "0.5"]);
    let probe = &of_type(&lines, "probe")[0];
    assert_eq!((&probe["works"], &probe["device"]), (&true.into(), &"null".into()));
    let frames = probe["frames"].as_f64().unwrap();
    assert!(frames >= 20_000.0, "{frames} frames in half a second");
    let checks = of_type(&lines, "check");
    for name in ["device", "format", "priority", "load", "xruns"] {
        assert!(checks.iter().any(|check| check["name"] == name), "{name}");
    }
    let assert =
        home.timbre(&["doctor", "audio", "--seconds", "0.2", "--device", "No Such Card"]).assert();
    let shown = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert_eq!(assert.get_output().status.code(), Some(1), "{shown}");
    assert!(shown.contains("failed") && shown.contains("ffplay"), "{shown}");
}

/// The example of docs/cli.md, so that it can't be one that does not work.
fn example() -> String {
    let page = fs::read_to_string("docs/cli.md").unwrap();
    let (_, rest) = page.split_once("```json graph\n").expect("docs/cli.md has an example");
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn a_graph_renders_to_the_same_bytes_every_time() {
    let home = Home::new();
    fs::write(home.path("song.json"), example()).unwrap();
    let render = |file: &str| {
        home.timbre(&["render", "song.json", "-o", file]).assert().success();
        fs::read(home.path(file)).unwrap()
    };
    assert!(render("a.wav") == render("b.wav"), "two renderings differ");
    let (spec, samples) = samples_of(&home.path("a.wav"));
    assert_eq!((spec.sample_rate, spec.channels, spec.bits_per_sample), (48_000, 2, 32));
    let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    assert!((0.01..1.0).contains(&peak), "{peak}");
    let assert = home.timbre(&["render", "-", "-o", "-"]).write_stdin(example()).assert().success();
    assert!(assert.get_output().stdout == fs::read(home.path("a.wav")).unwrap());
    let left = fs::read_dir(home.path("timbre/state/stdout")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what went to stdout lies nowhere else");
}

#[test]
fn a_graph_that_plays_a_file_gives_back_its_samples() {
    let home = Home::new();
    let wanted = home.sine("a.wav", 10_000, RATE);
    let graph = serde_json::json!({
        "graph": {
            "nodes": [
                {"id": "tape", "kind": "source.player", "config": {"file": home.path("a.wav"), "mode": "off"}},
                {"id": "out", "kind": "mix.bus"}
            ],
            "connections": [{"from": {"node": "tape", "port": "out"}, "to": {"node": "out", "port": "in"}}]
        }
    });
    fs::write(home.path("g.json"), graph.to_string()).unwrap();
    let lines = home.json(&["render", "g.json", "-o", "b.wav", "--seconds", "0.5"]);
    assert_eq!((&lines[0]["type"], &lines[0]["frames"]), (&"render".into(), &24_000.into()));
    let (_, got) = samples_of(&home.path("b.wav"));
    assert_eq!(got.len(), 48_000);
    assert!(got[..wanted.len()] == wanted[..], "the samples differ");
    assert!(got[wanted.len()..].iter().all(|s| *s == 0.0), "something sounds after the end");
}

#[test]
fn a_note_of_440_hz_has_440_hz() {
    let home = Home::new();
    let graph = serde_json::json!({
        "graph": {
            "nodes": [{"id": "lead", "kind": "lead.soft", "params": {"vibrato": 0.0}}, {"id": "out", "kind": "mix.bus"}],
            "connections": [{"from": {"node": "lead", "port": "out"}, "to": {"node": "out", "port": "in"}}]
        },
        "score": {"parts": [{
            "id": "lead", "name": "Lead", "drums": false, "program": 80,
            "notes": [{"beat": 0.0, "beats": 4.0, "pitch": 69, "velocity": 0.8}]
        }]}
    });
    fs::write(home.path("g.json"), graph.to_string()).unwrap();
    home.json(&["render", "g.json", "-o", "a.wav", "--seconds", "2", "--rate", "48k"]);
    let (_, samples) = samples_of(&home.path("a.wav"));
    let left = samples.iter().step_by(2).skip(24_000).take(48_000).copied().collect::<Vec<_>>();
    // The lag of the highest autocorrelation among all pitches from 240 to 800 Hz.
    let likeness = |lag: usize| -> f64 {
        left.iter().zip(&left[lag..]).take(24_000).map(|(a, b)| f64::from(a * b)).sum()
    };
    let lag = (60..200).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap();
    let hertz = 48_000.0 / lag as f64;
    assert!((hertz - 440.0).abs() < 3.0, "{hertz} Hz");
}

#[test]
fn graphs_that_make_no_sense_are_refused_with_a_hint() {
    let home = Home::new();
    let node = |id: &str, kind: &str| serde_json::json!({"id": id, "kind": kind});
    let cable = |from: &str, to: &str| serde_json::json!({"from": {"node": from, "port": "out"}, "to": {"node": to, "port": "in"}});
    let graph = |nodes: Vec<Value>, connections: Vec<Value>| {
        serde_json::json!({"graph": {"nodes": nodes, "connections": connections}}).to_string()
    };
    let out = || node("out", "mix.bus");
    let crowd = (0..10_000).map(|n| node(&format!("n{n}"), "mix.bus")).chain([out()]).collect();
    let mut loud = node("x", "fx.delay");
    loud["params"] = serde_json::json!({"mix": 1e30});
    let cases = [
        ("nothing", String::new()),
        ("no graph", "{}".to_owned()),
        ("cut", "{\"graph\": {".to_owned()),
        ("no nodes", graph(vec![], vec![])),
        ("unknown type", graph(vec![node("x", "fx.dealy"), out()], vec![])),
        ("cycle", graph(vec![node("a", "fx.delay"), node("b", "fx.delay"), out()], vec![cable("a", "b"), cable("b", "a"), cable("a", "out")])),
        ("unknown port", graph(vec![out()], vec![cable("ghost", "out")])),
        ("out of range", graph(vec![loud, out()], vec![cable("x", "out")])),
        ("ten thousand nodes", graph(crowd, vec![])),
        ("tempo", "{\"graph\":{\"nodes\":[{\"id\":\"out\",\"kind\":\"mix.bus\"}]},\"score\":{\"tempo\":[{\"beat\":0,\"bpm\":1e9}]}}".to_owned()),
    ];
    for (name, text) in cases {
        fs::write(home.path("g.json"), &text).unwrap();
        let told = home.refused(2, &["render", "g.json", "-o", "x.wav"]);
        assert!(!home.path("x.wav").exists(), "{name}: {told}");
    }
    home.refused(4, &["render", "gone.json", "-o", "x.wav"]);
    home.refused(4, &["render", ".", "-o", "x.wav"]);
    fs::write(home.path("g.json"), example()).unwrap();
    home.refused(2, &["render", "g.json", "-o", "x.flac"]);
    home.refused(2, &["render", "g.json", "-o", "x.wav", "--seconds", "0"]);
    home.timbre(&["render", "g.json", "-o", "-", "--json"]).assert().code(2);
    home.refused(5, &["render", "g.json", "-o", "nowhere/x.wav"]);
    fs::write(home.path("x.wav"), "precious").unwrap();
    home.refused(5, &["render", "g.json", "-o", "x.wav"]);
    assert_eq!(fs::read(home.path("x.wav")).unwrap(), b"precious");
    home.timbre(&["render", "g.json", "-o", "x.wav", "--force", "--bit-depth", "24"])
        .assert()
        .success();
    assert_eq!(hound::WavReader::open(home.path("x.wav")).unwrap().spec().bits_per_sample, 24);
}
