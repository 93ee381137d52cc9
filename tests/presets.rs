//! Presets: those that ship all load and make sense, and a broken one of the user's costs nothing but itself.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use timbre::config::preset::{BUILT_IN, collect};
use timbre::model::preset::PresetKind;

#[test]
fn every_preset_that_ships_loads() {
    let collection = collect(Path::new("nowhere"));
    assert!(collection.broken.is_empty(), "{:?}", collection.broken);
    assert!(collection.presets.len() >= 12);
    let kinds: BTreeSet<_> = collection.presets.values().map(|found| found.preset.kind).collect();
    for kind in [PresetKind::Genre, PresetKind::Instrument, PresetKind::Mastering] {
        assert!(kinds.contains(&kind), "none of kind {}", kind.word());
    }
    for (name, found) in &collection.presets {
        assert_eq!((&found.preset.name, found.origin.as_str()), (name, BUILT_IN));
        let doc = &found.preset.doc;
        assert!(doc.ends_with('.') && doc.len() > 20, "{name} needs a sentence for lists");
    }
}

#[test]
fn every_file_in_the_folder_ships() {
    let shipped = collect(Path::new("nowhere")).presets;
    let files = fs::read_dir("presets")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        // The keys lie beside the presets and are none.
        .filter(|name| name != "keymap");
    assert_eq!(files.collect::<BTreeSet<_>>(), shipped.into_keys().collect::<BTreeSet<_>>());
}

#[test]
fn presets_for_a_genre_name_one_that_exists() {
    for (name, found) in collect(Path::new("nowhere")).presets {
        if let Some(genre) = &found.preset.genre {
            let file = format!("presets/genres/{genre}.toml");
            assert!(Path::new(&file).is_file(), "{name}: there is no {file}");
        }
    }
}

#[test]
fn loudness_is_stated_once() {
    for (name, found) in collect(Path::new("nowhere")).presets {
        if let (Some(lufs), Some(mastering)) = (found.preset.lufs, &found.preset.mastering) {
            assert_eq!(lufs, mastering.target, "{name} asks for two loudnesses");
        }
    }
}

#[test]
fn a_broken_preset_is_reported_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
    write("mine.toml", "name = \"mine\"\nkind = \"genre\"\nprompt = \"slow\"\n");
    write("typo.toml", "name = \"typo\"\nkind = \"genre\"\n\ninstrumnts = [\"rhodes\"]\n");
    write("kind.toml", "name = \"kind\"\nkind = \"gnre\"\n");
    write("other.toml", "name = \"another\"\nkind = \"genre\"\n");
    write("path.toml", "name = \"path\"\nkind = \"export\"\n[export]\npath = \"x.wav\"\n");
    write("notes.txt", "not a preset");
    let collection = collect(folder.path());
    assert!(collection.presets.contains_key("mine"));
    assert!(collection.presets.contains_key("lofi-study"));
    let told = collection.broken.iter().map(|error| format!("{error}; {}", error.hint()));
    let told = told.collect::<Vec<_>>();
    let has = |parts: &[&str]| {
        assert!(
            told.iter().any(|line| parts.iter().all(|part| line.contains(part))),
            "{parts:?} not in {told:#?}"
        );
    };
    assert_eq!(told.len(), 4, "{told:#?}");
    has(&["typo.toml:4:", "unknown key 'instrumnts'", "'instruments'"]);
    has(&["kind.toml:2:", "'gnre'", "'genre'"]);
    has(&["other.toml:1:", "'another'"]);
    has(&["path.toml:3:", "-o"]);
}

#[test]
fn a_preset_of_the_users_own_wins_over_one_that_ships() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lofi-study.toml");
    fs::write(&file, "name = \"lofi-study\"\nkind = \"genre\"\nbpm = 60\n").unwrap();
    let found = collect(folder.path()).presets.remove("lofi-study").unwrap();
    assert_eq!(found.origin, file.display().to_string());
    assert_eq!(found.preset.bpm.map(|bpm| bpm.get()), Some(60.0));
}
