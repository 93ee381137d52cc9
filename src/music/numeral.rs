//! Roman numerals: `ii9`, `V13`, `bVImaj7`, `V7/vi`, `I/V`, `#ivø7`, turned into chords of a key.
//!
//! Degrees are counted from the major scale on the tonic whatever the mode, so the sixth of minor is `bVI`. Capitals
//! are major, small letters minor. After a slash, `V7/vi` is the dominant of vi (V and vii are applied to anything but
//! I), and `I/V` is a bass note, the degree V.

use super::chord::{Chord, quality};
use super::pitch::degree_name;
use crate::model::key::{Key, Mode, PitchClass};

/// Why a numeral can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a roman numeral; write it like ii7, bVImaj7, V7/vi or I/V")]
pub struct NumeralError {
    /// What was given.
    pub text: String,
}

/// A numeral, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numeral {
    /// Semitones that the degree is moved, -2 to 2.
    pub shift: i8,
    /// Degree, 1 to 7.
    pub degree: u8,
    /// Quality as a chord suffix, such as `m7`.
    pub suffix: &'static str,
    /// What comes after the slash.
    pub slash: Slash,
}

/// What comes after the slash of a numeral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slash {
    /// Nothing.
    None,
    /// The degree that is made a tonic for a moment: shift, degree, whether it is minor.
    Of(i8, u8, bool),
    /// The degree in the bass: shift and degree.
    Bass(i8, u8),
}

const ROMAN: [(&str, u8); 7] =
    [("VII", 7), ("III", 3), ("II", 2), ("IV", 4), ("VI", 6), ("V", 5), ("I", 1)];
const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];

impl Numeral {
    /// Reads a numeral. Errors: [`NumeralError`].
    pub fn read(text: &str) -> Result<Self, NumeralError> {
        let fail = || NumeralError { text: text.to_owned() };
        let (shift, degree, minor, rest) = head(text).ok_or_else(fail)?;
        // The slash of 6/9 belongs to the quality.
        let (suffix, after) = match rest.rsplit_once('/') {
            Some((suffix, after)) if after != "9" => (suffix, Some(after)),
            _ => (rest, None),
        };
        let suffix = full_suffix(minor, suffix).ok_or_else(fail)?;
        let slash = match after {
            None => Slash::None,
            Some(after) => {
                let (target_shift, target, target_minor, left) = head(after).ok_or_else(fail)?;
                if !left.is_empty() {
                    return Err(fail());
                }
                let leads = shift == 0 && ((degree == 5 && !minor) || (degree == 7 && minor));
                if leads && (target, target_shift) != (1, 0) {
                    Slash::Of(target_shift, target, target_minor)
                } else {
                    Slash::Bass(target_shift, target)
                }
            }
        };
        Ok(Self { shift, degree, suffix, slash })
    }

    /// The chord in a key, with a symbol spelled as the key wants it. A modal `key.mode` changes the spelling only.
    pub fn chord(&self, key: Key) -> Chord {
        let home = match self.slash {
            Slash::Of(shift, degree, minor) => {
                let tonic = class_of(key, shift, degree);
                let mode = if minor { Mode::Aeolian } else { Mode::Ionian };
                Key::new(tonic, mode)
            }
            _ => key,
        };
        let root = class_of(home, self.shift, self.degree);
        let name = degree_name(home, usize::from(self.degree), root);
        let chord = Chord::named(root, name, self.suffix).unwrap_or_else(|| Chord {
            root,
            tones: vec![0, 4, 7],
            bass: None,
            symbol: name.to_owned(),
        });
        match self.slash {
            Slash::Bass(shift, degree) => {
                let bass = class_of(key, shift, degree);
                chord.over(bass, degree_name(key, usize::from(degree), bass))
            }
            _ => chord,
        }
    }

    /// Whether it is the tonic chord itself, not applied to anything.
    pub fn is_tonic(&self) -> bool {
        self.degree == 1 && self.shift == 0 && !matches!(self.slash, Slash::Of(..))
    }

    /// Whether it is a dominant of the key (V or vii, or a tritone substitute bII7), not applied to anything.
    pub fn is_dominant(&self) -> bool {
        let own = !matches!(self.slash, Slash::Of(..));
        own && ((self.shift == 0 && (self.degree == 5 || self.degree == 7))
            || (self.shift == -1 && self.degree == 2 && self.suffix.starts_with('7')))
    }
}

/// Reads a numeral straight into a chord. Errors: [`NumeralError`].
pub fn chord(text: &str, key: Key) -> Result<Chord, NumeralError> {
    Numeral::read(text).map(|numeral| numeral.chord(key))
}

