//! Chords: a root, a set of intervals above it, a bass, and a symbol, which is read and printed.

use std::fmt;
use std::str::FromStr;

use super::pitch::{class_name, read_class};
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

/// Why a chord symbol can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a chord; write it like Am9, F#7b9 or C/G")]
pub struct ChordError {
    /// What was given.
    pub text: String,
}

/// Qualities: the suffix that is printed, others that are read, semitones above the root.
const QUALITIES: &[(&str, &[&str], &[u8])] = &[
    ("", &["maj", "M", "major"], &[0, 4, 7]),
    ("m", &["min", "-", "minor"], &[0, 3, 7]),
    ("5", &["power"], &[0, 7]),
    ("6", &["maj6", "M6"], &[0, 4, 7, 9]),
    ("m6", &["min6", "-6"], &[0, 3, 7, 9]),
    ("6/9", &["69", "6add9"], &[0, 4, 7, 9, 14]),
    ("m6/9", &["m69", "-69"], &[0, 3, 7, 9, 14]),
    ("7", &["dom7"], &[0, 4, 7, 10]),
    ("maj7", &["M7", "Δ", "Δ7", "ma7"], &[0, 4, 7, 11]),
    ("m7", &["min7", "-7"], &[0, 3, 7, 10]),
    ("mMaj7", &["mM7", "m(maj7)", "-Δ7", "mmaj7"], &[0, 3, 7, 11]),
    ("9", &["dom9"], &[0, 4, 7, 10, 14]),
    ("maj9", &["M9", "Δ9", "ma9"], &[0, 4, 7, 11, 14]),
    ("m9", &["min9", "-9"], &[0, 3, 7, 10, 14]),
    ("mMaj9", &["mM9", "mmaj9"], &[0, 3, 7, 11, 14]),
    ("11", &[], &[0, 4, 7, 10, 14, 17]),
    ("m11", &["min11", "-11"], &[0, 3, 7, 10, 14, 17]),
    ("13", &["dom13"], &[0, 4, 7, 10, 14, 21]),
    ("maj13", &["M13", "Δ13"], &[0, 4, 7, 11, 14, 21]),
    ("m13", &["min13", "-13"], &[0, 3, 7, 10, 14, 21]),
    ("add9", &["add2", "(add9)"], &[0, 4, 7, 14]),
    ("madd9", &["madd2", "m(add9)"], &[0, 3, 7, 14]),
    ("sus2", &[], &[0, 2, 7]),
    ("sus4", &["sus"], &[0, 5, 7]),
    ("7sus4", &["7sus"], &[0, 5, 7, 10]),
    ("9sus4", &["9sus"], &[0, 5, 7, 10, 14]),
    ("13sus4", &["13sus"], &[0, 5, 7, 10, 14, 21]),
    ("7b9", &["7(b9)", "7♭9"], &[0, 4, 7, 10, 13]),
    ("7#9", &["7(#9)", "7♯9"], &[0, 4, 7, 10, 15]),
    ("7b5", &["7♭5"], &[0, 4, 6, 10]),
    ("7#5", &["aug7", "+7", "7+", "7♯5"], &[0, 4, 8, 10]),
    ("7alt", &["alt"], &[0, 4, 8, 10, 15]),
    ("7#11", &["7♯11"], &[0, 4, 7, 10, 18]),
    ("9#11", &["9♯11"], &[0, 4, 7, 10, 14, 18]),
    ("13b9", &["13♭9"], &[0, 4, 7, 10, 13, 21]),
    ("7b13", &["7♭13"], &[0, 4, 7, 10, 20]),
    ("maj7#11", &["maj7♯11", "Δ#11"], &[0, 4, 7, 11, 18]),
    ("maj9#11", &["maj9♯11"], &[0, 4, 7, 11, 14, 18]),
    ("dim", &["o", "°"], &[0, 3, 6]),
    ("dim7", &["o7", "°7"], &[0, 3, 6, 9]),
    ("m7b5", &["ø", "ø7", "h7", "-7b5", "m7♭5", "min7b5"], &[0, 3, 6, 10]),
    ("m9b5", &["ø9"], &[0, 3, 6, 10, 14]),
    ("aug", &["+"], &[0, 4, 8]),
];

/// Finds a quality by any of its suffixes: the printed suffix and the tones.
pub(crate) fn quality(suffix: &str) -> Option<(&'static str, &'static [u8])> {
    QUALITIES
        .iter()
        .find(|(printed, read, _)| *printed == suffix || read.contains(&suffix))
        .map(|(printed, _, tones)| (*printed, *tones))
}

impl Chord {
    /// A chord of a quality such as `m7`, with a symbol in sharps. `None` where the quality is unknown.
    pub fn new(root: PitchClass, suffix: &str) -> Option<Self> {
        Self::named(root, class_name(root, false), suffix)
    }

    /// The same, with the root spelled as the caller wants.
    pub fn named(root: PitchClass, root_name: &str, suffix: &str) -> Option<Self> {
        let (printed, tones) = quality(suffix)?;
        Some(Self {
            root: root % 12,
            tones: tones.to_vec(),
            bass: None,
            symbol: format!("{root_name}{printed}"),
        })
    }

