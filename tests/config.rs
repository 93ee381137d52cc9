//! The configuration as a user meets it: layers, origins, mistakes. Runs the program, or the layers over made-up surroundings.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use proptest::prelude::*;
use tempfile::TempDir;
use timbre::config::layers::{DEFAULT_TOML, Origin};
use timbre::config::raw::RawConfig;
use timbre::config::{Layered, Paths, Surroundings, document, load};
use timbre::model::request::{Depth, Format};

/// A home of its own with a project folder in it.
struct Home {
    folder: TempDir,
    vars: Vec<(String, String)>,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".config/timbre")).unwrap();
        fs::create_dir_all(folder.path().join("project/deep")).unwrap();
        Self { folder, vars: Vec::new() }
    }

    fn user(self, content: &str) -> Self {
        fs::write(self.user_file(), content).unwrap();
        self
    }

    fn project(self, content: &str) -> Self {
        fs::write(self.folder.path().join("project/.timbre.toml"), content).unwrap();
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    fn user_file(&self) -> PathBuf {
        self.folder.path().join(".config/timbre/config.toml")
    }

    fn around(&self) -> Surroundings {
        Surroundings {
            vars: self.vars.iter().cloned().collect(),
            home: self.folder.path().to_owned(),
            cwd: self.folder.path().join("project/deep"),
        }
    }

    fn load_with(&self, flags: RawConfig) -> Result<Layered, document::ConfigError> {
        let around = self.around();
        load(&around, &Paths::new(&around), flags)
    }

    fn load(&self) -> Result<Layered, document::ConfigError> {
        self.load_with(RawConfig::default())
    }

    fn mistake(&self) -> (String, String) {
        let error = self.load().unwrap_err();
        (error.to_string(), error.hint())
    }

    fn timbre(&self, words: &[&str]) -> assert_cmd::assert::Assert {
        Command::cargo_bin("timbre")
            .unwrap()
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.vars.iter().cloned())
            .current_dir(self.folder.path().join("project/deep"))
            .args(words)
            .assert()
    }
}

fn origin(layered: &Layered, key: &str) -> Origin {
    layered.settings.iter().find(|setting| setting.key == key).unwrap().origin.clone()
}

#[test]
fn the_defaults_are_complete() {
    let layered = Home::new().load().unwrap();
    assert_eq!(layered.config.export.format, Format::Wav);
    assert_eq!(layered.config.lufs.get(), -14.0);
    assert!(layered.files.is_empty());
    assert!(layered.settings.iter().all(|setting| setting.origin == Origin::Default));
    // Every key of the file is a setting, and there is no setting without a key.
    let keys = document::lines_of_keys(DEFAULT_TOML);
    let leaves = keys.keys().filter(|key| key.contains('.')).collect::<Vec<_>>();
    assert_eq!(leaves, layered.settings.iter().map(|setting| &setting.key).collect::<Vec<_>>());
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let mut home = Home::new()
        .user("[export]\nformat = \"flac\"\nstems = true\nmidi = true\nbit_depth = \"16\"\n")
        .project("[export]\nformat = \"mp3\"\nmidi = false\n");
    let layered = home.load().unwrap();
    assert_eq!(layered.config.export.format, Format::Mp3);
    assert!(layered.config.export.stems && !layered.config.export.midi);
    assert_eq!(layered.config.export.bit_depth, Depth::I16);
    assert_eq!(layered.files.len(), 2);
    assert_eq!(
        origin(&layered, "export.bit_depth"),
        Origin::File { path: home.user_file(), line: 5 }
    );
    assert!(matches!(origin(&layered, "export.midi"), Origin::File { line: 3, .. }));

    home = home.var("TIMBRE_EXPORT__FORMAT", "wav").var("TIMBRE_EXPORT__BIT_DEPTH", "24");
    let layered = home.load().unwrap();
    assert_eq!(layered.config.export.format, Format::Wav);
    assert_eq!(layered.config.export.bit_depth, Depth::I24);
    assert_eq!(
        origin(&layered, "export.format"),
        Origin::Variable { name: "TIMBRE_EXPORT__FORMAT".into() }
    );

    let mut flags = RawConfig::default();
    flags.export.format = Some(Format::Flac);
    let layered = home.load_with(flags).unwrap();
    assert_eq!(layered.config.export.format, Format::Flac);
    assert_eq!(origin(&layered, "export.format"), Origin::Flag);
}

