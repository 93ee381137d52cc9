//! What a user asks for, and the same thing with nothing left open.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::format::{Depth, Format};
use super::graph::GraphSpec;
use super::key::Key;
use super::mastering::Mastering;
use super::tempo::Metre;
use super::units::{Bpm, Length, Lufs, SampleRate, Seed};

/// Longest prompt that is kept, in bytes of UTF-8; a longer one is refused.
pub const MAX_PROMPT_BYTES: usize = 16 * 1024;

/// What a user asks for: the prompt, and whatever is stated beside it. Everything but the prompt may be left open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The prompt as it was typed. May be empty when a preset brings one.
    pub prompt: String,
    /// Presets by name, applied in order; what is stated in the request wins over them.
    pub presets: Vec<String>,
    /// Backend id; the config's default where open.
    pub backend: Option<String>,
    /// How long the music should be.
    pub duration: Option<Length>,
    /// Tempo.
    pub bpm: Option<Bpm>,
    /// Key.
    pub key: Option<Key>,
    /// Metre.
    pub metre: Option<Metre>,
    /// Seed; drawn where open.
    pub seed: Option<Seed>,
    /// Loudness target.
    pub lufs: Option<Lufs>,
    /// File format, depth and rate, stems and MIDI.
    pub export: ExportWish,
    /// Params of the backend by id, such as `temperature`.
    pub params: BTreeMap<String, f64>,
}

/// How a take should be written. Open fields are filled from presets, then config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportWish {
    /// File format.
    pub format: Option<Format>,
    /// Bit depth.
    pub bit_depth: Option<Depth>,
    /// Sample rate.
    pub sample_rate: Option<SampleRate>,
    /// Whether to write a file for each stem.
    pub stems: Option<bool>,
    /// Whether to write a Standard MIDI File.
    pub midi: Option<bool>,
    /// Exact path of the take's file; the music folder where open. Absolute by the time it leaves a door.
    pub path: Option<PathBuf>,
    /// Whether an existing file at `path` may be replaced.
    pub overwrite: bool,
}

/// A request with nothing left open: the same one makes the same bytes on the same target. Recipes carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The prompt, with control characters and terminal escapes gone, presets' text included.
    pub prompt: String,
    /// Backend id.
    pub backend: String,
    /// How long the music should be; the backend decides where open.
    pub duration: Option<Length>,
    /// Tempo, if it was stated outside of the prompt.
    pub bpm: Option<Bpm>,
    /// Key, if it was stated outside of the prompt.
    pub key: Option<Key>,
    /// Metre, if it was stated outside of the prompt.
    pub metre: Option<Metre>,
    /// Genre id that a preset fixes.
    #[serde(default)]
    pub genre: Option<String>,
    /// Text of a genre file of the user's own, so that the recipe can be repeated elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre_toml: Option<String>,
    /// Instruments that a preset wants, by instrument id.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// Instruments or roles that a preset refuses.
    #[serde(default)]
    pub without: Vec<String>,
    /// Effects that a preset puts on the whole mix, before mastering; node `in` is the mix, `out` what leaves.
    #[serde(default)]
    pub chain: Option<GraphSpec>,
    /// The seed.
    pub seed: Seed,
    /// Params of the backend by id.
    #[serde(default)]
    pub params: BTreeMap<String, f64>,
    /// The master. `None` leaves the choice of profile to the genre, at the loudness of `lufs`.
    #[serde(default)]
    pub mastering: Option<Mastering>,
    /// Loudness target, if it was stated.
    #[serde(default)]
    pub lufs: Option<Lufs>,
    /// How the take is written.
    pub export: Export,
}

/// How a take is written, with nothing left open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// File format.
    pub format: Format,
    /// Bit depth (of WAV and FLAC; MP3 has none).
    pub bit_depth: Depth,
    /// Sample rate.
    pub sample_rate: SampleRate,
    /// Whether to write a file for each stem.
    pub stems: bool,
    /// Whether to write a Standard MIDI File.
    pub midi: bool,
}
