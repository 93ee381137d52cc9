//! Held chords. Tones that two chords share are held through; in fields the voices enter one after another and ring into
//! the next chord.

use super::ground::{Ground, nearest};
use super::sketch::{GridNote, Line, Role};
use super::voicings::lead_voices;

/// Writes the pad.
pub fn write(ground: &Ground<'_>, lead: &[GridNote]) -> Line {
    let style = &ground.style().pad;
    let range = ground.range(Role::Pad, style.range);
    let voiced = lead_voices(ground, range, style.into(), lead);
    let mut notes: Vec<GridNote> = Vec::new();
    let stretches = stretches(ground, Role::Pad);
    // Notes that still sound, by position in `notes`.
    let mut held: Vec<usize> = Vec::new();
    for (place, &(start, end, energy)) in stretches.iter().enumerate() {
        if energy < style.from_energy {
            continue;
        }
        // Fields melt into each other; elsewhere every section is struck anew.
        let melts = |at: f64, other: Option<f64>| {
            style.overlap > 0.0 && other.is_some_and(|o| (o - at).abs() < 1e-6)
        };
        let before = place.checked_sub(1).and_then(|i| stretches.get(i)).map(|s| s.1);
        let after = stretches.get(place + 1).map(|s| s.0);
        if !melts(start, before) {
            held.clear();
        }
        let last_ring = if melts(end, after) { end + style.overlap } else { end };
        for (index, chord) in voiced.iter().enumerate() {
            let (from, to) = (chord.beat.max(start), (chord.beat + chord.beats).min(end));
            if to - from < 1e-6 {
                continue;
            }
            let mut pitches = chord.notes.clone();
            if style.root_below
                && let Some(span) = ground.chord(from + 1e-6)
            {
                pitches.insert(0, nearest(span.chord.bass_class(), 43, [36, 50]));
            }
            let mut dice = ground.dice(Role::Pad, "enter", 0, index as u32);
            let mut now = Vec::new();
            for (voice, pitch) in pitches.into_iter().enumerate() {
                let same =
                    held.iter().copied().find(|&i| notes.get(i).is_some_and(|n| n.pitch == pitch));
                let ring = (to + style.overlap).min(last_ring.max(to));
                if let Some(note) = same.and_then(|i| notes.get_mut(i)) {
                    note.beats = ring - note.beat;
                    now.extend(same);
                    continue;
                }
                let wait = if style.stagger > 0.0 {
                    (voice as f64 * style.stagger * dice.between(0.4, 1.0)).min((to - from) * 0.6)
                } else {
                    0.0
                };
                // Entries stay on the grid of eighths, so that a score can be read.
                let wait = libm::round(wait * 2.0) / 2.0;
                now.push(notes.len());
                notes.push(GridNote {
                    beat: from + wait,
                    beats: ring - from - wait,
                    pitch,
                    accent: (0.62 + 0.25 * energy) as f32,
                });
            }
            held = now;
        }
    }
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.pitch.cmp(&b.pitch)));
    Line { role: Role::Pad, notes }
}

/// The sections of a role as stretches of beats, each with its mean energy. Every section is a stretch of its own, so that
/// its start is heard.
pub(super) fn stretches(ground: &Ground<'_>, role: Role) -> Vec<(f64, f64, f64)> {
    let bar_beats = ground.bar_beats();
    ground
        .plan
        .sections
        .iter()
        .filter(|section| section.roles.contains(&role))
        .map(|section| {
            let start = f64::from(section.start_bar) * bar_beats;
            let energy = (section.energy.0 + section.energy.1) / 2.0;
            (start, start + f64::from(section.bars) * bar_beats, energy)
        })
        .collect()
}
