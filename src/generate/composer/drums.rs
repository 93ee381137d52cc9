//! The kit: a groove for each letter of the form, its variation, ghosts, fills into what comes, crashes on entries, and
//! rolls in builds. Percussion beside the kit is written here too.

mod fills;
mod hands;
mod trade;

use std::collections::BTreeMap;

use super::genre::style::{Drum, Grid, Groove};
use super::ground::{Bar, Ground, choose};
use super::sketch::{GridNote, Line, Role, SectionKind};

/// Writes the kit.
pub fn write(ground: &Ground<'_>) -> Line {
    let style = &ground.style().drums;
    let mut notes = Vec::new();
    for bar in ground.bars_of(Role::Drums) {
        let start = notes.len();
        let Some(groove) = groove_of(ground, &style.grooves, Role::Drums, &bar) else { continue };
        groove_bar(ground, groove, Role::Drums, &bar, &mut notes);
        if bar.section.kind == SectionKind::Build && style.build_roll {
            fills::roll(ground, &bar, &mut notes);
        } else {
            fills::apply(ground, &bar, &mut notes, start);
        }
        if style.comping > 0.0 {
            comp_with_the_left(ground, &bar, &mut notes);
        }
        fills::mark_entry(ground, &bar, &mut notes, start);
        if style.acoustic {
            let bar_notes = notes.split_off(start);
            notes.extend(hands::playable(bar_notes));
        }
    }
    trade::answer(ground, &mut notes);
    finish(Role::Drums, notes)
}

/// Writes the percussion.
pub fn write_percussion(ground: &Ground<'_>) -> Line {
    let mut notes = Vec::new();
    for bar in ground.bars_of(Role::Percussion) {
        let grooves = &ground.style().percussion;
        let Some(groove) = groove_of(ground, grooves, Role::Percussion, &bar) else { continue };
        groove_bar(ground, groove, Role::Percussion, &bar, &mut notes);
    }
    if let Some(voice) = ground.plan.voice(Role::Percussion) {
        cast(&voice.instrument, &mut notes);
    }
    finish(Role::Percussion, notes)
}

/// Leaves a player of one kind of percussion what is written for it. Where that is nothing, it takes over the sparsest row.
fn cast(instrument: &str, notes: &mut Vec<GridNote>) {
    let own: &[u8] = match instrument {
        "congas" => &[63, 64, 62],
        "bongos" => &[60, 61],
        "shaker" => &[82, 70, 69],
        "tambourine" => &[54],
        "cowbell" => &[56],
        _ => return,
    };
    if notes.iter().any(|n| own.contains(&n.pitch)) {
        notes.retain(|n| own.contains(&n.pitch));
        return;
    }
    let mut rows: BTreeMap<u8, usize> = BTreeMap::new();
    notes.iter().for_each(|n| *rows.entry(n.pitch).or_default() += 1);
    let Some(row) = rows.into_iter().min_by_key(|(_, count)| *count).map(|(pitch, _)| pitch) else {
        return;
    };
    notes.retain(|n| n.pitch == row);
    for (index, note) in notes.iter_mut().enumerate() {
        note.pitch = own.get(index % own.len()).copied().unwrap_or(row);
    }
}

/// Beats at which the kick is struck, for the bass to lock to.
pub fn kicks(line: &Line) -> Vec<f64> {
    line.notes.iter().filter(|n| n.pitch == Drum::Kick.note()).map(|n| n.beat).collect()
}

fn finish(role: Role, mut notes: Vec<GridNote>) -> Line {
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.pitch.cmp(&b.pitch)));
    // The same drum twice at once is one louder stroke, not two.
    notes.dedup_by(|next, kept| {
        let same = next.pitch == kept.pitch && (next.beat - kept.beat).abs() < 1e-6;
        if same {
            kept.accent = kept.accent.max(next.accent);
        }
        same
    });
    Line { role, notes }
}

/// The groove of a section: sections of one letter share it; in longer sections a rising energy may bring another.
fn groove_of<'s>(
    ground: &Ground<'_>,
    grooves: &'s [Groove],
    role: Role,
    bar: &Bar<'_>,
) -> Option<&'s Groove> {
    let mut dice = ground.dice(role, "groove", bar.section.letter as u32, 0);
    let energy = (bar.section.energy.0 + bar.section.energy.1) / 2.0;
    choose(grooves, |g| &g.on, bar.section.kind, energy, &mut dice)
}