#[test]
fn variables_are_read_as_the_key_wants_them() {
    let layered = Home::new()
        .var("TIMBRE_GENERATE__JOBS", "4")
        .var("TIMBRE_EXPORT__STEMS", "true")
        .var("TIMBRE_MASTERING__LUFS", "-9.5")
        .var("TIMBRE_LIBRARY__MUSIC_DIR", "~/klang")
        .var("TIMBRE_LOG", "debug")
        .load()
        .unwrap();
    assert_eq!(layered.config.jobs, 4);
    assert!(layered.config.export.stems);
    assert_eq!(layered.config.lufs.get(), -9.5);
    assert!(layered.config.music_dir.unwrap().ends_with("klang"));
}

#[test]
fn a_mistake_names_its_place_and_the_way_out() {
    let (message, hint) = Home::new().user("[export]\nformt = \"flac\"\n").mistake();
    assert!(message.contains("config.toml:2: unknown key 'formt'"), "{message}");
    assert!(hint.contains("'format'"), "{hint}");

    let (message, _) = Home::new().project("[generate]\n\njobs = 0\n").mistake();
    assert!(message.contains(".timbre.toml:3: 0 is out of range: 1 to 16"), "{message}");

    let (message, hint) = Home::new().var("TIMBRE_EXPROT__FORMAT", "flac").mistake();
    assert!(message.contains("TIMBRE_EXPROT__FORMAT: unknown key 'exprot'"), "{message}");
    assert!(hint.contains("'export'"), "{hint}");

    let (message, _) = Home::new().var("TIMBRE_GENERATE__JOBS", "99").mistake();
    assert!(message.contains("99 is out of range: 1 to 16"), "{message}");
}

#[test]
fn a_broken_file_is_an_error_and_stays_as_it_is() {
    let broken = "[export\nformat = 3";
    let home = Home::new().user(broken);
    for words in [&["config", "show"][..], &["ls"], &["generate", "x"]] {
        let assert = home.timbre(words).code(2);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.contains("config.toml:1:"), "{stderr}");
        assert!(stderr.contains("hint: "), "{stderr}");
        assert!(assert.get_output().stdout.is_empty());
    }
    assert_eq!(fs::read_to_string(home.user_file()).unwrap(), broken);
    // What does not need the configuration still works.
    home.timbre(&["config", "path"]).success();
    home.timbre(&["config", "default"]).success();
    home.timbre(&["doctor"]).code(1);
}

#[test]
fn show_tells_where_each_value_comes_from() {
    let home = Home::new().user("\n[log]\nlevel = \"debug\"\n").var("TIMBRE_EXPORT__MIDI", "true");
    let assert = home.timbre(&["config", "show", "--origin"]).success();
    let stdout = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let line = |key: &str| stdout.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("log.level").contains("\"debug\""));
    assert!(line("log.level").ends_with("config.toml:3"), "{stdout}");
    assert!(line("export.midi").ends_with("# $TIMBRE_EXPORT__MIDI"), "{stdout}");
    assert!(line("export.format").ends_with("# default"), "{stdout}");

    let assert = home.timbre(&["config", "show", "--json"]).success();
    for line in assert.get_output().stdout.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert_eq!(value["type"], "setting");
        assert!(value["key"].is_string() && value["origin"]["kind"].is_string());
    }
    home.timbre(&["config", "default"]).success().stdout(DEFAULT_TOML);
    home.timbre(&["config", "path"]).success().stdout(format!("{}\n", home.user_file().display()));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(content in "\\PC{0,200}") {
        let _ = document::read::<RawConfig>("file", &content);
        let _ = document::lines_of_keys(&content);
    }

    #[test]
    fn what_is_written_is_read_back(jobs in 1u32..=16, threads in 0u32..=256, stems: bool, lufs in -40i32..=-5) {
        let content = format!(
            "[generate]\njobs = {jobs}\nthreads = {threads}\n[export]\nstems = {stems}\n[mastering]\nlufs = {lufs}\n"
        );
        let config = Home::new().user(&content).load().unwrap().config;
        prop_assert_eq!(config.jobs, jobs as usize);
        prop_assert_eq!(config.threads, threads as usize);
        prop_assert_eq!(config.export.stems, stems);
        prop_assert_eq!(config.lufs.get(), f64::from(lufs));
    }
}
