//! The score: what is played, in beats, before it is sound. Made by composers, read by the engine, exported as MIDI.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::key::Key;
use crate::model::tempo::{Metre, TempoMap};

/// A whole piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Key of the piece.
    pub key: Key,
    /// Metre of the piece.
    pub metre: Metre,
    /// Tempo over the piece.
    pub tempo: TempoMap,
    /// Musical length in beats, a whole number of bars; the ring-out comes after it.
    pub length_beats: f64,
    /// The sections, in order, without gaps.
    pub sections: Vec<Section>,
    /// The harmony, in order.
    pub chords: Vec<ChordSpan>,
    /// The parts; their order is the order of stems and MIDI tracks.
    pub parts: Vec<Part>,
}

/// A stretch of the form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Such as `intro`, `verse`, `drop`.
    pub name: String,
    /// Where it starts, in beats.
    pub beat: f64,
    /// How long it is, in bars.
    pub bars: u32,
    /// Planned energy, 0 to 1.
    pub energy: f64,
}

/// A chord and how long it lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChordSpan {
    /// Where it starts, in beats.
    pub beat: f64,
    /// Length in beats.
    pub beats: f64,
    /// Chord symbol, such as `Am9` or `D13/A`.
    pub symbol: String,
}

/// One player.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Unique within the score, such as `drums`, `bass`, `keys`; stems and MIDI tracks carry it.
    pub id: String,
    /// Name for people, such as `Rhodes`.
    pub name: String,
    /// Whether pitches are General MIDI drum numbers.
    pub drums: bool,
    /// General MIDI program, 0 to 127, for MIDI export.
    pub program: u8,
    /// The notes, ascending by beat.
    pub notes: Vec<Note>,
    /// Controller movements, ascending by beat.
    #[serde(default)]
    pub controls: Vec<Control>,
}

/// A note, performed: beat and length include swing, role offsets and articulation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Onset in beats; may be slightly before a bar line, never before 0.
    pub beat: f64,
    /// Sounding length in beats, above 0.
    pub beats: f64,
    /// MIDI note number, 0 to 127, 60 = C4.
    pub pitch: u8,
    /// Above 0, at most 1.
    pub velocity: f32,
}

/// A movement of a param of the part's instrument or of its chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// When, in beats.
    pub beat: f64,
    /// Graph node id that is moved.
    pub node: String,
    /// Param id, or `bend` for pitch bend in semitones.
    pub param: String,
    /// Value in the param's unit.
    pub value: f32,
}