fn class_of(key: Key, shift: i8, degree: u8) -> PitchClass {
    let natural = MAJOR.get(usize::from(degree.clamp(1, 7) - 1)).copied().unwrap_or(0);
    (i32::from(key.tonic) + i32::from(natural) + i32::from(shift)).rem_euclid(12) as u8
}

/// Accidentals and the roman digits: shift, degree, whether it is in small letters, and the rest.
fn head(text: &str) -> Option<(i8, u8, bool, &str)> {
    let mut shift = 0i8;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            'b' | '♭' => shift -= 1,
            '#' | '♯' => shift += 1,
            _ => break,
        }
        rest = rest.get(first.len_utf8()..)?;
        if shift.abs() > 2 {
            return None;
        }
    }
    for (capitals, degree) in ROMAN {
        let Some(digits) = rest.get(..capitals.len()) else { continue };
        let minor = digits == capitals.to_lowercase();
        if minor || digits == capitals {
            return Some((shift, degree, minor, rest.get(capitals.len()..)?));
        }
    }
    None
}

/// The chord suffix of a numeral's own suffix: small letters make it minor, unless it says something else itself.
fn full_suffix(minor: bool, suffix: &str) -> Option<&'static str> {
    let own = ["ø", "o", "°", "dim", "sus", "5", "7sus", "9sus", "m"]
        .iter()
        .any(|s| suffix.starts_with(s) && !suffix.starts_with("maj"));
    let text = match (minor, own) {
        (true, false) if suffix.starts_with("maj") => {
            format!("mM{}", suffix.get(1..).unwrap_or("aj7"))
        }
        (true, false) => format!("m{suffix}"),
        _ => suffix.to_owned(),
    };
    quality(&text).map(|(printed, _)| printed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn symbol(numeral: &str, key: &str) -> String {
        chord(numeral, key.parse().expect("a key")).map_or_else(|e| e.to_string(), |c| c.symbol)
    }

    #[test]
    fn numerals_become_the_chords_that_a_musician_would_write() {
        for (numeral, key, expected) in [
            ("ii9", "C", "Dm9"),
            ("V13", "Eb", "Bb13"),
            ("bVImaj7", "C minor", "Abmaj7"),
            ("♭VImaj7", "D minor", "Bbmaj7"),
            ("bVII", "E", "D"),
            ("I/V", "C", "C/G"),
            ("II/I", "F lydian", "G/F"),
            ("V7/vi", "C", "E7"),
            ("V7/V", "Bb", "C7"),
            ("V/I", "C", "G/C"),
            ("#ivø", "C", "F#m7b5"),
            ("#ivo7", "F", "Bdim7"),
            ("viio7/ii", "C", "C#dim7"),
            ("V7sus4", "A", "E7sus4"),
            ("i5", "E minor", "E5"),
            ("imaj7", "A minor", "AmMaj7"),
            ("iadd9", "A minor", "Amadd9"),
            ("i6", "C minor", "Cm6"),
            ("I6/9", "C", "C6/9"),
            ("iiø7", "A minor", "Bm7b5"),
            ("bII7", "Bb", "B7"),
            ("I7/III", "Bb", "Bb7/D"),
            ("iv", "F# minor", "Bm"),
            ("III7", "Bb", "D7"),
        ] {
            assert_eq!(symbol(numeral, key), expected, "{numeral} in {key}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "b", "X", "Iv", "Vfoo", "I/", "I/Vmaj7", "bbbI", "é"] {
            assert!(Numeral::read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_every_symbol_can_be_read_back(text in "\\PC{0,8}", tonic in 0u8..12) {
            if let Ok(numeral) = Numeral::read(&text) {
                let made = numeral.chord(Key::new(tonic, Mode::Ionian));
                prop_assert_eq!(made.symbol.parse::<Chord>().map(|c| c.pitch_classes()), Ok(made.pitch_classes()));
            }
        }

        #[test]
        fn transposing_the_key_transposes_the_chord(tonic in 0u8..12, index in 0usize..8) {
            let text = ["ii7", "V9", "bVImaj7", "V7/vi", "I/V", "#ivø7", "iv6", "bII7"][index];
            let numeral = Numeral::read(text).expect("a numeral");
            let low = numeral.chord(Key::new(0, Mode::Ionian));
            let high = numeral.chord(Key::new(tonic, Mode::Ionian));
            prop_assert_eq!((low.root + tonic) % 12, high.root);
            prop_assert_eq!(low.tones, high.tones);
        }
    }
}
