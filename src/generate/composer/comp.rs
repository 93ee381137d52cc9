//! Chords in rhythm: keys, stabs, strummed and muted guitars. Patterns give the strikes, the harmony the voicings; changes
//! may be anticipated, and busy melodies are left alone.

use super::genre::style::CompStyle;
use super::ground::{Ground, choose};
use super::sketch::{GridNote, Line, Role};
use super::voicings::{Voiced, at, lead_voices};

/// A strike before it has notes.
#[derive(Debug, Clone, Copy)]
struct Strike {
    beat: f64,
    beats: f64,
    cell: u8,
}

/// Writes a chord player's part. `lead` is the melody it makes room for.
pub fn write(ground: &Ground<'_>, role: Role, style: &CompStyle, lead: &[GridNote]) -> Line {
    let range = ground.range(role, style.range);
    let voiced = lead_voices(ground, range, style.into(), lead);
    let mut strikes = Vec::new();
    for bar in ground.bars_of(role) {
        let mut dice = ground.dice(role, "pattern", bar.section.letter as u32, 0);
        let energy = (bar.section.energy.0 + bar.section.energy.1) / 2.0;
        let density = ground.plan.mood.density * 0.15;
        let level = (energy + density).clamp(0.0, 1.0);
        let Some(pattern) = choose(&style.patterns, |p| &p.on, bar.section.kind, level, &mut dice)
        else {
            continue;
        };
        let grid = match &pattern.b {
            Some(b) if bar.within % 4 == 3 => b,
            _ => &pattern.grid,
        };
        let mut dice = ground.dice(role, "yield", bar.section_index as u32, bar.within);
        for hit in grid.hits(bar.within, ground.plan.metre) {
            let beat = bar.beat + hit.beat;
            let on_change = ground.chord(beat + 1e-6).is_some_and(|s| (s.beat - beat).abs() < 1e-6);
            let busy =
                lead.iter().filter(|n| n.beat >= beat - 0.5 && n.beat < beat + 1.0).count() >= 3;
            let (yields, maybe) = (dice.chance(style.yield_to_lead), dice.chance(0.5));
            if (busy && yields && !on_change) || (hit.cell == b'?' && !maybe) {
                continue;
            }
            strikes.push(Strike { beat, beats: hit.beats, cell: hit.cell });
        }
    }
    push(ground, role, style.push, &mut strikes);
    let mut notes = Vec::new();
    for (index, strike) in strikes.iter().enumerate() {
        let until = strikes.get(index + 1).map_or(f64::INFINITY, |s| s.beat);
        sound(strike, until, &voiced, &mut notes);
    }
    Line { role, notes }
}

/// Anticipates changes: the strike on the change moves an eighth ahead and takes the new chord with it.
fn push(ground: &Ground<'_>, role: Role, chance: f64, strikes: &mut [Strike]) {
    for (index, span) in ground.harmony.spans.iter().enumerate().skip(1) {
        let mut dice = ground.dice(role, "push", span.section as u32, index as u32);
        let section_start = ground.plan.sections.get(span.section).is_some_and(|s| {
            (f64::from(s.start_bar) * ground.bar_beats() - span.beat).abs() < 1e-6
        });
        if !dice.chance(chance) || section_start {
            continue;
        }
        let ahead = span.beat - 0.5;
        let taken = strikes.iter().any(|s| (s.beat - ahead).abs() < 0.3);
        if let Some(strike) = strikes.iter_mut().find(|s| (s.beat - span.beat).abs() < 1e-6)
            && !taken
        {
            strike.beat = ahead;
            strike.beats += 0.5;
            strike.cell = b'X';
        }
    }
}

fn sound(strike: &Strike, until: f64, voiced: &[Voiced], notes: &mut Vec<GridNote>) {
    // A strike within an eighth before a change that rings over it belongs to the new chord.
    let Some(now) = at(voiced, strike.beat + 1e-6) else { return };
    let ahead = at(voiced, strike.beat + 0.5 + 1e-6).filter(|next| {
        next.beat > strike.beat + 1e-6 && strike.beat + strike.beats > next.beat + 1e-6
    });
    let chord = ahead.unwrap_or(now);
    let end = (strike.beat + strike.beats).min(until).min(chord.beat + chord.beats);
    let accent = match strike.cell {
        b'X' => 0.95,
        b'g' => 0.5,
        b't' => 0.68,
        _ => 0.8,
    };
    let skip = if strike.cell == b't' { chord.notes.len().saturating_sub(3) } else { 0 };
    for &pitch in chord.notes.iter().skip(skip) {
        notes.push(GridNote {
            beat: strike.beat,
            beats: (end - strike.beat).max(0.1),
            pitch,
            accent,
        });
    }
}
