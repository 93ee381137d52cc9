//! Walking bass in quarters, and the two-feel that comes before it. Root on every change, chord and scale steps between,
//! and a step into the next root on the last beat.

use super::super::genre::style::felt_beats;
use super::super::ground::{Bar, Ground, nearest, nearest_of, palette};
use super::super::sketch::{GridNote, Role};
use super::approach_to;

/// A bar of walking quarters.
pub(super) fn walking(
    ground: &Ground<'_>,
    bar: &Bar<'_>,
    last: &mut i32,
    notes: &mut Vec<GridNote>,
) {
    let range = ground.style().bass.range;
    let mut dice = ground.dice(Role::Bass, "walk", bar.section_index as u32, bar.within);
    let beats = quarters(ground);
    let end = bar.beat + ground.bar_beats();
    for (index, offset) in beats.iter().enumerate() {
        let beat = bar.beat + offset;
        let upto = beats.get(index + 1).map_or(end, |b| bar.beat + b);
        let Some(span) = ground.chord(beat + 1e-6) else { continue };
        let changes_here = span.beat >= beat - 1e-6;
        let next =
            ground.chord(upto + 1e-6).filter(|n| n.beat >= upto - 1e-6 && n.beat > span.beat);
        let (from_below, chromatic, wander, skip) =
            (dice.chance(0.55), dice.chance(0.7), dice.between(-5.0, 5.0), dice.unit());
        let pitch = if changes_here || (index == 0 && wander.abs() < 3.5) {
            // The root, near where the line is, but drawn back to the middle of the range.
            let middle = (i32::from(range[0]) + i32::from(range[1])) / 2;
            nearest(span.chord.bass_class(), (*last * 2 + middle) / 3, range)
        } else if let Some(next) = next {
            approach_to(ground, next, (*last).clamp(0, 127) as u8, from_below, chromatic)
        } else {
            let toward = *last + libm::round(wander) as i32;
            let classes =
                if index % 2 == 0 { span.chord.pitch_classes() } else { palette(span.key, span) };
            let pitch = nearest_of(&classes, toward, range);
            if i32::from(pitch) == *last { nearest_of(&classes, toward + 3, range) } else { pitch }
        };
        *last = i32::from(pitch);
        let accent = if index % 2 == 1 { 0.84 } else { 0.78 };
        notes.push(GridNote { beat, beats: upto - beat, pitch, accent });
        // Now and then a skipped eighth drives on into the next beat.
        if skip < 0.06 + 0.06 * bar.energy {
            if let Some(note) = notes.last_mut() {
                note.beats *= 0.5;
            }
            notes.push(GridNote {
                beat: (beat + upto) / 2.0,
                beats: (upto - beat) / 2.0,
                pitch,
                accent: 0.5,
            });
        }
    }
}

/// A bar of halves: root and fifth, with a pick-up now and then.
pub(super) fn two_feel(
    ground: &Ground<'_>,
    bar: &Bar<'_>,
    last: &mut i32,
    notes: &mut Vec<GridNote>,
) {
    let range = ground.style().bass.range;
    let mut dice = ground.dice(Role::Bass, "two", bar.section_index as u32, bar.within);
    let beats = quarters(ground);
    let end = bar.beat + ground.bar_beats();
    for (index, offset) in beats.iter().enumerate() {
        let beat = bar.beat + offset;
        let Some(span) = ground.chord(beat + 1e-6) else { continue };
        let changes = span.beat >= beat - 1e-6;
        let pick_up = dice.chance(0.15) && index + 1 == beats.len();
        if index % 2 == 1 && !changes && !pick_up {
            continue;
        }
        let upto = beats.get(index + 2).or(None).map_or(end, |b| bar.beat + b);
        let root = nearest(span.chord.bass_class(), (*last + 40) / 2, range);
        let pitch = if changes || index == 0 {
            root
        } else if pick_up {
            ground
                .chord(end + 1e-6)
                .map_or(root, |next| approach_to(ground, next, root, true, true))
        } else {
            let fifth = span.chord.tones.get(2).map_or(7, |t| t % 12);
            nearest((span.chord.root + fifth) % 12, i32::from(root), range)
        };
        *last = i32::from(pitch);
        notes.push(GridNote {
            beat,
            beats: upto - beat,
            pitch,
            accent: if index == 0 { 0.85 } else { 0.75 },
        });
    }
}

/// Quarters where the metre has them, else its felt beats.
fn quarters(ground: &Ground<'_>) -> Vec<f64> {
    felt_beats(ground.plan.metre)
}
