//! A drummer has two hands and two feet.

use super::super::genre::style::Drum;
use super::super::sketch::GridNote;

const FEET: [Drum; 2] = [Drum::Kick, Drum::Pedal];

/// Leaves out what two hands can't reach: at any moment the two most important strokes stay. A crash and a backbeat are
/// more important than the time-keeping cymbals.
pub(super) fn playable(mut notes: Vec<GridNote>) -> Vec<GridNote> {
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(rank(a).total_cmp(&rank(b))));
    let mut out: Vec<GridNote> = Vec::with_capacity(notes.len());
    for note in notes {
        let foot = FEET.iter().any(|drum| drum.note() == note.pitch);
        let here = |other: &&GridNote| (other.beat - note.beat).abs() < 1e-6;
        let twice = out.iter().rev().take_while(here).any(|other| other.pitch == note.pitch);
        let hands = out
            .iter()
            .rev()
            .take_while(here)
            .filter(|other| FEET.iter().all(|drum| drum.note() != other.pitch))
            .count();
        if !twice && (foot || hands < 2) {
            out.push(note);
        }
    }
    out
}

/// Lower is kept first.
fn rank(note: &GridNote) -> f64 {
    let order = match note.pitch {
        36 | 44 => 0.0,
        49 => 1.0,
        37..=40 => 2.0,
        41..=50 if note.pitch != 42 && note.pitch != 46 => 3.0,
        46 => 4.0,
        51 | 53 => 5.0,
        42 => 6.0,
        _ => 7.0,
    };
    order - f64::from(note.accent) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_hand_is_taken_away_and_feet_are_free() {
        let at = |pitch| GridNote { beat: 1.0, beats: 0.25, pitch, accent: 0.8 };
        let kept = playable(vec![at(42), at(36), at(38), at(49), at(44), at(50)]);
        let pitches = kept.iter().map(|n| n.pitch).collect::<Vec<_>>();
        assert!(pitches.contains(&36) && pitches.contains(&44));
        assert!(pitches.contains(&49) && pitches.contains(&38));
        assert_eq!(pitches.len(), 4, "{pitches:?}");
    }
}
