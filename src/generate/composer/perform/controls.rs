//! Movements of params over time: filters that open through intros and builds, bends into long notes, late vibrato.

use super::super::ground::Ground;
use super::super::mix;
use super::super::sketch::{Role, SectionKind};
use crate::music::score::{Control, Note};

/// Id of the filter that is swept for a role.
pub(in super::super) fn sweep_node(role: Role) -> String {
    format!("{}.filter", role.id())
}

/// Frequency of an open filter in Hz.
pub(in super::super) const OPEN_HZ: f64 = 18_000.0;

/// The movements of a role, ascending by beat.
pub(super) fn controls(
    ground: &Ground<'_>,
    role: Role,
    notes: &[Note],
    has: &dyn Fn(Role, &str) -> bool,
) -> Vec<Control> {
    let mut out = Vec::new();
    if ground.style().arrange.sweep.iter().any(|id| id == role.id()) {
        sweep(ground, role, &mut out);
    }
    if role == Role::Lead {
        expression(ground, notes, has, &mut out);
    }
    if role == Role::Pad && has(role, "tone") {
        swell(ground, &mut out);
    }
    if !matches!(role, Role::Texture | Role::Fx) {
        ride(ground, role, &mut out);
    }
    out.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    out
}

/// Rides the role's fader with the energy of the piece: at its level in the strongest bar, lower elsewhere. Within a section
/// that rises or falls it moves beat by beat.
fn ride(ground: &Ground<'_>, role: Role, out: &mut Vec<Control>) {
    let depth = ground.style().arrange.ride_db;
    let sections = &ground.plan.sections;
    let top = sections.iter().map(|s| s.energy.0.max(s.energy.1)).fold(0.0, f64::max);
    if depth <= 0.0 || sections.len() < 2 {
        return;
    }
    let level = mix::level(ground.plan, role.id());
    let node = format!("{}.strip", role.id());
    let mut last = f64::NAN;
    for bar in ground.bars().filter(|bar| bar.section.roles.contains(&role)) {
        let next = bar.section.energy_at(bar.within + 1);
        let beats = ground.bar_beats() as u32;
        for beat in 0..beats.max(1) {
            let along = f64::from(beat) / f64::from(beats.max(1));
            let energy = bar.energy + (next - bar.energy) * along;
            let value = level + depth * (energy - top);
            if (value - last).abs() < 0.05 {
                continue;
            }
            last = value;
            out.push(Control {
                beat: bar.beat + f64::from(beat),
                node: node.clone(),
                param: "gain_db".to_owned(),
                value: value as f32,
            });
        }
    }
}

/// Opens the filter through intros and builds, and closes it through outros, by octaves.
fn sweep(ground: &Ground<'_>, role: Role, out: &mut Vec<Control>) {
    let node = sweep_node(role);
    let bar_beats = ground.bar_beats();
    let closed = 420.0 * libm::exp2(ground.plan.mood.brightness * 0.5);
    let set = |beat: f64, value: f64| Control {
        beat,
        node: node.clone(),
        param: "cutoff".to_owned(),
        value: value as f32,
    };
    let mut moved = false;
    for section in ground.plan.sections.iter().filter(|s| s.roles.contains(&role)) {
        let start = f64::from(section.start_bar) * bar_beats;
        let beats = f64::from(section.bars) * bar_beats;
        let (from, to) = match section.kind {
            SectionKind::Intro | SectionKind::Build => (closed, OPEN_HZ),
            SectionKind::Outro if !ground.plan.looped => (OPEN_HZ, closed * 2.0),
            _ => {
                if moved || section.start_bar == 0 {
                    out.push(set(start, OPEN_HZ));
                }
                continue;
            }
        };
        moved = true;
        let steps = (beats * 4.0) as u32;
        let octaves = libm::log2(to / from);
        out.extend((0..steps).map(|step| {
            let along = f64::from(step) / f64::from(steps.max(1));
            set(start + along * beats, from * libm::exp2(octaves * along))
        }));
    }
}

/// Bends into accented long notes, and vibrato that comes late.
fn expression(
    ground: &Ground<'_>,
    notes: &[Note],
    has: &dyn Fn(Role, &str) -> bool,
    out: &mut Vec<Control>,
) {
    let depth = ground.lead().expression;
    let bends = ground.plan.voice(Role::Lead).is_some_and(|v| {
        matches!(
            v.node.as_str(),
            "lead.guitar" | "lead.synth" | "lead.soft" | "lead.sax" | "lead.trumpet"
        )
    });
    let node = Role::Lead.id();
    let vibrato = has(Role::Lead, "vibrato");
    for (index, note) in notes.iter().enumerate() {
        let mut dice = ground.dice(Role::Lead, "expression", 0, index as u32);
        let (scoop, amount) = (dice.unit(), dice.between(0.4, 1.0));
        if bends && note.beats >= 0.7 && scoop < depth * 0.6 {
            let reach = -(0.3 + depth * 1.4) * amount;
            let time = (note.beats * 0.3).min(0.2);
            out.extend((0..=8).map(|step| {
                let along = f64::from(step) / 8.0;
                Control {
                    beat: note.beat + along * time,
                    node: node.to_owned(),
                    param: "bend".to_owned(),
                    value: (reach * (1.0 - along) * (1.0 - along)) as f32,
                }
            }));
        }
        if vibrato && note.beats >= 1.0 {
            let set = |beat: f64, value: f64| Control {
                beat,
                node: node.to_owned(),
                param: "vibrato".to_owned(),
                value: value as f32,
            };
            out.push(set(note.beat, 0.0));
            out.push(set(note.beat + note.beats * 0.4, depth * 0.4));
            out.push(set(note.beat + note.beats * 0.7, depth * 0.8));
        }
    }
}

/// The pad's brightness follows the energy of the piece, a bar at a time.
fn swell(ground: &Ground<'_>, out: &mut Vec<Control>) {
    let base =
        ground.style().mix.tone.get("pad").and_then(|t| t.get("tone")).copied().unwrap_or(0.5);
    for bar in ground.bars_of(Role::Pad) {
        let value = base + (bar.energy - 0.5) * 0.3 + ground.plan.mood.brightness * 0.2;
        out.push(Control {
            beat: bar.beat,
            node: Role::Pad.id().to_owned(),
            param: "tone".to_owned(),
            value: value.clamp(0.0, 1.0) as f32,
        });
    }
}