    /// The chord over another bass, whose name is added to the symbol; over its own root nothing changes.
    #[must_use]
    pub fn over(mut self, bass: PitchClass, bass_name: &str) -> Self {
        let head = match self.bass {
            // A slash that names a note is a bass; the one of 6/9 belongs to the quality.
            Some(_) => {
                self.symbol.rsplit_once('/').map_or(self.symbol.clone(), |(h, _)| h.to_owned())
            }
            None => self.symbol.clone(),
        };
        if bass % 12 == self.root {
            self.bass = None;
            self.symbol = head;
        } else {
            self.bass = Some(bass % 12);
            self.symbol = format!("{head}/{bass_name}");
        }
        self
    }

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

    /// Semitones from the root to the third (3 or 4), where there is one.
    pub fn third(&self) -> Option<u8> {
        self.tones.iter().copied().find(|t| matches!(t, 3 | 4))
    }

    /// Semitones from the root to the seventh (9 in a diminished seventh), where there is one.
    pub fn seventh(&self) -> Option<u8> {
        let diminished = self.tones.starts_with(&[0, 3, 6]);
        self.tones.iter().copied().find(|t| matches!(t, 10 | 11) || (*t == 9 && diminished))
    }

    /// Pitch classes that say most about the chord: its third (or suspension) and its seventh (or sixth).
    pub fn guide_tones(&self) -> Vec<PitchClass> {
        let third =
            self.third().or_else(|| self.tones.iter().copied().find(|t| matches!(t, 2 | 5)));
        let seventh = self.seventh().or_else(|| self.tones.iter().copied().find(|t| *t == 9));
        third.into_iter().chain(seventh).map(|t| (self.root + t) % 12).collect()
    }

    /// Whether it is a dominant seventh: major third (or suspended fourth) and minor seventh.
    pub fn is_dominant(&self) -> bool {
        self.tones.contains(&10) && (self.tones.contains(&4) || self.tones.contains(&5))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.symbol)
    }
}

impl FromStr for Chord {
    type Err = ChordError;
    /// Reads symbols such as `Am9`, `F#7b9`, `Bbmaj7/D`, `C6/9`.
    fn from_str(text: &str) -> Result<Self, ChordError> {
        let fail = || ChordError { text: text.to_owned() };
        let trimmed = text.trim();
        let (root, rest) = read_class(trimmed).ok_or_else(fail)?;
        let name_of = |rest: &str, whole: &str| {
            whole.strip_suffix(rest).unwrap_or(whole).replace('♯', "#").replace('♭', "b")
        };
        let root_name = name_of(rest, trimmed);
        if let Some(chord) = Self::named(root, &root_name, rest) {
            return Ok(chord);
        }
        let (suffix, bass_text) = rest.rsplit_once('/').ok_or_else(fail)?;
        let (bass, left) = read_class(bass_text).ok_or_else(fail)?;
        if !left.is_empty() {
            return Err(fail());
        }
        let chord = Self::named(root, &root_name, suffix).ok_or_else(fail)?;
        Ok(chord.over(bass, &name_of("", bass_text)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn chord(text: &str) -> Chord {
        text.parse().expect("a chord")
    }

    #[test]
    fn symbols_are_read_into_tones() {
        assert_eq!(chord("Am9").pitch_classes(), [9, 0, 4, 7, 11]);
        assert_eq!(chord("Bbmaj7").pitch_classes(), [10, 2, 5, 9]);
        assert_eq!(chord("F#7b9").pitch_classes(), [6, 10, 1, 4, 7]);
        assert_eq!(chord("C/G").bass_class(), 7);
        assert_eq!(chord("C6/9").tones, [0, 4, 7, 9, 14]);
        assert_eq!(chord("C6/9/E").bass_class(), 4);
        assert_eq!(chord("Bø").symbol, "Bm7b5");
        assert_eq!(chord("E-7").symbol, "Em7");
        for bad in ["", "H7", "Cfoo", "C/", "C/Gm"] {
            assert!(bad.parse::<Chord>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_quality_survives_its_own_symbol() {
        let mut suffixes = BTreeSet::new();
        for (printed, read, tones) in QUALITIES {
            for suffix in std::iter::once(printed).chain(*read) {
                assert!(suffixes.insert(*suffix), "'{suffix}' twice");
            }
            let made = Chord::named(3, "Eb", printed).expect("a quality");
            assert_eq!(chord(&made.symbol), made);
            assert_eq!(tones[0], 0);
        }
    }

    #[test]
    fn guide_tones_are_third_and_seventh() {
        assert_eq!(chord("G7").guide_tones(), [11, 5]);
        assert_eq!(chord("Bdim7").guide_tones(), [2, 8]);
        assert_eq!(chord("Dsus4").guide_tones(), [7]);
        assert_eq!(chord("C6").guide_tones(), [4, 9]);
        assert!(chord("G9sus4").is_dominant() && !chord("Gmaj7").is_dominant());
    }

    #[test]
    fn a_bass_on_the_root_is_no_slash() {
        assert_eq!(chord("C/E").over(0, "C").symbol, "C");
        assert_eq!(chord("C/E").over(7, "G").symbol, "C/G");
    }
}
