//! One highest note, at 60 to 75 % of the piece.

use super::super::ground::Ground;
use super::super::sketch::GridNote;

/// Lifts one long note in the right stretch above all others, onto a tone of its chord. Everything else stays as it is, so
/// hooks come back note for note but for that one.
pub(super) fn raise(ground: &Ground<'_>, notes: &mut [GridNote], range: [u8; 2]) {
    let total = ground.plan.beats();
    let Some(top) = notes.iter().map(|n| n.pitch).max() else { return };
    let candidate = notes
        .iter()
        .enumerate()
        .filter(|(_, n)| n.beat >= total * 0.6 && n.beat <= total * 0.75)
        .max_by(|(_, a), (_, b)| {
            // Long and already high.
            let value = |n: &GridNote| n.beats.min(2.0) * 3.0 + f64::from(n.pitch);
            value(a).total_cmp(&value(b)).then(b.beat.total_cmp(&a.beat))
        })
        .map(|(index, _)| index);
    let Some(index) = candidate else { return };
    let ceiling = top.saturating_add(7).min(range[1] + 5);
    let Some(note) = notes.get_mut(index) else { return };
    let Some(span) = ground.chord(note.beat + 1e-6) else { return };
    if let Some(pitch) = (top + 1..=ceiling).find(|pitch| span.chord.contains(pitch % 12))
        && pitch - note.pitch <= 9
    {
        note.pitch = pitch;
        note.accent = 1.0;
    }
}
