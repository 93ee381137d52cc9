//! Lines beside the melody: answers in its rests, or a slow line of thirds and sevenths.

use super::super::genre::style::CounterKind;
use super::super::ground::{Ground, nearest_of};
use super::super::sketch::{GridNote, Line, Role};

/// Writes the counter line beside a melody.
pub fn write(ground: &Ground<'_>, lead: &[GridNote]) -> Line {
    let style = &ground.style().counter;
    let range = ground.range(Role::Counter, style.range);
    let bar_beats = ground.bar_beats();
    let mut notes = Vec::new();
    for (index, section) in ground.plan.sections.iter().enumerate() {
        if !section.roles.contains(&Role::Counter) {
            continue;
        }
        let start = f64::from(section.start_bar) * bar_beats;
        let end = start + f64::from(section.bars) * bar_beats;
        let melody =
            lead.iter().filter(|n| n.beat >= start && n.beat < end).copied().collect::<Vec<_>>();
        if style.kind == CounterKind::Guide || melody.is_empty() {
            guide(ground, index, (start, end), range, &mut notes);
        } else {
            answers(ground, index, (start, end), range, &melody, &mut notes);
        }
    }
    Line { role: Role::Counter, notes }
}

/// The nearest third or seventh at every change.
fn guide(
    ground: &Ground<'_>,
    section: usize,
    stretch: (f64, f64),
    range: [u8; 2],
    notes: &mut Vec<GridNote>,
) {
    let chance = ground.style().counter.chance;
    let mut last = (i32::from(range[0]) + i32::from(range[1])) / 2;
    for (index, (from, to, span)) in ground.spans_in(stretch.0, stretch.1).enumerate() {
        let mut dice = ground.dice(Role::Counter, "guide", section as u32, index as u32);
        let guides = span.chord.pitch_classes().into_iter().skip(1).step_by(2).collect::<Vec<_>>();
        let classes = if guides.is_empty() { span.chord.pitch_classes() } else { guides };
        let pitch = nearest_of(&classes, last, range);
        last = i32::from(pitch);
        let wait = if to - from >= 4.0 && dice.chance(0.4) { 1.0 } else { 0.0 };
        if dice.chance(chance) {
            notes.push(GridNote { beat: from + wait, beats: to - from - wait, pitch, accent: 0.7 });
        }
    }
}

/// A short echo of the melody's last notes, in each of its rests.
fn answers(
    ground: &Ground<'_>,
    section: usize,
    stretch: (f64, f64),
    range: [u8; 2],
    melody: &[GridNote],
    notes: &mut Vec<GridNote>,
) {
    let chance = ground.style().counter.chance;
    for (index, note) in melody.iter().enumerate() {
        let rest_from = note.beat + note.beats;
        let rest_to = melody.get(index + 1).map_or(stretch.1, |n| n.beat);
        if rest_to - rest_from < 1.4 {
            continue;
        }
        let mut dice = ground.dice(Role::Counter, "answer", section as u32, index as u32);
        let count = 2 + dice.below(3);
        if !dice.chance(chance) {
            continue;
        }
        let first = index.saturating_sub(count - 1);
        let Some(echo) = melody.get(first..=index) else { continue };
        let base = libm::ceil(rest_from * 2.0) / 2.0;
        let origin = echo.first().map_or(note.beat, |n| n.beat);
        let mut last: Option<i32> = None;
        for heard in echo {
            let beat = base + (heard.beat - origin);
            if beat > rest_to - 0.4 || beat >= stretch.1 - 0.25 {
                break;
            }
            let Some(span) = ground.chord(beat + 1e-6) else { break };
            let toward = last.map_or(i32::from(heard.pitch), |l| l + (dice.below(5) as i32 - 2));
            let pitch = nearest_of(&span.chord.pitch_classes(), toward, range);
            last = Some(i32::from(pitch));
            let beats = heard.beats.min(1.0).min(rest_to - beat);
            if notes.last().is_none_or(|n: &GridNote| n.beat < beat - 1e-6) {
                notes.push(GridNote { beat, beats, pitch, accent: 0.68 });
            }
        }
    }
}
