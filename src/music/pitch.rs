//! Names of pitches and pitch classes, and how a key spells them.

use crate::model::key::{Key, PitchClass};

const SHARP: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLAT: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const LETTERS: [char; 7] = ['C', 'D', 'E', 'F', 'G', 'A', 'B'];
const NATURAL: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];

/// Name of a pitch class with sharps or flats.
pub fn class_name(class: PitchClass, flats: bool) -> &'static str {
    let names = if flats { &FLAT } else { &SHARP };
    names.get(usize::from(class % 12)).copied().unwrap_or("C")
}

/// Name of a MIDI note number, 60 = C4.
pub fn note_name(pitch: u8, flats: bool) -> String {
    format!("{}{}", class_name(pitch % 12, flats), i32::from(pitch) / 12 - 1)
}

/// Reads a letter with accidentals (`F#`, `Bb`, `E♭`); returns the pitch class and what is left of the text.
pub fn read_class(text: &str) -> Option<(PitchClass, &str)> {
    let mut chars = text.chars();
    let letter = chars.next()?;
    let index = LETTERS.iter().position(|l| *l == letter.to_ascii_uppercase())?;
    let mut class = *NATURAL.get(index)?;
    let mut rest = chars.as_str();
    loop {
        let mut ahead = rest.chars();
        match ahead.next() {
            Some('#' | '♯') => class += 1,
            Some('b' | '♭') => class -= 1,
            _ => return Some((class.rem_euclid(12) as u8, rest)),
        }
        rest = ahead.as_str();
    }
}

/// Number of sharps (positive) or flats (negative) in the key signature of the key's relative major.
/// Modes with raised degrees take the signature of natural minor, as printed music does.
pub fn signature(key: Key) -> i8 {
    use crate::model::key::Mode;
    let up = match key.mode {
        Mode::Ionian => 0,
        Mode::Dorian => 10,
        Mode::Phrygian => 8,
        Mode::Lydian => 7,
        Mode::Mixolydian => 5,
        Mode::Aeolian | Mode::HarmonicMinor | Mode::MelodicMinor => 3,
        Mode::Locrian => 1,
    };
    let major = (key.tonic + up) % 12;
    // Steps along the circle of fifths; six sharps are preferred to six flats, as `Key::tonic_name` does.
    let fifths = i8::try_from((u32::from(major) * 7) % 12).unwrap_or(0);
    if fifths > 6 { fifths - 12 } else { fifths }
}

/// Whether the key is written with flats.
pub fn has_flats(key: Key) -> bool {
    signature(key) < 0
}

/// Name of a scale degree (1 to 7) whose pitch class is given, spelled on its own letter where one accidental is
/// enough and nobody would rather read the natural next to it (`Cb`, `E#`).
pub fn degree_name(key: Key, degree: usize, class: PitchClass) -> &'static str {
    let flats = has_flats(key);
    let tonic = key.tonic_name();
    let letter = LETTERS.iter().position(|l| tonic.starts_with(*l)).unwrap_or(0);
    let natural = NATURAL.get((letter + degree.max(1) - 1) % 7).copied().unwrap_or(0);
    let offset = (i32::from(class) - natural + 18).rem_euclid(12) - 6;
    let plain_key = matches!(class % 12, 0 | 2 | 4 | 5 | 7 | 9 | 11);
    match offset {
        _ if plain_key => class_name(class, flats),
        1 => class_name(class, false),
        -1 => class_name(class, true),
        _ => class_name(class, flats),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect("a key")
    }

    #[test]
    fn names_are_those_of_midi() {
        assert_eq!(note_name(60, false), "C4");
        assert_eq!(note_name(21, false), "A0");
        assert_eq!(note_name(70, true), "Bb4");
        assert_eq!(note_name(0, true), "C-1");
    }

    #[test]
    fn classes_are_read_with_any_accidental() {
        assert_eq!(read_class("F#m7"), Some((6, "m7")));
        assert_eq!(read_class("E♭"), Some((3, "")));
        assert_eq!(read_class("Cb"), Some((11, "")));
        assert_eq!(read_class("Hm"), None);
        assert_eq!(read_class(""), None);
    }

    #[test]
    fn signatures_follow_the_circle_of_fifths() {
        for (name, expected) in [
            ("C", 0),
            ("G", 1),
            ("F", -1),
            ("Eb", -3),
            ("A minor", 0),
            ("D dorian", 0),
            ("F#", 6),
            ("B minor", 2),
            ("F minor", -4),
        ] {
            assert_eq!(signature(key(name)), expected, "{name}");
        }
    }

    #[test]
    fn degrees_are_spelled_on_their_own_letter() {
        assert_eq!(degree_name(key("C minor"), 6, 8), "Ab");
        assert_eq!(degree_name(key("C"), 6, 8), "Ab");
        assert_eq!(degree_name(key("E"), 3, 8), "G#");
        assert_eq!(degree_name(key("F# minor"), 6, 2), "D");
        assert_eq!(degree_name(key("Eb"), 2, 4), "E");
        assert_eq!(degree_name(key("A"), 4, 3), "D#");
    }
}
