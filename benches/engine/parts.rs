//! What the tracks of the engine's benchmarks play: basses, chords, pads and melodies over four bars of harmony.

use timbre::music::score::{Note, Part};

/// What a track plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Eighth notes around the root, one at a time.
    Bass,
    /// Chords of four, struck three times a bar.
    Keys,
    /// Chords of four that last a bar and ring into the next.
    Pad,
    /// A melody that ties its notes.
    Lead,
}

/// Tempo of all loads, in quarter notes a minute.
pub(crate) const BPM: f64 = 120.0;

/// Four bars of harmony, repeated: A minor 9, F major 7, C major 9, G 6.
const CHORDS: [[u8; 4]; 4] =
    [[57, 60, 64, 71], [53, 60, 64, 69], [52, 60, 62, 67], [55, 59, 64, 69]];
const ROOTS: [u8; 4] = [33, 29, 36, 31];
/// The melody, by bar: beat, length in beats, pitch.
const MELODY: [[(f64, f64, u8); 4]; 4] = [
    [(0.0, 1.1, 76), (1.0, 0.6, 74), (1.5, 1.6, 72), (3.0, 1.0, 71)],
    [(0.0, 1.6, 72), (1.5, 0.6, 69), (2.0, 1.1, 72), (3.0, 1.1, 76)],
    [(0.0, 2.1, 79), (2.0, 0.6, 76), (2.5, 0.6, 74), (3.0, 1.1, 72)],
    [(0.0, 1.1, 74), (1.0, 1.1, 71), (2.0, 1.1, 74), (3.0, 0.9, 79)],
];

/// A part for a track. Tracks of one role differ in octave and loudness.
pub(crate) fn part(id: &str, role: Role, bars: usize, index: usize) -> Part {
    let mut notes = Vec::new();
    let velocity = 0.6 + 0.05 * (index % 7) as f32;
    let octave = [0, 12][index % 2];
    for bar in 0..bars {
        let mut add = |beat: f64, beats: f64, pitch: u8| {
            notes.push(Note { beat: beat + 4.0 * bar as f64, beats, pitch, velocity });
        };
        let (chord, root, melody) = (CHORDS[bar % 4], ROOTS[bar % 4], MELODY[bar % 4]);
        match role {
            Role::Bass => (0..8).for_each(|step| {
                add(f64::from(step) * 0.5, 0.45, root + [0, 0, 12, 0, 7, 0, 12, 10][step as usize]);
            }),
            Role::Keys => {
                for (beat, beats) in [(0.0, 1.4), (1.5, 0.9), (2.5, 1.4)] {
                    chord.iter().for_each(|pitch| add(beat, beats, pitch + octave));
                }
            }
            Role::Pad => chord.iter().for_each(|pitch| add(0.0, 4.0, pitch + octave)),
            Role::Lead => {
                melody.iter().for_each(|(beat, beats, pitch)| add(*beat, *beats, pitch - octave));
            }
        }
    }
    Part { id: id.into(), name: id.into(), drums: false, program: 0, notes, controls: Vec::new() }
}
