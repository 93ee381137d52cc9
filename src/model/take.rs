//! Takes: finished pieces of audio, and what the user thinks of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recipe::Recipe;

/// A take in the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Take {
    /// Its name: a UUID v7 in text form.
    pub id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The job that made it.
    pub job_id: String,
    /// The take that it was made from, where it is a variation.
    #[serde(default)]
    pub parent: Option<String>,
    /// Number within its session, from 1.
    pub number: u32,
    /// Title, made from the prompt until the user gives one.
    pub title: String,
    /// Absolute path of the audio file.
    pub path: String,
    /// Absolute path of the sidecar recipe.
    pub recipe_path: String,
    /// Absolute path of the MIDI file, where one was written.
    pub midi_path: Option<String>,
    /// Stems, where they were written; they sum to the mix before mastering.
    #[serde(default)]
    pub stems: Vec<Stem>,
    /// How it was made and what came out.
    pub recipe: Recipe,
    /// 1 to 5, where it was rated; thumbs down is 1, thumbs up 5.
    pub rating: Option<u8>,
    /// The user's note.
    #[serde(default)]
    pub note: String,
    /// The user's tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was finished, in Unix seconds.
    pub created_at: f64,
}

/// A part of a take as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stem {
    /// Such as `drums`, `bass`, `hall`.
    pub name: String,
    /// Absolute path.
    pub path: String,
}