fn groove_bar(
    ground: &Ground<'_>,
    groove: &Groove,
    role: Role,
    bar: &Bar<'_>,
    notes: &mut Vec<GridNote>,
) {
    let style = &ground.style().drums;
    let metre = ground.plan.metre;
    let varied = groove.b_every > 0 && bar.within % groove.b_every == groove.b_every - 1;
    let mut rows: BTreeMap<Drum, &Grid> =
        groove.a.iter().map(|(drum, grid)| (*drum, grid)).collect();
    if varied {
        rows.extend(groove.b.iter().map(|(drum, grid)| (*drum, grid)));
    }
    let on_ride = role == Role::Drums && bar.energy >= style.ride_from;
    let mut dice = ground.dice(role, "bar", bar.section_index as u32, bar.within);
    for (drum, grid) in rows {
        for hit in grid.hits(bar.within, metre) {
            // Every cell that may fail draws, whatever comes of it, so that the bar's other decisions stay put.
            let (plays, accent) = match hit.cell {
                b'X' => (true, 1.0),
                b'g' if matches!(drum, Drum::Snare | Drum::Rim) => {
                    (dice.chance(style.ghosts), 0.35)
                }
                b'g' => (true, 0.42),
                b'?' => (dice.chance(style.maybe), 0.72),
                _ => (true, 0.8),
            };
            if !plays {
                continue;
            }
            let mut drum = drum;
            if matches!(drum, Drum::Hat) && hit.cell == b'o' {
                drum = Drum::Open;
            }
            if on_ride && drum == Drum::Hat {
                drum = Drum::Ride;
            }
            let accent = accent * contour(&style.contour, drum, hit.beat);
            let note = |beat: f64, accent: f64| GridNote {
                beat: bar.beat + beat,
                beats: hit.beats.clamp(0.125, 1.0),
                pitch: drum.note(),
                accent: accent as f32,
            };
            if hit.cell == b'r' {
                let count = if dice.chance(0.5) { 3 } else { 2 };
                for i in 0..count {
                    let part = f64::from(i) / f64::from(count);
                    notes.push(note(hit.beat + hit.beats * part, accent * (0.7 + 0.3 * part)));
                }
            } else {
                notes.push(note(hit.beat, accent));
            }
        }
    }
    let opens = role == Role::Drums && bar.within % 2 == 1 && dice.chance(style.open) && !on_ride;
    if opens {
        open_last_hat(bar.beat, ground.bar_beats(), notes);
    }
}

/// The last off-beat hat of the bar is opened, where there is one.
fn open_last_hat(start: f64, bar_beats: f64, notes: &mut [GridNote]) {
    let at = start + bar_beats - 0.5;
    for note in notes.iter_mut().rev().take_while(|n| n.beat >= start) {
        if note.pitch == Drum::Hat.note() && (note.beat - at).abs() < 1e-6 {
            note.pitch = Drum::Open.note();
            note.accent = note.accent.max(0.7);
        }
    }
}

/// The accent of cymbals within a beat.
fn contour(table: &[f64], drum: Drum, beat: f64) -> f64 {
    if table.is_empty() || !matches!(drum, Drum::Hat | Drum::Ride | Drum::Shaker) {
        return 1.0;
    }
    let position = (beat - libm::floor(beat + 1e-9)).max(0.0) * table.len() as f64;
    table.get((position + 1e-6) as usize).copied().unwrap_or(1.0)
}

/// A jazz drummer's left hand: single soft taps on off-beats, and now and then a kick with them.
fn comp_with_the_left(ground: &Ground<'_>, bar: &Bar<'_>, notes: &mut Vec<GridNote>) {
    let mut dice = ground.dice(Role::Drums, "comping", bar.section_index as u32, bar.within);
    let chance = ground.style().drums.comping * (0.5 + bar.energy);
    let places = (ground.bar_beats() * 2.0) as u32;
    for place in 0..places {
        let off_beat = place % 2 == 1;
        let (hit, on_kick, accent) = (dice.unit(), dice.chance(0.3), dice.between(0.35, 0.7));
        if hit < chance * if off_beat { 0.35 } else { 0.08 } {
            let drum = if on_kick { Drum::Kick } else { Drum::Snare };
            notes.push(GridNote {
                beat: bar.beat + f64::from(place) * 0.5,
                beats: 0.25,
                pitch: drum.note(),
                accent: accent as f32,
            });
        }
    }
}
