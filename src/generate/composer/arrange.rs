//! What turns parts into an arrangement: staggered entries, drop-outs before big sections, registers that keep apart, a
//! budget of density, and endings. Works on whole lines and never moves a note in time.

use super::genre::style::Ending;
use super::ground::Ground;
use super::sketch::{GridNote, Line, Role, SectionKind};

/// Arranges the lines in place. Lines that end up empty are dropped.
pub fn arrange(ground: &Ground<'_>, lines: &mut Vec<Line>) {
    stagger(ground, lines);
    drop_out(ground, lines);
    leave_to_the_drummer(ground, lines);
    keep_apart(lines);
    if ground.plan.looped {
        close_loop(ground, lines);
    } else {
        end(ground, lines);
    }
    lines.retain(|line| !line.notes.is_empty());
}

/// Roles of the first section enter one after another.
fn stagger(ground: &Ground<'_>, lines: &mut [Line]) {
    let every = ground.style().arrange.stagger;
    let Some(first) = ground.plan.sections.first() else { return };
    if every == 0 || ground.plan.looped || first.kind != SectionKind::Intro || first.bars <= every {
        return;
    }
    let order = first.roles.iter().filter(|role| **role != Role::Texture && **role != Role::Fx);
    for (place, role) in order.enumerate() {
        let bar = (place as u32 * every).min(first.bars - every);
        let from = f64::from(bar) * ground.bar_beats();
        for line in lines.iter_mut().filter(|line| line.role == *role) {
            line.notes.retain(|note| note.beat >= from - 1e-6);
        }
    }
}

/// Drums, percussion and bass fall silent for the last beats before a section that is much stronger.
fn drop_out(ground: &Ground<'_>, lines: &mut [Line]) {
    let style = &ground.style().arrange;
    if style.drop_out <= 0.0 {
        return;
    }
    for (index, section) in ground.plan.sections.iter().enumerate().skip(1) {
        let rise = section.energy.0 - ground.energy_before(index);
        let mut dice = ground.dice(Role::Drums, "drop-out", index as u32, 0);
        if !dice.chance(style.drop_out_chance) || rise < 0.15 {
            continue;
        }
        let entry = f64::from(section.start_bar) * ground.bar_beats();
        let from = entry - style.drop_out;
        for line in lines.iter_mut() {
            if matches!(line.role, Role::Drums | Role::Percussion | Role::Bass) {
                line.notes.retain(|n| n.beat < from - 1e-6 || n.beat >= entry - 1e-6);
                line.notes
                    .iter_mut()
                    .filter(|n| n.beat < from)
                    .for_each(|n| n.beats = n.beats.min(from - n.beat));
            }
        }
    }
}

/// While the drummer answers the soloist, everybody else strikes the first beat and stops.
fn leave_to_the_drummer(ground: &Ground<'_>, lines: &mut [Line]) {
    for (from, to) in trades(ground) {
        for line in lines.iter_mut() {
            if matches!(line.role, Role::Drums | Role::Texture | Role::Fx) {
                continue;
            }
            let accompanies = line.role != Role::Lead;
            line.notes.retain(|n| {
                n.beat < from - 1e-6 || n.beat >= to - 1e-6 || accompanies && n.beat < from + 0.4
            });
            for note in line.notes.iter_mut().filter(|n| n.beat < to) {
                let until = if note.beat < from - 1e-6 { from } else { from + 0.5 };
                if note.beat + note.beats > from {
                    note.beats = note.beats.min((until - note.beat).max(0.1));
                }
            }
        }
    }
}

/// The stretches in beats that belong to the drummer: every second four (or what the style says) of the last two solo
/// sections, where a whole chorus of solos came before.
pub(super) fn trades(ground: &Ground<'_>) -> Vec<(f64, f64)> {
    let bars = ground.style().arrange.trade;
    let solos = ground.plan.sections.iter().filter(|s| s.kind == SectionKind::Solo);
    let solos = solos.collect::<Vec<_>>();
    let heard = |role: Role| ground.plan.voice(role).is_some();
    if bars == 0 || solos.len() < 4 || !heard(Role::Drums) || !heard(Role::Lead) {
        return Vec::new();
    }
    let beats = f64::from(bars) * ground.bar_beats();
    let last = solos.iter().skip(solos.len() - 2).filter(|s| s.roles.contains(&Role::Drums));
    last.flat_map(|section| {
        let start = f64::from(section.start_bar) * ground.bar_beats();
        let turns = section.bars / bars;
        (0..turns).filter(|turn| turn % 2 == 1).map(move |turn| {
            let from = start + f64::from(turn) * beats;
            (from, from + beats)
        })
    })
    .collect()
}

