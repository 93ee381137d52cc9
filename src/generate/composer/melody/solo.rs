//! Improvised solos: lines that run from chord tone to chord tone, with passing notes, approaches by semitone and
//! enclosures between, in phrases with room to breathe.

use super::super::genre::style::felt_beats;
use super::super::ground::{Ground, nearest_of, palette, pentatonic};
use super::super::sketch::{GridNote, Role};

/// Improvises over a section.
pub(super) fn improvise(
    ground: &Ground<'_>,
    section_index: usize,
    range: [u8; 2],
) -> Vec<GridNote> {
    let Some(section) = ground.plan.sections.get(section_index) else { return Vec::new() };
    let style = ground.lead();
    let bar_beats = ground.bar_beats();
    let start = f64::from(section.start_bar) * bar_beats;
    let total = f64::from(section.bars) * bar_beats;
    let felt = felt_beats(ground.plan.metre);
    let low = i32::from(range[0]);
    let high = i32::from(range[1]);
    let mut line = (low * 3 + high * 2) / 5;
    let mut direction = 1;
    let mut notes: Vec<GridNote> = Vec::new();
    let mut bar = 0;
    while bar < section.bars {
        let mut dice = ground.dice(Role::Lead, "solo", section_index as u32, bar);
        // A phrase of two to four bars that starts and ends where it likes.
        let bars = (2 + dice.below(3) as u32).min(section.bars - bar);
        let from = f64::from(bar) * bar_beats + if dice.chance(0.55) { 0.5 } else { 0.0 };
        let until = f64::from(bar + bars) * bar_beats - dice.between(1.0, 2.6);
        let heat =
            section.energy_at(bar) * 0.35 + style.flow * 0.65 + ground.plan.mood.arousal * 0.1;
        let mut beat = from;
        while beat < until.min(total - 0.5) {
            let slot = libm::round(beat * 2.0) as i64;
            let on_beat = slot % 2 == 0;
            let in_bar = beat.rem_euclid(bar_beats);
            let strong = felt.iter().step_by(2).any(|f| (f - in_bar).abs() < 1e-6) || in_bar < 1e-6;
            let Some(span) = ground.chord(start + beat + 1e-6) else { break };
            let chord = span.chord.pitch_classes();
            let mut scale = palette(span.key, span);
            if style.pentatonic {
                let five = pentatonic(span.key);
                scale.retain(|class| five.contains(class) || chord.contains(class));
            }
            if dice.chance(0.16) || line >= high - 2 || line <= low + 2 {
                direction =
                    if line >= high - 3 || (line > low + 3 && direction > 0) { -1 } else { 1 };
            }
            let stride = 1 + dice.below(3) as i32;
            let toward = (line + direction * stride).clamp(low, high);
            let (approach, rest, hold) = (dice.unit(), dice.unit(), dice.unit());
            let mut pitch = if strong || on_beat && approach < 0.45 {
                // Thirds and sevenths say what the chord is.
                let guides = chord.iter().skip(1).step_by(2).copied().collect::<Vec<_>>();
                let classes = if dice.chance(0.5) && !guides.is_empty() { &guides } else { &chord };
                nearest_of(classes, toward, range)
            } else {
                nearest_of(&scale, toward, range)
            };
            if i32::from(pitch) == line {
                let other = if strong { &chord } else { &scale };
                pitch = nearest_of(other, line + direction * 3, range);
            }
            // A note off the beat may lean by a semitone on the chord tone that follows.
            let leans = !on_beat && approach < style.chromatic;
            if leans && let Some(next) = ground.chord(start + beat + 0.5 + 1e-6) {
                let target = nearest_of(&next.chord.pitch_classes(), toward + direction, range);
                let lean = i32::from(target) - direction;
                pitch = lean.clamp(low, high) as u8;
                line = lean;
                notes.push(GridNote { beat: start + beat, beats: 0.5, pitch, accent: 0.7 });
                notes.push(GridNote {
                    beat: start + beat + 0.5,
                    beats: 0.5,
                    pitch: target,
                    accent: 0.84,
                });
                line = if (i32::from(target) - line).abs() < 12 { i32::from(target) } else { line };
                beat += 1.0;
                continue;
            }
            // Between phrases of eighths stand longer notes; the hotter the solo, the fewer.
            let length = match hold {
                h if h < 0.16 * (1.3 - heat) && on_beat => 1.5,
                h if h < 0.42 * (1.3 - heat) => 1.0,
                _ => 0.5,
            };
            let accent = if strong {
                0.86
            } else if on_beat {
                0.74
            } else {
                0.8
            };
            if rest > 0.14 * (1.4 - heat) || strong {
                notes.push(GridNote { beat: start + beat, beats: length, pitch, accent });
                line = i32::from(pitch);
            }
            // Now and then a triplet turn.
            if length <= 0.5 && on_beat && heat > 0.5 && hold > 0.95 && style.chromatic > 0.0 {
                for (place, step) in [(1.0 / 3.0, direction), (2.0 / 3.0, 2 * direction)] {
                    let turn = nearest_of(&scale, line + step * 2, range);
                    notes.push(GridNote {
                        beat: start + beat + place,
                        beats: 1.0 / 3.0,
                        pitch: turn,
                        accent: 0.7,
                    });
                }
                beat += 1.0;
                continue;
            }
            beat += length;
        }
        bar += bars;
    }
    notes.retain(|note| note.beat + 0.1 < start + total);
    for note in &mut notes {
        note.beats = note.beats.min(start + total - note.beat);
    }
    notes
}
