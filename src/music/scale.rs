//! Scales as sets of pitch classes: degrees, neighbours, and the scale that fits a chord.

use super::chord::Chord;
use crate::model::key::{Key, PitchClass};

/// Pitch classes of a key's scale, from the tonic up.
pub fn classes(key: Key) -> [PitchClass; 7] {
    key.mode.intervals().map(|i| (key.tonic + i) % 12)
}

/// Whether a pitch (any octave) is in the scale.
pub fn contains(key: Key, pitch: u8) -> bool {
    classes(key).contains(&(pitch % 12))
}

/// Degree of a pitch, 0 for the tonic to 6, where it is in the scale.
pub fn degree_of(key: Key, pitch: u8) -> Option<usize> {
    classes(key).iter().position(|class| *class == pitch % 12)
}

/// The nearest pitch of the scale; of two equally near ones the lower.
pub fn nearest(key: Key, pitch: u8) -> u8 {
    nearest_of(&classes(key), pitch)
}

/// The nearest pitch whose class is among `classes`; of two equally near ones the lower. The pitch itself where the
/// list is empty.
pub fn nearest_of(classes: &[PitchClass], pitch: u8) -> u8 {
    (0..12u8)
        .flat_map(|d| [pitch.checked_sub(d), pitch.checked_add(d).filter(|p| *p < 128)])
        .flatten()
        .find(|candidate| classes.contains(&(candidate % 12)))
        .unwrap_or(pitch)
}

/// The pitch `steps` scale steps above (or below) a pitch, which is first moved into the scale; stays inside MIDI.
pub fn step(classes: &[PitchClass], pitch: u8, steps: i32) -> u8 {
    let mut at = nearest_of(classes, pitch);
    for _ in 0..steps.unsigned_abs() {
        let next = if steps > 0 {
            (at.saturating_add(1)..=at.saturating_add(12).min(127))
                .find(|p| classes.contains(&(p % 12)))
        } else {
            (at.saturating_sub(12)..at).rev().find(|p| classes.contains(&(p % 12)))
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The scale to play over a chord in a key, ascending from the chord's root: the key's scale, in which a tone gives
/// way to the chord tone of the same degree (over E7 in A minor, G gives way to G#).
pub fn over(chord: &Chord, key: Key) -> Vec<PitchClass> {
    // The other form of each interval above the root: minor and major second, third, sixth, seventh; the fourths and
    // fifths around the tritone.
    const TWIN: [u8; 12] = [1, 2, 1, 4, 3, 6, 7, 6, 9, 8, 11, 10];
    let tones = chord.pitch_classes();
    let scale = classes(key);
    let mut kept = scale.to_vec();
    for tone in tones.iter().filter(|t| !scale.contains(t)) {
        let interval = usize::from((tone + 12 - chord.root) % 12);
        let twin = (chord.root + TWIN.get(interval).copied().unwrap_or(0)) % 12;
        kept.retain(|class| *class != twin || tones.contains(class));
        kept.push(*tone);
    }
    kept.sort_by_key(|class| (class + 12 - chord.root) % 12);
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::key::Mode;

    #[test]
    fn steps_walk_the_scale() {
        let c = classes(Key::new(0, Mode::Ionian));
        assert_eq!(step(&c, 60, 2), 64);
        assert_eq!(step(&c, 60, -1), 59);
        assert_eq!(step(&c, 61, 1), 62);
        assert_eq!(step(&c, 60, 7), 72);
        assert_eq!(nearest(Key::new(0, Mode::Ionian), 66), 65);
        assert_eq!(degree_of(Key::new(9, Mode::Aeolian), 64), Some(4));
    }

    #[test]
    fn a_borrowed_chord_bends_the_scale_and_nothing_else() {
        let a_minor = Key::new(9, Mode::Aeolian);
        let e7 = Chord::new(4, "7").expect("a chord");
        assert_eq!(over(&e7, a_minor), [4, 5, 8, 9, 11, 0, 2]);
        let own = Chord::new(9, "m7").expect("a chord");
        assert_eq!(over(&own, a_minor), [9, 11, 0, 2, 4, 5, 7]);
    }

    proptest! {
        #[test]
        fn every_result_is_in_the_scale_and_the_midi_range(tonic in 0u8..12, pitch in 0u8..128, steps in -40i32..40) {
            let scale = classes(Key::new(tonic, Mode::Dorian));
            let there = step(&scale, pitch, steps);
            prop_assert!(there < 128);
            prop_assert!(scale.contains(&(there % 12)));
        }
    }
}
