//! From the grid to a performance: swing, the roles' places in time, drift, dynamics, strums, lengths, and the movements of
//! filters and bends. Milliseconds become beats through the tempo map, so a player is as late at 60 BPM as at 160.

mod controls;

use super::chance::Drift;
use super::genre::style::{Feel, felt_beats, strip_of};
use super::ground::Ground;
use super::instruments::instrument;
use super::sketch::{GridNote, Line, Role, Swing};
use super::texture::{IMPACT, REVERSE};
use crate::music::score::{Note, Part};

pub(super) use controls::sweep_node;

/// Performs all lines. Parts come in the order of roles; the effects player becomes one part for each of its sounds.
/// `has` says whether a node of the graph has a param.
pub fn perform(ground: &Ground<'_>, lines: &[Line], has: &dyn Fn(Role, &str) -> bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for role in Role::ALL {
        let Some(line) = lines.iter().find(|line| line.role == role) else { continue };
        let Some(voice) = ground.plan.voice(role) else { continue };
        let drums = instrument(&voice.instrument).is_some_and(|known| known.drums);
        if role == Role::Fx {
            for (id, name, wanted) in FX_SOUNDS {
                let notes =
                    line.notes.iter().filter(|n| sound_of(n.pitch) == wanted).copied().collect();
                let line = Line { role, notes };
                let notes = notes_of(ground, &line, false);
                if !notes.is_empty() {
                    let (id, name) = (id.to_owned(), name.to_owned());
                    parts.push(Part {
                        id,
                        name,
                        drums,
                        program: voice.program,
                        notes,
                        controls: Vec::new(),
                    });
                }
            }
            continue;
        }
        let notes = notes_of(ground, line, drums);
        if notes.is_empty() {
            continue;
        }
        let controls = controls::controls(ground, role, &notes, has);
        parts.push(Part {
            id: role.id().to_owned(),
            name: voice.name.clone(),
            drums,
            program: voice.program,
            notes,
            controls,
        });
    }
    parts
}

/// Parts of the effects player: id, name, and which sound.
pub const FX_SOUNDS: [(&str, &str, &str); 3] = [
    ("fx", "Riser", "fx.riser"),
    ("fx.impact", "Impact", "fx.impact"),
    ("fx.reverse", "Reversed cymbal", "fx.reverse"),
];

fn sound_of(pitch: u8) -> &'static str {
    match pitch {
        IMPACT => "fx.impact",
        REVERSE => "fx.reverse",
        _ => "fx.riser",
    }
}

/// How a role (and a strip of its kit) lies in time where its genre says nothing.
fn usual_feel(key: &str) -> Feel {
    let (late_ms, on_beat_ms, jitter_ms, touch, spread_ms) = match key {
        "drums.kick" => (0.0, 0.0, 1.5, 3.0, 0.0),
        "drums.snare" => (2.0, 0.0, 2.0, 3.0, 0.0),
        "drums.hats" | "drums.perc" | "drums" | "percussion" => (0.0, 0.0, 2.5, 4.0, 0.0),
        "bass" => (3.0, 0.0, 3.0, 4.0, 0.0),
        "comp" | "comp2" => (4.0, 0.0, 4.0, 4.0, 6.0),
        "lead" | "counter" => (0.0, 8.0, 5.0, 5.0, 0.0),
        "pad" => (-12.0, 0.0, 4.0, 2.0, 0.0),
        "arp" => (0.0, 0.0, 2.0, 4.0, 0.0),
        _ => (0.0, 0.0, 0.0, 0.0, 0.0),
    };
    Feel { late_ms, on_beat_ms, jitter_ms, touch, spread_ms, strum: false, swing: 1.0 }
}

/// The feel of a note of a role.
fn feel_of(ground: &Ground<'_>, role: Role, drums: bool, pitch: u8) -> Feel {
    let table = &ground.style().feel;
    if drums && role == Role::Drums {
        let key = format!("drums.{}", strip_of(pitch));
        return table.get(&key).copied().unwrap_or_else(|| usual_feel(&key));
    }
    table.get(role.id()).copied().unwrap_or_else(|| usual_feel(role.id()))
}

/// Where a straight beat comes when it swings. Within a pair of subdivisions time is stretched before the middle and
/// pressed after it; triplets, which swing by themselves, stay.
pub fn swung(beat: f64, swing: Swing, share: f64) -> f64 {
    let pair = swing.unit * 2.0;
    let ratio = 0.5 + (swing.ratio - 0.5) * share;
    let start = libm::floor(beat / pair + 1e-9) * pair;
    let place = (beat - start) / pair;
    let sixth = place * 6.0;
    let is_triplet = (sixth - libm::round(sixth)).abs() < 1e-3 && (place - 0.5).abs() > 1e-3;
    if ratio <= 0.5 || place < 1e-9 || is_triplet {
        return beat;
    }
    let moved = if place <= 0.5 {
        place * 2.0 * ratio
    } else {
        ratio + (place - 0.5) * 2.0 * (1.0 - ratio)
    };
    start + moved * pair
}

fn articulation(ground: &Ground<'_>, role: Role) -> f64 {
    let style = ground.style();
    match role {
        Role::Bass => style.bass.articulation,
        Role::Comp => style.comp.articulation,
        Role::Comp2 => style.comp2.articulation,
        Role::Lead => ground.lead().articulation,
        Role::Counter => 0.95,
        _ => 1.0,
    }
}

