use proptest::prelude::*;

use super::*;
use crate::model::key::{Key, Mode};
use crate::music::numeral;

fn chords(numerals: &str, tonic: u8) -> Vec<Chord> {
    let key = Key::new(tonic, Mode::Ionian);
    numerals.split_whitespace().map(|n| numeral::chord(n, key).expect("a numeral")).collect()
}

fn voiced(list: &[Chord], rules: &VoicingRules) -> Vec<Vec<u8>> {
    lead(&list.iter().map(Cue::alone).collect::<Vec<_>>(), rules)
}

const PROGRESSIONS: [&str; 6] = [
    "ii9 V13 Imaj9 vi7 ii9 V13 Imaj9 vi7",
    "I V vi IV I V vi IV",
    "iiø7 V7b9 i6 i6 iv7 bVII7 bIIImaj7 bVImaj7",
    "Imaj7 VI7 ii7 V7 iii7 VI7 ii7 V7",
    "i bVI bIII bVII i bVI bIII bVII",
    "Iadd9 II/I Imaj9 IVmaj9 Isus2 vi9",
];

#[test]
fn a_two_five_one_moves_like_a_pianist_would() {
    let list = chords("ii7 V7 Imaj7", 0);
    let rules = VoicingRules::keys(true);
    let stacks = voiced(&list, &rules);
    // Guide tones: F and C fall to F and B, then to E and B; nothing moves further than a tone.
    for pair in stacks.windows(2) {
        for (old, new) in pairing(&pair[0], &pair[1]) {
            assert!(old.abs_diff(new) <= 4, "{stacks:?}");
        }
    }
    for (stack, chord) in stacks.iter().zip(&list) {
        for guide in chord.guide_tones() {
            assert!(stack.iter().any(|n| n % 12 == guide), "{chord}: {stack:?}");
        }
    }
}

#[test]
fn parallel_fifths_are_counted() {
    assert_eq!(parallels(&[48, 55], &[50, 57]), 1);
    assert_eq!(parallels(&[48, 55, 60], &[50, 57, 62]), 2);
    assert_eq!(parallels(&[48, 55], &[48, 55]), 0);
    assert_eq!(parallels(&[48, 55], &[50, 55]), 0);
    assert_eq!(parallels(&[48, 55], &[46, 57]), 0);
}

#[test]
fn progressions_in_all_keys_are_led_with_little_motion_and_few_parallels() {
    let (mut motion, mut voices, mut faults, mut changes) = (0u32, 0u32, 0u32, 0u32);
    for text in PROGRESSIONS {
        for tonic in 0..12 {
            let list = chords(text, tonic);
            for rules in [VoicingRules::keys(true), VoicingRules::keys(false), VoicingRules::pads()]
            {
                for pair in voiced(&list, &rules).windows(2) {
                    for (old, new) in pairing(&pair[0], &pair[1]) {
                        motion += u32::from(old.abs_diff(new));
                        voices += 1;
                    }
                    faults += parallels(&pair[0], &pair[1]);
                    changes += 1;
                }
            }
        }
    }
    let mean_motion = f64::from(motion) / f64::from(voices);
    let per_hundred = 100.0 * f64::from(faults) / f64::from(changes);
    assert!(mean_motion <= 2.0, "mean motion {mean_motion}");
    assert!(per_hundred <= 2.0, "parallels per hundred changes {per_hundred}");
}

#[test]
fn a_melody_note_pushes_the_voicing_away_from_a_semitone() {
    let list = chords("Imaj7", 0);
    let melody = [72u8];
    let cue = Cue { chord: &list[0], melody: &melody };
    let stack = &lead(&[cue], &VoicingRules::keys(false))[0];
    assert!(stack.iter().all(|n| n.abs_diff(72) != 1), "{stack:?}");
}

#[test]
fn nothing_in_gives_nothing_out() {
    assert!(lead(&[], &VoicingRules::pads()).is_empty());
    let empty = Chord { root: 0, tones: vec![], bass: None, symbol: String::new() };
    assert_eq!(lead(&[Cue::alone(&empty)], &VoicingRules::pads()), [Vec::<u8>::new()]);
}

proptest! {
    #[test]
    fn stacks_stay_in_range_ascend_and_hold_only_chord_tones(
        roots in prop::collection::vec((0u8..12, 0usize..8), 1..12),
        low in 36u8..56, span in 14u8..30, rootless in any::<bool>(),
    ) {
        let suffixes = ["", "m", "7", "maj9", "m9", "13", "m7b5", "sus4"];
        let list = roots.iter().map(|(r, q)| Chord::new(*r, suffixes[*q]).expect("a quality")).collect::<Vec<_>>();
        let rules = VoicingRules { low, high: low + span, least: 3, most: 4, rootless, avoid_parallels: true, centre: f64::from(low) + f64::from(span) / 2.0 };
        let stacks = voiced(&list, &rules);
        prop_assert_eq!(stacks.len(), list.len());
        for (stack, chord) in stacks.iter().zip(&list) {
            prop_assert!(!stack.is_empty() && stack.len() <= 4);
            prop_assert!(stack.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(stack.iter().all(|n| (low..=low + span).contains(n) && chord.contains(n % 12)));
        }
        prop_assert_eq!(voiced(&list, &rules), stacks);
    }
}
