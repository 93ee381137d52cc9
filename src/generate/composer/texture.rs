//! Noise beds that lie under whole stretches, and the risers, impacts and reversed cymbals that lead into sections.

use super::ground::Ground;
use super::pads::stretches;
use super::sketch::{GridNote, Line, Role, SectionKind};

/// Pitches that name the sounds of the effects player.
pub const RISER: u8 = 60;
/// See [`RISER`].
pub const IMPACT: u8 = 36;
/// See [`RISER`].
pub const REVERSE: u8 = 72;

/// Writes the bed: one note for every unbroken stretch, since a bed has no strokes.
pub fn write(ground: &Ground<'_>) -> Line {
    let mut notes: Vec<GridNote> = Vec::new();
    for (start, end, energy) in stretches(ground, Role::Texture) {
        match notes.last_mut() {
            Some(last) if (last.beat + last.beats - start).abs() < 1e-6 => {
                last.beats = end - last.beat
            }
            _ => notes.push(GridNote {
                beat: start,
                beats: end - start,
                pitch: ground.plan.key.tonic + 48,
                accent: (0.7 + 0.1 * energy) as f32,
            }),
        }
    }
    Line { role: Role::Texture, notes }
}

/// Writes the effects: what leads into sections that are much stronger than what came before.
pub fn write_fx(ground: &Ground<'_>) -> Line {
    let style = &ground.style().arrange;
    let mut notes = Vec::new();
    for (index, section) in ground.plan.sections.iter().enumerate().skip(1) {
        let rise = section.energy.0 - ground.energy_before(index);
        let entry = f64::from(section.start_bar) * ground.bar_beats();
        let before = ground.plan.sections.get(index - 1);
        let has_fx = before.is_some_and(|s| s.roles.contains(&Role::Fx))
            || section.roles.contains(&Role::Fx);
        if rise < 0.15 || !has_fx {
            continue;
        }
        let room = before.map_or(0.0, |s| f64::from(s.bars) * ground.bar_beats());
        let mut put = |beat: f64, beats: f64, pitch: u8, accent: f64| {
            notes.push(GridNote { beat, beats, pitch, accent: accent as f32 });
        };
        let strength = (0.6 + 0.5 * rise).min(1.0);
        if style.riser > 0.0 {
            let beats = style.riser.min(room);
            put(entry - beats, beats, RISER, strength);
        }
        if style.reverse {
            let beats = 4.0_f64.min(room);
            put(entry - beats, beats, REVERSE, strength * 0.9);
        }
        if style.impact && matches!(section.kind, SectionKind::Drop | SectionKind::Chorus) {
            put(entry, 4.0_f64.min(f64::from(section.bars) * ground.bar_beats()), IMPACT, strength);
        }
    }
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    Line { role: Role::Fx, notes }
}
