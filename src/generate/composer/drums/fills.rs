//! Fills at the ends of phrases, crashes at the starts of sections, and the snare rolls of builds.

use super::super::genre::style::{Drum, Fill};
use super::super::ground::{Bar, Ground, choose};
use super::super::sketch::{GridNote, Role, SectionKind};

/// Puts a fill on the end of the bar, where the form or chance wants one. `start` is where the bar's notes begin.
pub(super) fn apply(ground: &Ground<'_>, bar: &Bar<'_>, notes: &mut Vec<GridNote>, start: usize) {
    let style = &ground.style().drums;
    let section_end = bar.within + 1 == bar.section.bars;
    let piece_end = section_end && bar.section_index + 1 == ground.plan.sections.len();
    if (piece_end && !ground.plan.looped) || style.fills.is_empty() {
        return;
    }
    let rise = ground.next_energy(bar.section_index) - bar.energy;
    let mut dice = ground.dice(Role::Drums, "fill", bar.section_index as u32, bar.within);
    let chance = match (section_end, (bar.within + 1) % 8, (bar.within + 1) % 4) {
        (true, ..) => 0.75 + rise,
        // Something happens every four bars, and something larger every eight.
        (_, 0, _) => (style.fill_chance * 2.0).max(0.85),
        (_, _, 0) => style.fill_chance * 1.6,
        _ => 0.0,
    };
    if !dice.chance(chance) {
        return;
    }
    let toward = if section_end { (bar.energy + rise.max(0.0)).min(1.0) } else { bar.energy * 0.6 };
    let Some(fill) = choose(&style.fills, |f| &f.on, bar.section.kind, toward, &mut dice) else {
        return;
    };
    play(ground, bar, fill, toward, notes, start);
}

fn play(
    ground: &Ground<'_>,
    bar: &Bar<'_>,
    fill: &Fill,
    toward: f64,
    notes: &mut Vec<GridNote>,
    start: usize,
) {
    let beats = fill.beats.min(ground.bar_beats());
    let from = bar.beat + ground.bar_beats() - beats;
    let keeps = |pitch: u8| fill.keep.iter().any(|drum| drum.note() == pitch);
    let mut index = 0;
    notes.retain(|note| {
        let keep = index < start || note.beat < from - 1e-6 || keeps(note.pitch);
        index += 1;
        keep
    });
    for (drum, row) in &fill.rows {
        let step = fill.beats / row.cells().len() as f64;
        for (place, cell) in row.cells().iter().enumerate() {
            let at = place as f64 * step - (fill.beats - beats);
            let accent = match cell {
                b'.' | b'-' => continue,
                b'X' => 1.0,
                b'g' => 0.4,
                _ => 0.8,
            };
            if at < -1e-9 {
                continue;
            }
            // A fill grows toward what it leads into.
            let growth = 0.72 + 0.28 * (at / beats) + 0.1 * toward;
            notes.push(GridNote {
                beat: from + at,
                beats: step.min(0.5),
                pitch: drum.note(),
                accent: (accent * growth).min(1.0) as f32,
            });
        }
    }
}

/// A crash with a kick on the first beat of a section that is stronger than what came before. It takes the place of
/// whatever cymbal was there.
pub(super) fn mark_entry(
    ground: &Ground<'_>,
    bar: &Bar<'_>,
    notes: &mut Vec<GridNote>,
    start: usize,
) {
    let style = &ground.style().drums;
    if !style.crash || bar.index == 0 && bar.energy < 0.5 {
        return;
    }
    // Full sections are marked every eight bars; others only where they are stronger than what came before.
    let full = bar.energy >= 0.75 && bar.within.is_multiple_of(8);
    let rises = bar.within == 0 && bar.energy - ground.energy_before(bar.section_index) >= 0.12;
    if !full && !rises {
        return;
    }
    let mut index = 0;
    notes.retain(|note| {
        let cymbal = matches!(note.pitch, 42 | 46 | 51) && (note.beat - bar.beat).abs() < 1e-6;
        let keep = index < start || !cymbal;
        index += 1;
        keep
    });
    for (drum, accent) in [(Drum::Crash, 0.7 + 0.3 * bar.energy), (Drum::Kick, 0.95)] {
        notes.push(GridNote {
            beat: bar.beat,
            beats: if drum == Drum::Crash { 2.0 } else { 0.25 },
            pitch: drum.note(),
            accent: accent as f32,
        });
    }
}

/// The snare of a build: quarters, eighths, sixteenths, each for its share of the section, growing all the while; the kick
/// leaves in the last bar.
pub(super) fn roll(ground: &Ground<'_>, bar: &Bar<'_>, notes: &mut Vec<GridNote>) {
    debug_assert_eq!(bar.section.kind, SectionKind::Build);
    let total = f64::from(bar.section.bars.max(1));
    let bar_beats = ground.bar_beats();
    let step = match f64::from(bar.within) / total {
        part if part < 0.5 => 1.0,
        part if part < 0.75 => 0.5,
        _ => 0.25,
    };
    let last = bar.within + 1 == bar.section.bars;
    if last {
        notes.retain(|n| n.beat < bar.beat - 1e-6 || n.pitch != Drum::Kick.note());
    }
    let count = libm::round(bar_beats / step) as u32;
    for i in 0..count {
        let beat = f64::from(i) * step;
        // The last beat before the drop belongs to silence.
        if last && beat >= bar_beats - 1.0 - 1e-6 {
            break;
        }
        let along = (f64::from(bar.within) + beat / bar_beats) / total;
        let metric = if i % 4 == 0 { 1.0 } else { 0.86 };
        notes.push(GridNote {
            beat: bar.beat + beat,
            beats: step.min(0.25),
            pitch: Drum::Snare.note(),
            accent: ((0.45 + 0.5 * along) * metric) as f32,
        });
    }
}
