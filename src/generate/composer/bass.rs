//! The bass: patterns of functions locked to the kick, and walking lines.

mod walk;

use super::genre::style::Pattern;
use super::ground::{Bar, Ground, choose, nearest, palette};
use super::sketch::{GridNote, HarmonySpan, Line, Role};

/// Writes the bass. `kicks` are the beats of the bass drum, ascending.
pub fn write(ground: &Ground<'_>, kicks: &[f64]) -> Line {
    let style = &ground.style().bass;
    let mut notes: Vec<GridNote> = Vec::new();
    let mut last = middle(style.range);
    for bar in ground.bars_of(Role::Bass) {
        let start = notes.len();
        if style.walk_from <= 1.0 {
            if bar.energy >= style.walk_from {
                walk::walking(ground, &bar, &mut last, &mut notes);
            } else {
                walk::two_feel(ground, &bar, &mut last, &mut notes);
            }
        } else {
            let mut dice = ground.dice(Role::Bass, "pattern", bar.section.letter as u32, 0);
            let energy = (bar.section.energy.0 + bar.section.energy.1) / 2.0;
            let Some(pattern) =
                choose(&style.patterns, |p| &p.on, bar.section.kind, energy, &mut dice)
            else {
                continue;
            };
            patterned(ground, &bar, pattern, kicks, &mut last, &mut notes);
        }
        hold_back_at_changes(ground, &mut notes, start);
    }
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    monophonic(&mut notes);
    Line { role: Role::Bass, notes }
}

fn middle(range: [u8; 2]) -> i32 {
    (i32::from(range[0]) + i32::from(range[1])) / 2 - 2
}

fn patterned(
    ground: &Ground<'_>,
    bar: &Bar<'_>,
    pattern: &Pattern,
    kicks: &[f64],
    last: &mut i32,
    notes: &mut Vec<GridNote>,
) {
    let style = &ground.style().bass;
    let mut dice = ground.dice(Role::Bass, "bar", bar.section_index as u32, bar.within);
    let end = bar.beat + ground.bar_beats();
    let grid = match &pattern.b {
        Some(b) if bar.within % 4 == 3 => b,
        _ => &pattern.grid,
    };
    // (beat, beats, function, accent)
    let mut hits = grid
        .hits(bar.within, ground.plan.metre)
        .into_iter()
        .map(|hit| (bar.beat + hit.beat, hit.beats, hit.cell))
        .collect::<Vec<_>>();
    // A change of chord is always stated by its root, whatever the pattern does there.
    for (start, stop, _) in ground.spans_in(bar.beat, end) {
        if start < bar.beat + 1e-6 {
            continue;
        }
        match hits.iter_mut().find(|hit| (hit.0 - start).abs() < 0.13) {
            Some(hit) => hit.2 = b'R',
            None => hits.push((start, (stop - start).min(1.0), b'R')),
        }
    }
    for &kick in kicks.iter().filter(|k| **k >= bar.beat - 1e-6 && **k < end - 1e-6) {
        let near = hits.iter().any(|hit| (hit.0 - kick).abs() < 0.24);
        if dice.chance(style.lock) && !near {
            hits.push((kick, 0.25, b'R'));
        }
    }
    hits.sort_by(|a, b| a.0.total_cmp(&b.0));
    let approach = dice.chance(style.approach);
    let from_below = dice.chance(0.6);
    let chromatic = dice.chance(0.5);
    let next = ground.chord(end).filter(|_| end < ground.plan.beats() - 1e-6);
    let changes = matches!((ground.chord(end - 0.01), next), (Some(a), Some(b)) if a.chord.bass_class() != b.chord.bass_class());
    let count = hits.len();
    for (index, (beat, beats, cell)) in hits.into_iter().enumerate() {
        let Some(span) = ground.chord(beat + 1e-6) else { continue };
        let last_hit = index + 1 == count;
        let wants_approach =
            cell == b'A' || (last_hit && approach && changes && beat >= end - 1.0 - 1e-6);
        let on_change = (span.beat - beat).abs() < 1e-6;
        let root = nearest(span.chord.bass_class(), middle(style.range), style.range);
        let pitch = if wants_approach && !on_change {
            match next {
                Some(next) => approach_to(ground, next, root, from_below, chromatic),
                None => root,
            }
        } else {
            function(span, cell, root, style.range)
        };
        let accent = match cell {
            b'g' => 0.4,
            b'R' if on_change || beat - bar.beat < 1e-6 => 0.92,
            b'A' => 0.72,
            _ => 0.8,
        };
        *last = i32::from(pitch);
        notes.push(GridNote { beat, beats, pitch, accent });
    }
}

/// The note that a function stands for over a chord.
fn function(span: &HarmonySpan, cell: u8, root: u8, range: [u8; 2]) -> u8 {
    let tone = |place: usize| span.chord.tones.get(place).map(|t| t % 12);
    let above = match cell {
        b'5' => tone(2).unwrap_or(7),
        b'3' => tone(1).unwrap_or(4),
        b'7' => tone(3).unwrap_or(10),
        b'8' => 12,
        _ => return root,
    };
    // Over an inversion the functions still count from the chord's own root, near the bass note.
    let from = if span.chord.bass.is_some() && cell != b'8' {
        nearest(span.chord.root, i32::from(root), range)
    } else {
        root
    };
    let up = from + above;
    if up <= range[1] {
        up
    } else if above < 12 && from + above >= range[0] + 12 {
        from + above - 12
    } else {
        from
    }
}

/// A note a step away from the next root: a semitone, or a step of the scale.
fn approach_to(
    ground: &Ground<'_>,
    next: &HarmonySpan,
    near: u8,
    from_below: bool,
    chromatic: bool,
) -> u8 {
    let range = ground.style().bass.range;
    let target = i32::from(nearest(next.chord.bass_class(), i32::from(near), range));
    let direction = if from_below { -1 } else { 1 };
    let classes = palette(next.key, next);
    let in_scale = |note: i32| classes.contains(&(note.rem_euclid(12) as u8));
    let step = if chromatic || in_scale(target + direction) { direction } else { direction * 2 };
    let note = target + step;
    if note < i32::from(range[0]) || note > i32::from(range[1]) {
        (target - step) as u8
    } else {
        note as u8
    }
}

/// No note is held across a change of the chord's bass.
fn hold_back_at_changes(ground: &Ground<'_>, notes: &mut [GridNote], start: usize) {
    for note in notes.iter_mut().skip(start) {
        if let Some(next) = ground.harmony.after(note.beat + 1e-6) {
            let room = next.beat - note.beat;
            if room > 1e-3 && note.beats > room {
                note.beats = room;
            }
        }
    }
}

/// Every note ends where the next one starts, at the latest.
pub(super) fn monophonic(notes: &mut Vec<GridNote>) {
    notes.dedup_by(|next, kept| (next.beat - kept.beat).abs() < 1e-6);
    for index in 1..notes.len() {
        let Some(&next) = notes.get(index) else { break };
        if let Some(note) = notes.get_mut(index - 1) {
            note.beats = note.beats.min(next.beat - note.beat);
        }
    }
}
