//! What was understood of a prompt, and what was not. Shown to the user before and after every take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::tempo::Metre;
use super::units::{Bpm, Length};

/// A prompt, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Brief {
    /// Genre id, such as `lofi`; the second one lends harmony and lead (`lo-fi jazz` = lofi + jazz).
    pub genres: Vec<String>,
    /// Mood words that were understood, by their canonical name.
    pub moods: Vec<String>,
    /// Tempo that was asked for.
    pub bpm: Option<Bpm>,
    /// A tempo word without a number, such as `slow` or `allegro`.
    pub tempo_word: Option<String>,
    /// Key that was asked for.
    pub key: Option<Key>,
    /// Mode without a tonic, such as `in minor` or `dorian`.
    pub mode: Option<super::key::Mode>,
    /// Metre that was asked for.
    pub metre: Option<Metre>,
    /// Length that was asked for.
    pub length: Option<Length>,
    /// Whether a seamless loop was asked for.
    pub looped: bool,
    /// Instruments or roles wanted, by instrument id of the lexicon, such as `rhodes`, `vinyl`, `drums`.
    pub wanted: Vec<String>,
    /// Instruments or roles refused (`no drums`, `without bass`).
    pub refused: Vec<String>,
    /// Sections asked for, in order, such as `intro`, `drop`.
    pub form: Vec<String>,
    /// Phrases of the prompt that carried meaning, in order, with what they were taken for; for chips in a UI.
    pub understood: Vec<Reading>,
    /// Words of the prompt that changed nothing, in order.
    pub unused: Vec<String>,
    /// Plain sentences about contradictions and how they were settled (`--bpm 90 wins over '120 bpm' in the prompt`).
    pub notes: Vec<String>,
}

/// One phrase of the prompt and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// The words as they stand in the prompt.
    pub phrase: String,
    /// What they set: `genre`, `mood`, `tempo`, `key`, `metre`, `duration`, `instrument`, `without`, `form`, `production`.
    pub field: String,
    /// The value, in canonical form.
    pub value: String,
}
