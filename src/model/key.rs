//! Keys: a tonic pitch class and a mode, with the spellings that people type and that tags want.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::UnitError;

/// A pitch class, 0 (C) to 11 (B).
pub type PitchClass = u8;

/// The seven-note (and blues, pentatonic) colours a piece can be in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Major.
    Ionian,
    /// Minor with a raised sixth.
    Dorian,
    /// Minor with a lowered second.
    Phrygian,
    /// Major with a raised fourth.
    Lydian,
    /// Major with a lowered seventh.
    Mixolydian,
    /// Natural minor.
    Aeolian,
    /// Diminished tonic.
    Locrian,
    /// Minor with a raised seventh.
    HarmonicMinor,
    /// Minor with raised sixth and seventh.
    MelodicMinor,
}

impl Mode {
    /// Semitones of the seven degrees above the tonic, ascending from 0.
    pub fn intervals(self) -> [u8; 7] {
        match self {
            Self::Ionian => [0, 2, 4, 5, 7, 9, 11],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
            Self::Aeolian => [0, 2, 3, 5, 7, 8, 10],
            Self::Locrian => [0, 1, 3, 5, 6, 8, 10],
            Self::HarmonicMinor => [0, 2, 3, 5, 7, 8, 11],
            Self::MelodicMinor => [0, 2, 3, 5, 7, 9, 11],
        }
    }

    /// Whether the third above the tonic is minor.
    pub fn is_minor(self) -> bool {
        self.intervals()[2] == 3
    }

    /// The name that a musician would say.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ionian => "major",
            Self::Dorian => "dorian",
            Self::Phrygian => "phrygian",
            Self::Lydian => "lydian",
            Self::Mixolydian => "mixolydian",
            Self::Aeolian => "minor",
            Self::Locrian => "locrian",
            Self::HarmonicMinor => "harmonic minor",
            Self::MelodicMinor => "melodic minor",
        }
    }
}

/// A key such as A minor. Text and JSON form: `A minor`, `F# dorian`, `Bb major`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Key {
    /// Pitch class of the tonic, 0 to 11.
    pub tonic: PitchClass,
    /// The mode over it.
    pub mode: Mode,
}

impl Key {
    /// Makes a key; the tonic is taken modulo 12.
    pub fn new(tonic: u8, mode: Mode) -> Self {
        Self { tonic: tonic % 12, mode }
    }

    /// The form that ID3 `TKEY` and Vorbis `INITIALKEY` want: `Am`, `F#m`, `Bb`.
    pub fn short_name(self) -> String {
        format!("{}{}", self.tonic_name(), if self.mode.is_minor() { "m" } else { "" })
    }

