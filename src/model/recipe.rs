//! Recipes: all that is needed to make a take again, and to prove that it came out the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::key::Key;
use super::request::Resolved;
use super::tempo::Metre;

/// Version of the recipe's own form. A reader refuses a higher one with advice to update.
pub const RECIPE_FORMAT: u32 = 1;

/// A recipe. Holds no date, no id and no path, so that the same request embeds the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recipe {
    /// [`RECIPE_FORMAT`] of the writer.
    pub format: u32,
    /// Version of Timbre that made the take.
    pub timbre: String,
    /// Target triple on which it was made: audio is identical per target only.
    pub target: String,
    /// The request, with nothing left open.
    pub request: Resolved,
    /// Who made it.
    pub backend: Maker,
    /// What was understood.
    #[serde(default)]
    pub brief: Option<Brief>,
    /// What came out.
    pub outcome: Outcome,
}

/// A backend, its version and the terms of what it makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Maker {
    /// Backend id.
    pub id: String,
    /// Changes whenever the same request may sound different.
    pub version: String,
    /// Model name, where there is one.
    #[serde(default)]
    pub model: Option<String>,
    /// Terms of the output, such as `CC0-1.0`.
    pub licence: String,
}

/// The measured facts of a take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Tempo at the start, quarter notes per minute, where known.
    pub bpm: Option<f64>,
    /// Key, where known.
    pub key: Option<Key>,
    /// Metre, where known.
    pub metre: Option<Metre>,
    /// Bars, where known.
    #[serde(default)]
    pub bars: Option<u32>,
    /// Length of the file in seconds.
    pub duration_s: f64,
    /// Length of the file in frames.
    pub frames: u64,
    /// Sample rate in Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// Integrated loudness, LUFS; `None` where the take is too short or silent.
    pub lufs: Option<f64>,
    /// True peak, dBTP.
    pub true_peak_dbtp: Option<f64>,
    /// Whether the take loops seamlessly.
    #[serde(default)]
    pub looped: bool,
    /// SHA-256 (hex) of the score's canonical JSON, where there is a score.
    #[serde(default)]
    pub score_sha256: Option<String>,
    /// SHA-256 (hex) of the sound in the file, tags left out.
    pub audio_sha256: String,
}