/// Chords make way above for a melody that lies among them: their notes within a semitone of it, or above it while it
/// sounds, go down an octave where that leaves a chord.
fn keep_apart(lines: &mut [Line]) {
    let Some(lead) = lines.iter().find(|l| l.role == Role::Lead).map(|l| l.notes.clone()) else {
        return;
    };
    for line in lines.iter_mut() {
        if !matches!(line.role, Role::Comp | Role::Comp2) {
            continue;
        }
        for note in &mut line.notes {
            let clash = lead.iter().any(|sung| {
                let together = sung.beat < note.beat + note.beats - 1e-6
                    && note.beat < sung.beat + sung.beats - 1e-6;
                together && sung.pitch.abs_diff(note.pitch) == 1 && sung.beats >= 0.5
            });
            if clash && note.pitch >= 60 {
                note.pitch -= 12;
            }
        }
        // Two voices that have met are one.
        line.notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.pitch.cmp(&b.pitch)));
        line.notes.dedup_by(|a, b| a.pitch == b.pitch && (a.beat - b.beat).abs() < 1e-6);
    }
}

/// Nothing of a loop is held over its end; what rings there is the sound itself, which the renderer wraps.
fn close_loop(ground: &Ground<'_>, lines: &mut [Line]) {
    let end = ground.plan.beats();
    for note in lines.iter_mut().flat_map(|line| &mut line.notes) {
        note.beats = note.beats.min(end - note.beat);
    }
    for line in lines.iter_mut() {
        line.notes.retain(|note| note.beats > 1e-3);
    }
}

/// The last bar. The final chord is struck on its downbeat and rings; the drums mark it.
fn end(ground: &Ground<'_>, lines: &mut [Line]) {
    let bar_beats = ground.bar_beats();
    let total = ground.plan.beats();
    let last_bar = total - bar_beats;
    if ground.plan.bars() < 2 {
        return;
    }
    let Some(span) = ground.chord(last_bar + 1e-6) else { return };
    let held = match ground.style().arrange.ending {
        Ending::Ring | Ending::Thin => bar_beats,
        Ending::Stop => 1.0,
    };
    let thin = ground.style().arrange.ending == Ending::Thin;
    // The chord that stands when the last bar begins is the last one heard.
    for line in lines.iter_mut() {
        let plays = ground.plan.sections.last().is_some_and(|s| s.roles.contains(&line.role));
        if !plays {
            continue;
        }
        match line.role {
            Role::Texture | Role::Fx => {}
            Role::Drums | Role::Percussion => {
                line.notes.retain(|n| n.beat < last_bar - 1e-6);
                if line.role == Role::Drums && !line.notes.is_empty() && !thin {
                    let crash = if ground.style().drums.crash { 49 } else { 51 };
                    for (pitch, accent) in [(36, 0.9), (crash, 0.75)] {
                        let beats = if pitch == 36 { 0.25 } else { bar_beats };
                        line.notes.push(GridNote { beat: last_bar, beats, pitch, accent });
                    }
                }
            }
            Role::Pad => {
                // Nobody enters in the last bar; who is there rings out.
                let before = line.notes.iter().any(|n| n.beat < last_bar - 1e-6);
                line.notes.retain(|n| n.beat < last_bar + 1e-6 || !before);
                for note in &mut line.notes {
                    note.beats = note.beats.min(total - note.beat);
                }
            }
            _ => {
                let had = line.notes.iter().any(|n| n.beat >= last_bar - bar_beats);
                let opening = line
                    .notes
                    .iter()
                    .filter(|n| (n.beat - last_bar).abs() < 0.51 && n.beat >= last_bar - 1e-6)
                    .copied()
                    .collect::<Vec<_>>();
                let before = line
                    .notes
                    .iter()
                    .rposition(|n| n.beat < last_bar - 1e-6)
                    .and_then(|i| line.notes.get(i).copied());
                line.notes.retain(|n| n.beat < last_bar - 1e-6);
                for note in &mut line.notes {
                    note.beats = note.beats.min(last_bar - note.beat);
                }
                if !had || line.role == Role::Arp {
                    continue;
                }
                let fitting = opening.iter().filter(|n| span.chord.contains(n.pitch % 12));
                let first = opening.first().map_or(last_bar, |n| n.beat);
                let mut chord = fitting
                    .filter(|n| (n.beat - first).abs() < 1e-6)
                    .map(|n| GridNote { beat: last_bar, beats: held, accent: 0.8, ..*n })
                    .collect::<Vec<_>>();
                if chord.is_empty()
                    && let Some(note) = before
                {
                    let class = if line.role == Role::Bass {
                        span.chord.bass_class()
                    } else {
                        span.chord.root
                    };
                    let near = i32::from(note.pitch);
                    let pitch = super::ground::nearest(
                        class,
                        near,
                        [note.pitch.saturating_sub(7), note.pitch.saturating_add(7)],
                    );
                    chord.push(GridNote { beat: last_bar, beats: held, pitch, accent: 0.8 });
                }
                line.notes.extend(chord);
            }
        }
    }
}
