//! Presets: the built-in ones and the user's own, read from TOML.
//!
//! A broken file of the user's costs that preset only: it is reported beside the ones that work. Whether a genre or
//! an instrument exists is for the backend to say; applying a preset is the studio's work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{self, ConfigError};
use crate::model::preset::Preset;

/// Where a preset that ships with Timbre comes from.
pub const BUILT_IN: &str = "built-in";

/// The presets that ship with Timbre: name and text.
const SHIPPED: &[(&str, &str)] = &[
    ("acoustic-trio", include_str!("../../presets/acoustic-trio.toml")),
    ("ambient-drift", include_str!("../../presets/ambient-drift.toml")),
    ("analog-synths", include_str!("../../presets/analog-synths.toml")),
    ("broadcast-master", include_str!("../../presets/broadcast-master.toml")),
    ("club-master", include_str!("../../presets/club-master.toml")),
    ("deep-house", include_str!("../../presets/deep-house.toml")),
    ("felt-piano", include_str!("../../presets/felt-piano.toml")),
    ("game-loop", include_str!("../../presets/game-loop.toml")),
    ("jazz-club", include_str!("../../presets/jazz-club.toml")),
    ("lofi-study", include_str!("../../presets/lofi-study.toml")),
    ("podcast-bed", include_str!("../../presets/podcast-bed.toml")),
    ("pop-anthem", include_str!("../../presets/pop-anthem.toml")),
    ("rock-drive", include_str!("../../presets/rock-drive.toml")),
    ("share-mp3", include_str!("../../presets/share-mp3.toml")),
    ("stems-session", include_str!("../../presets/stems-session.toml")),
    ("streaming-master", include_str!("../../presets/streaming-master.toml")),
    ("vinyl-dust", include_str!("../../presets/vinyl-dust.toml")),
];

/// A preset and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The preset.
    pub preset: Preset,
    /// [`BUILT_IN`], or the path of its file.
    pub origin: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Collection {
    /// Presets that work, by name. The user's own wins over a built-in one of the same name.
    pub presets: BTreeMap<String, Found>,
    /// What is wrong with the others, one error for each file.
    pub broken: Vec<ConfigError>,
}

/// Reads the built-in presets and those of a folder. A folder that is not there holds none.
pub fn collect(folder: &Path) -> Collection {
    let mut collection = Collection::default();
    for (name, content) in SHIPPED {
        collection.add(name, &format!("presets/{name}.toml"), BUILT_IN, content);
    }
    let files = match toml_files(folder) {
        Ok(files) => files,
        Err(error) => {
            collection.broken.push(error);
            return collection;
        }
    };
    for path in files {
        let shown = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(content) => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                collection.add(&stem, &shown, &shown, &content);
            }
            Err(source) => collection.broken.push(ConfigError::Unreadable { path, source }),
        }
    }
    collection
}

impl Collection {
    fn add(&mut self, stem: &str, shown: &str, origin: &str, content: &str) {
        match read(stem, shown, content) {
            Ok(preset) => {
                let found = Found { preset, origin: origin.to_owned() };
                self.presets.insert(stem.to_owned(), found);
            }
            Err(error) => self.broken.push(error),
        }
    }
}

/// Reads one preset and checks what its types can't.
fn read(stem: &str, shown: &str, content: &str) -> Result<Preset, ConfigError> {
    let preset = document::read::<Preset>(shown, content)?;
    let lines = document::lines_of_keys(content);
    let mistake = |key: &str, message: String, hint: &str| ConfigError::Mistake {
        source_name: shown.to_owned(),
        line: lines.get(key).copied().unwrap_or(1),
        message,
        hint: hint.to_owned(),
    };
    if preset.name != stem {
        return Err(mistake(
            "name",
            format!("the preset is called '{}' and its file '{stem}.toml'", preset.name),
            "give both the same name",
        ));
    }
    if !stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(mistake(
            "name",
            format!("'{stem}' is not a name for a preset"),
            "use lower-case letters, digits and hyphens",
        ));
    }
    if preset.export.path.is_some() || preset.export.overwrite {
        return Err(mistake(
            "export",
            "a preset can't say where a take is written".to_owned(),
            "remove `path` and `overwrite`, and use -o and --force",
        ));
    }
    Ok(preset)
}

/// The `.toml` files of a folder, sorted by name, so that errors come in the same order every time.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
