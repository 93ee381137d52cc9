//! Presets: named TOML files that bring defaults to a request. Several may be applied, in order; a request wins over them.
//!
//! This is the parsed value. Finding and reading the files is the config layer's work; applying them is the studio's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::graph::GraphSpec;
use super::key::Key;
use super::mastering::Mastering;
use super::request::ExportWish;
use super::tempo::Metre;
use super::units::{Bpm, Length, Lufs};

/// A preset. Every field but the name and the kind may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name by which it is asked for, such as `lofi-night`.
    pub name: String,
    /// What it is meant to decide.
    pub kind: PresetKind,
    /// One sentence for lists.
    #[serde(default)]
    pub doc: String,
    /// Text that is put behind the prompt; it is the prompt where the user wrote none.
    #[serde(default)]
    pub prompt: String,
    /// Genre id that it fixes.
    #[serde(default)]
    pub genre: Option<String>,
    /// Instruments that it wants, by instrument id.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// Instruments or roles that it refuses.
    #[serde(default)]
    pub without: Vec<String>,
    /// Length where the request leaves it open.
    #[serde(default)]
    pub duration: Option<Length>,
    /// Tempo where the request leaves it open.
    #[serde(default)]
    pub bpm: Option<Bpm>,
    /// Key where the request leaves it open.
    #[serde(default)]
    pub key: Option<Key>,
    /// Metre where the request leaves it open.
    #[serde(default)]
    pub metre: Option<Metre>,
    /// Loudness target where the request leaves it open.
    #[serde(default)]
    pub lufs: Option<Lufs>,
    /// Params of the backend by id.
    #[serde(default)]
    pub params: BTreeMap<String, f64>,
    /// Effects on the whole mix before mastering; node `in` is the mix, node `out` is what leaves.
    #[serde(default)]
    pub chain: Option<GraphSpec>,
    /// The master.
    #[serde(default)]
    pub mastering: Option<Mastering>,
    /// How takes are written; a path is refused here.
    #[serde(default)]
    pub export: ExportWish,
}

/// What a preset is meant to decide. Any preset may set any field; the kind is for people and for lists.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PresetKind {
    /// A kind of music.
    Genre,
    /// Who plays.
    Instrument,
    /// How the master sounds.
    Mastering,
    /// How takes are written.
    Export,
    /// What the music is for.
    Prompt,
}

impl PresetKind {
    /// The word that users and files see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Genre => "genre",
            Self::Instrument => "instrument",
            Self::Mastering => "mastering",
            Self::Export => "export",
            Self::Prompt => "prompt",
        }
    }
}
