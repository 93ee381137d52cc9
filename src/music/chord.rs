//! Chords: a root, a set of intervals above it, a bass, and a symbol.

use std::fmt;

use crate::model::key::PitchClass;

/// A chord. `tones` are semitones above the root in the order root, third, fifth, seventh, tensions; the first is 0.
/// Tensions are kept above the octave (a ninth is 14), so that voicings know what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// Pitch class of the root, 0 to 11.
    pub root: PitchClass,
    /// Semitones above the root.
    pub tones: Vec<u8>,
    /// Pitch class of the lowest note, where it is not the root.
    pub bass: Option<PitchClass>,
    /// Symbol such as `Am9`.
    pub symbol: String,
}

impl Chord {
    /// Pitch classes of all tones, in the order of `tones`.
    pub fn pitch_classes(&self) -> Vec<PitchClass> {
        self.tones.iter().map(|tone| (self.root + tone) % 12).collect()
    }

    /// Pitch class of the lowest note.
    pub fn bass_class(&self) -> PitchClass {
        self.bass.unwrap_or(self.root)
    }

    /// Whether a pitch class belongs to the chord.
    pub fn contains(&self, class: PitchClass) -> bool {
        self.tones.iter().any(|tone| (self.root + tone) % 12 == class % 12)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.symbol)
    }
}