    /// Letter name of the tonic, spelled flat or sharp by what the relative major's key signature uses.
    pub fn tonic_name(self) -> &'static str {
        const SHARP: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
        const FLAT: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
        let to_major = match self.mode {
            Mode::Ionian => 0,
            Mode::Dorian => 10,
            Mode::Phrygian => 8,
            Mode::Lydian => 7,
            Mode::Mixolydian => 5,
            Mode::Aeolian | Mode::HarmonicMinor | Mode::MelodicMinor => 3,
            Mode::Locrian => 1,
        };
        let relative_major = (self.tonic + to_major) % 12;
        // F, Bb, Eb, Ab, Db majors have flats; Gb/F# is written with sharps, as most players do.
        let flat = matches!(relative_major, 5 | 10 | 3 | 8 | 1);
        let names = if flat { &FLAT } else { &SHARP };
        names.get(usize::from(self.tonic % 12)).copied().unwrap_or("C")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tonic_name(), self.mode.name())
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for Key {
    type Error = UnitError;
    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl FromStr for Key {
    type Err = UnitError;
    /// Reads `A minor`, `Am`, `a-minor`, `F# dorian`, `Bb`, `c sharp minor`, `E flat`, and Camelot `8A`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unreadable = || UnitError::Unreadable {
            text: text.to_owned(),
            unit: "key",
            example: "'A minor', 'F# dorian', 'Bb' or '8A'",
        };
        let cleaned = text.trim().replace(['_', '-'], " ").replace('♯', "#").replace('♭', "b");
        if let Some(key) = parse_camelot(&cleaned) {
            return Ok(key);
        }
        let mut chars = cleaned.chars();
        let letter = chars.next().ok_or_else(unreadable)?;
        let natural = match letter.to_ascii_uppercase() {
            'C' => 0,
            'D' => 2,
            'E' => 4,
            'F' => 5,
            'G' => 7,
            'A' => 9,
            'B' => 11,
            _ => return Err(unreadable()),
        };
        let mut rest = chars.as_str();
        let mut tonic = natural + 12;
        while let Some(next) = rest.chars().next() {
            match next {
                '#' => tonic += 1,
                'b' => tonic -= 1,
                _ => break,
            }
            rest = &rest[1..];
            if !(10..=25).contains(&tonic) {
                return Err(unreadable());
            }
        }
        let lower = rest.trim().to_ascii_lowercase();
        let mut words = lower.split_whitespace().collect::<Vec<_>>();
        match words.first() {
            Some(&"sharp") => {
                tonic += 1;
                words.remove(0);
            }
            Some(&"flat") => {
                tonic -= 1;
                words.remove(0);
            }
            _ => {}
        }
        // A lone capital M means major and a lone small m minor, as on chord charts.
        let mode = match words.join(" ").as_str() {
            "m" if rest.trim() == "M" => Mode::Ionian,
            "" | "major" | "maj" | "ionian" | "dur" => Mode::Ionian,
            "m" | "minor" | "min" | "aeolian" | "natural minor" | "moll" => Mode::Aeolian,
            "dorian" => Mode::Dorian,
            "phrygian" => Mode::Phrygian,
            "lydian" => Mode::Lydian,
            "mixolydian" | "mixo" => Mode::Mixolydian,
            "locrian" => Mode::Locrian,
            "harmonic minor" => Mode::HarmonicMinor,
            "melodic minor" => Mode::MelodicMinor,
            _ => return Err(unreadable()),
        };
        Ok(Self::new((tonic % 12) as u8, mode))
    }
}

/// Reads Mixed In Key's Camelot wheel: 1A to 12A are minor keys, 1B to 12B major ones, a fifth apart.
fn parse_camelot(text: &str) -> Option<Key> {
    let upper = text.to_ascii_uppercase();
    let (number, mode) = match upper.strip_suffix('A') {
        Some(number) => (number, Mode::Aeolian),
        None => (upper.strip_suffix('B')?, Mode::Ionian),
    };
    let hour = number.parse::<u32>().ok().filter(|n| (1..=12).contains(n))?;
    // 8B is C major and 8A is A minor; each hour adds a fifth.
    let fifths = (hour + 12 - 8) * 7;
    let base = if mode == Mode::Ionian { 0 } else { 9 };
    Some(Key::new(((base + fifths) % 12) as u8, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        text.parse::<Key>().map_or_else(|e| e.to_string(), |k| k.to_string())
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
        assert_eq!(key("A minor"), "A minor");
        assert_eq!(key("Am"), "A minor");
        assert_eq!(key("f# dorian"), "F# dorian");
        assert_eq!(key("Bb"), "Bb major");
        assert_eq!(key("c sharp minor"), "C# minor");
        assert_eq!(key("E flat"), "Eb major");
        assert_eq!(key("CM"), "C major");
        assert_eq!(key("Cb"), "B major");
        assert_eq!(key("8A"), "A minor");
        assert_eq!(key("8B"), "C major");
        assert_eq!(key("3A"), "Bb minor");
        assert!("H minor".parse::<Key>().is_err());
        assert!("A blargh".parse::<Key>().is_err());
        assert!("".parse::<Key>().is_err());
    }

    #[test]
    fn every_key_survives_its_own_text() {
        let modes = [
            Mode::Ionian,
            Mode::Dorian,
            Mode::Phrygian,
            Mode::Lydian,
            Mode::Mixolydian,
            Mode::Aeolian,
            Mode::Locrian,
            Mode::HarmonicMinor,
            Mode::MelodicMinor,
        ];
        for tonic in 0..12 {
            for mode in modes {
                let key = Key::new(tonic, mode);
                assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
        assert_eq!(Key::new(9, Mode::Aeolian).short_name(), "Am");
        assert_eq!(Key::new(10, Mode::Ionian).short_name(), "Bb");
    }
}