fn notes_of(ground: &Ground<'_>, line: &Line, drums: bool) -> Vec<Note> {
    let role = line.role;
    let plan = ground.plan;
    let total = plan.beats();
    let felt = felt_beats(plan.metre);
    let bar_beats = ground.bar_beats();
    let articulation = articulation(ground, role);
    let mut time = Drift::new(ground.dice(role, "time", 0, 0));
    let mut touch = Drift::new(ground.dice(role, "touch", 0, 0));
    let bed = matches!(role, Role::Texture | Role::Fx);
    let mut out = Vec::with_capacity(line.notes.len());
    let mut index = 0;
    while let Some(first) = line.notes.get(index) {
        // Notes of one onset are played by one gesture, with one deviation.
        let count = line
            .notes
            .iter()
            .skip(index)
            .take_while(|n| (n.beat - first.beat).abs() < 1e-6)
            .count();
        let chord = line.notes.get(index..index + count).unwrap_or(&[]);
        index += count;
        let (drift, weight) = (time.step(), touch.step());
        let bpm = plan.tempo.bpm_at(first.beat).get();
        let beats_of = |ms: f64| ms * bpm / 60_000.0;
        let in_bar = first.beat.rem_euclid(bar_beats);
        let on_beat = felt.iter().any(|f| (f - in_bar).abs() < 1e-6);
        let up_stroke = libm::round(first.beat * 4.0) as i64 % 4 == 2;
        for (place, note) in chord.iter().enumerate() {
            let feel = feel_of(ground, role, drums, note.pitch);
            let order = if feel.strum && up_stroke { count - 1 - place } else { place };
            let gap = if feel.strum && up_stroke { feel.spread_ms * 0.6 } else { feel.spread_ms };
            let late = feel.late_ms
                + if on_beat { feel.on_beat_ms } else { 0.0 }
                + feel.jitter_ms * drift
                + if count > 1 && !drums { gap * order as f64 } else { 0.0 };
            let straight = swung(note.beat, plan.swing, feel.swing);
            let beat = if bed { straight } else { straight + beats_of(late) }.max(0.0);
            let end = swung(note.beat + note.beats, plan.swing, feel.swing);
            let written = (end - straight).max(0.02);
            let held = if drums || bed { written } else { length(written, articulation) };
            let last_start = total - 0.02;
            let beat = beat.min(last_start);
            let mut beats = held.max(0.03);
            if beat + beats > total && (plan.looped || bed) {
                beats = total - beat;
            }
            let velocity = velocity(ground, note, in_bar, on_beat, feel.touch * weight, bed);
            out.push(Note { beat, beats, pitch: note.pitch, velocity });
        }
    }
    out.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.pitch.cmp(&b.pitch)));
    out
}

/// Long notes lose little of their length, short ones the share that the articulation says.
fn length(written: f64, articulation: f64) -> f64 {
    let lost = written * (1.0 - articulation);
    written - lost.min(0.35)
}

/// Metric weight, the arch of a four-bar phrase, the section's energy, and the drift of the hand.
fn velocity(
    ground: &Ground<'_>,
    note: &GridNote,
    in_bar: f64,
    on_beat: bool,
    drift: f64,
    bed: bool,
) -> f32 {
    let accent = f64::from(note.accent);
    if bed {
        return accent.clamp(0.05, 1.0) as f32;
    }
    let bar_beats = ground.bar_beats();
    let phrase = bar_beats * 4.0;
    let along = note.beat.rem_euclid(phrase) / phrase;
    let arch = (4.0 * along * (1.0 - along) - 0.66) * 8.0 / 127.0;
    let metric = if in_bar < 1e-6 {
        0.025
    } else if on_beat {
        0.008
    } else {
        -0.02
    };
    let section = ground
        .plan
        .sections
        .iter()
        .rev()
        .find(|s| f64::from(s.start_bar) * bar_beats <= note.beat + 1e-6);
    let energy = section.map_or(0.5, |s| {
        s.energy_at(
            (note.beat / bar_beats) as u32 - s.start_bar.min((note.beat / bar_beats) as u32),
        )
    });
    let level = 0.84 + 0.26 * energy + ground.plan.mood.arousal * 0.05;
    (accent * level + arch + metric + drift / 127.0).clamp(0.06, 1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swing_moves_the_off_beat_and_leaves_beats_and_triplets() {
        let swing = Swing { unit: 0.5, ratio: 2.0 / 3.0 };
        assert_eq!(swung(1.0, swing, 1.0), 1.0);
        assert!((swung(1.5, swing, 1.0) - (1.0 + 2.0 / 3.0)).abs() < 1e-9);
        assert!((swung(1.0 + 1.0 / 3.0, swing, 1.0) - (1.0 + 1.0 / 3.0)).abs() < 1e-9);
        assert!(swung(1.25, swing, 1.0) < swung(1.5, swing, 1.0));
        assert_eq!(swung(1.5, swing, 0.0), 1.5);
        let sixteenths = Swing { unit: 0.25, ratio: 0.6 };
        assert!((swung(0.25, sixteenths, 1.0) - 0.3).abs() < 1e-9);
        assert_eq!(swung(0.5, sixteenths, 1.0), 0.5);
    }
}
