//! A small model for the tests of lists, completion and keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::backend::{BackendInfo, BackendParam};
use crate::model::preset::PresetKind;
use crate::model::session::Session;
use crate::protocol::device::DeviceEntry;
use crate::protocol::library::PresetEntry;
use crate::tui::keymap::Keymap;
use crate::tui::model::sound::Sound;
use crate::tui::model::{Glyphs, Look, Model, Pictures};
use crate::tui::theme::Theme;

fn preset(name: &str, doc: &str) -> PresetEntry {
    PresetEntry {
        name: name.to_owned(),
        kind: PresetKind::Genre,
        doc: doc.to_owned(),
        origin: "built-in".to_owned(),
    }
}

fn session(id: &str, title: &str, takes: u32) -> Session {
    Session { id: id.to_owned(), title: title.to_owned(), parent: None, takes, created_at: 0.0 }
}

fn device(name: &str, outputs: u32) -> DeviceEntry {
    DeviceEntry {
        id: format!("alsa:{name}"),
        name: name.to_owned(),
        host: "alsa".to_owned(),
        default: true,
        outputs,
        inputs: 2,
        sample_rates: vec![48_000],
        formats: vec!["f32".to_owned()],
        buffer_frames: None,
    }
}

/// One of everything that a list shows.
pub(in crate::tui) fn model() -> Model {
    let reroll = BackendParam {
        id: "reroll_bass".to_owned(),
        doc: "Another bass".to_owned(),
        min: 0.0,
        max: 999.0,
        default: 0.0,
    };
    let look = Look {
        theme: Theme::new("timbre-dark", BTreeMap::new()),
        themes: vec!["timbre-dark".to_owned(), "timbre-light".to_owned()],
        glyphs: Glyphs::Braille,
        motion: true,
        pictures: Pictures::Off,
        mouse: true,
    };
    Model {
        sound: Sound {
            devices: vec![device("Built-in Audio", 2), device("Microphone", 0)],
            ..Sound::default()
        },
        backends: vec![BackendInfo {
            id: "composer".to_owned(),
            name: "Composer".to_owned(),
            doc: "Writes and plays it".to_owned(),
            version: "1".to_owned(),
            licence: "CC0-1.0".to_owned(),
            available: true,
            reason: String::new(),
            params: vec![reroll],
            genres: vec!["lofi".to_owned()],
        }],
        presets: vec![
            preset("lofi-study", "Dusty and calm"),
            preset("vinyl-dust", "An old record"),
        ],
        sessions: vec![session("s-1", "Rainy evening", 3), session("s-2", "", 1)],
        ..Model::new(look, Keymap::default(), PathBuf::from("/config/keymap.toml"))
    }
}
