//! Puts the layers on top of each other: defaults < user file < project file < `TIMBRE_*` variables < flags.
//!
//! Each layer is read and checked on its own, so that a mistake is reported where it was made.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, providers::Serialized};
use serde::Serialize;

use super::document::{self, ConfigError};
use super::paths::{Paths, Surroundings};
use super::raw::RawConfig;
use super::resolved::Config;

/// The complete, commented default file.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Name of a project's config file.
pub const PROJECT_FILE: &str = ".timbre.toml";

/// The configuration and where each value of it comes from.
#[derive(Debug, Clone)]
pub struct Layered {
    /// What is meant.
    pub config: Config,
    /// Every key, sorted, with its value and its origin.
    pub settings: Vec<Setting>,
    /// Files that were read, least important first.
    pub files: Vec<PathBuf>,
}

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Dotted name, such as `export.format`.
    pub key: String,
    /// The value, as JSON.
    pub value: serde_json::Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// The built-in defaults.
    Default,
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// An option on the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable { name } => write!(f, "${name}"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// Reads every layer and resolves them.
///
/// Errors: whatever is wrong with the first broken layer. No file is changed, whatever is in it.
pub fn load(
    around: &Surroundings,
    paths: &Paths,
    flags: RawConfig,
) -> Result<Layered, ConfigError> {
    let mut layers = vec![Layer::text("defaults", DEFAULT_TOML, Place::Default)?];
    let mut files = Vec::new();
    let project = nearest_project_file(&around.cwd);
    for path in [Some(paths.config_file()), project].into_iter().flatten() {
        if let Some(layer) = Layer::file(&path)? {
            layers.push(layer);
            files.push(path);
        }
    }
    layers.extend(variable_layers(around)?);
    layers.push(Layer { name: "flags".to_owned(), raw: flags, place: Place::Flag });

    let merged = layers.iter().fold(Figment::new(), |figment, layer| figment.merge(layer));
    let raw = merged
        .extract::<RawConfig>()
        .map_err(|error| ConfigError::Merge { message: error.to_string() })?;
    let settings = settings_of(&merged, &raw, &layers);
    Ok(Layered { config: Config::resolve(raw, around)?, settings, files })
}

/// The nearest `.timbre.toml`, from a folder up to the root.
fn nearest_project_file(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|folder| folder.join(PROJECT_FILE)).find(|file| file.is_file())
}

/// One layer, checked.
struct Layer {
    /// Unique among the layers; figment remembers it for each value.
    name: String,
    raw: RawConfig,
    place: Place,
}

enum Place {
    Default,
    File { path: PathBuf, lines: BTreeMap<String, usize> },
    Variable { name: String },
    Flag,
}

impl Layer {
    fn text(name: &str, content: &str, place: Place) -> Result<Self, ConfigError> {
        Ok(Self { name: name.to_owned(), raw: document::read(name, content)?, place })
    }

    /// Reads a file; one that is not there is no layer.
    fn file(path: &Path) -> Result<Option<Self>, ConfigError> {
        let content = match std::fs::read_to_string(path) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
        };
        let lines = document::lines_of_keys(&content);
        let place = Place::File { path: path.to_owned(), lines };
        Self::text(&path.display().to_string(), &content, place).map(Some)
    }

    fn origin(&self, key: &str) -> Origin {
        match &self.place {
            Place::Default => Origin::Default,
            Place::Flag => Origin::Flag,
            Place::Variable { name } => Origin::Variable { name: name.clone() },
            Place::File { path, lines } => {
                Origin::File { path: path.clone(), line: lines.get(key).copied().unwrap_or(1) }
            }
        }
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(&self.raw).data()
    }
}

/// One layer for each variable like `TIMBRE_EXPORT__FORMAT`. The double underscore marks configuration: variables
/// without one (`TIMBRE_LOG`, `TIMBRE_HOME`) are other things.
fn variable_layers(around: &Surroundings) -> Result<Vec<Layer>, ConfigError> {
    let mut layers = Vec::new();
    for (name, value) in &around.vars {
        let Some((section, key)) =
            name.strip_prefix("TIMBRE_").and_then(|rest| rest.split_once("__"))
        else {
            continue;
        };
        let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
        let as_text = toml::Value::String(value.clone());
        // `16` is a word for one key and a number for another, so both readings are tried, the literal one last:
        // its complaint about a number out of range is the better one.
        let literal = literal(value);
        let attempts = std::iter::once(as_text).chain(literal).map(|value| {
            let table = toml::Table::from_iter([(
                section.clone(),
                toml::Value::Table(toml::Table::from_iter([(key.clone(), value)])),
            )]);
            table.try_into::<RawConfig>()
        });
        let mut outcome = None;
        for attempt in attempts {
            let succeeded = attempt.is_ok();
            outcome = Some(attempt);
            if succeeded {
                break;
            }
        }
        match outcome {
            Some(Ok(raw)) => layers.push(Layer {
                name: name.clone(),
                raw,
                place: Place::Variable { name: name.clone() },
            }),
            Some(Err(error)) => {
                let (message, hint) = document::explain(error.message());
                return Err(ConfigError::Variable { name: name.clone(), message, hint });
            }
            None => {}
        }
    }
    Ok(layers)
}

/// A variable's text read as a TOML value: a number, `true`, a list.
fn literal(value: &str) -> Option<toml::Value> {
    let table = toml::from_str::<toml::Table>(&format!("value = {value}")).ok()?;
    table.into_iter().next().map(|(_, value)| value)
}

/// Every leaf of the merged configuration, with its origin.
fn settings_of(merged: &Figment, raw: &RawConfig, layers: &[Layer]) -> Vec<Setting> {
    let mut settings = Vec::new();
    let Ok(serde_json::Value::Object(sections)) = serde_json::to_value(raw) else {
        return settings;
    };
    for (section, table) in sections {
        let serde_json::Value::Object(keys) = table else { continue };
        for (name, value) in keys {
            let key = format!("{section}.{name}");
            let origin = merged
                .find_metadata(&key)
                .and_then(|metadata| layers.iter().find(|layer| layer.name == metadata.name))
                .map_or(Origin::Default, |layer| layer.origin(&key));
            settings.push(Setting { key, value, origin });
        }
    }
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    settings
}
