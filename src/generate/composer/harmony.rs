//! The harmony: progressions by section, varied when they come back, with cadences where sections end.
//!
//! Sections of one letter share a chart. Its first appearance is plain; later ones may carry up to two substitutions in
//! eight bars. The last section closes on the tonic, loops turn around instead, and what leads into a chorus or a drop
//! ends on a dominant.

use super::chance::Dice;
use super::form;
use super::genre::Genre;
use super::genre::chart::{Chart, Progression};
use super::sketch::{Harmony, HarmonySpan, Plan, PlannedSection, SectionKind, substream};
use crate::model::key::{Key, Mode};
use crate::music::chord::Chord;
use crate::music::numeral::Numeral;
use crate::music::scale;
use crate::music::score::ChordSpan;

mod substitute;

/// Numerals of one bar.
type Bar = Vec<String>;

/// Writes the harmony of a plan. The spans tile the piece without gaps.
pub fn write(plan: &Plan) -> Harmony {
    let minor = plan.key.mode.is_minor();
    let bars = plan.bars();
    let tune = form::tune(&plan.colour, &plan.brief, minor, plan.metre, bars, plan.seed);
    let last = plan.sections.len().saturating_sub(1);
    let lift = modulation(plan);
    // A blues comes home to its own seventh chord, a standard to a sixth or a major seventh.
    let own = tune.and_then(|t| t.charts.get(&'A')).and_then(|c| c.bars.first()?.first());
    let home = own
        .filter(|n| is(Some(n), Numeral::is_tonic))
        .cloned()
        .unwrap_or_else(|| tonic(&plan.colour, minor));
    let mut spans: Vec<HarmonySpan> = Vec::new();
    for (index, section) in plan.sections.iter().enumerate() {
        let letter = share(section);
        let chart = match tune.and_then(|t| t.charts.get(&letter)) {
            Some(chart) => chart.bars.clone(),
            None => choose(plan, letter, minor),
        };
        let offset = offset_in_chart(plan, index, letter);
        let mut filled = fill(&chart, offset, section.bars);
        if section.repeat > 0 && !plan.colour.substitutions.is_empty() {
            substitute::vary(&mut filled, plan, index, section.repeat);
        }
        if index == last && !plan.looped {
            close(&mut filled, &plan.colour, minor, &home);
        } else if index == last {
            turn_around(&mut filled, &plan.colour, minor);
        } else if let Some(next) = plan.sections.get(index + 1) {
            lead_into(&mut filled, next, section, &plan.colour, minor);
        }
        let raised = lift.is_some_and(|from| index >= from);
        let key = if raised { Key::new(plan.key.tonic + 2, plan.key.mode) } else { plan.key };
        place(&mut spans, plan, section, index, &filled, key);
    }
    Harmony { spans }
}

/// The harmony as the score carries it.
pub fn chord_spans(harmony: &Harmony) -> Vec<ChordSpan> {
    let span = |s: &HarmonySpan| ChordSpan {
        beat: s.beat,
        beats: s.beats,
        symbol: s.chord.symbol.clone(),
    };
    harmony.spans.iter().map(span).collect()
}

/// The letter whose chart a section plays: intros, outros and builds borrow the verse's or the drop's.
fn share(section: &PlannedSection) -> char {
    match section.letter {
        'I' | 'O' | 'S' => 'A',
        'U' => 'D',
        letter => letter,
    }
}

/// How many bars of this letter's chart were already played in the same run of sections, so that a chart longer than a
/// block goes on in the next.
fn offset_in_chart(plan: &Plan, index: usize, letter: char) -> u32 {
    plan.sections
        .iter()
        .take(index)
        .rev()
        .take_while(|s| {
            share(s) == letter && plan.sections.get(index).is_some_and(|own| own.kind == s.kind)
        })
        .map(|s| s.bars)
        .sum()
}

/// The first section of a last chorus that is lifted by a whole tone, by the genre's odds.
fn modulation(plan: &Plan) -> Option<usize> {
    let mut dice = Dice::new(substream(plan.seed, "modulation", 0, 0, ""));
    let rare = dice.chance(plan.colour.modulation);
    if !rare || plan.looped || plan.brief.key.is_some() || plan.bars() < 48 {
        return None;
    }
    let chorus = |s: &PlannedSection| matches!(s.kind, SectionKind::Chorus);
    let last = plan.sections.iter().rposition(chorus)?;
    plan.sections.get(..last)?.iter().any(chorus).then_some(last)
}

/// Chooses the progression of a letter, preferring those that stay in the scale.
fn choose(plan: &Plan, letter: char, minor: bool) -> Vec<Bar> {
    let genre = &plan.colour;
    let verse = &genre.progressions;
    let built;
    let list: &[Progression] = match letter {
        'C' | 'D' if has(&genre.choruses, minor) => &genre.choruses,
        'B' | 'K' if has(&genre.bridges, minor) => &genre.bridges,
        'P' => {
            built = rises(minor);
            &built
        }
        _ => verse,
    };
    let fitting = list.iter().filter(|p| p.mode.allows(minor)).collect::<Vec<_>>();
    let fitting = if fitting.is_empty() { list.iter().collect() } else { fitting };
    let mut dice = Dice::new(substream(plan.seed, "progression", u32::from(letter), 0, ""));
    let odds = fitting.iter().map(|p| f64::from(p.weight) * in_scale(&p.chart, plan.key));
    let chosen = dice.weighted(odds).and_then(|i| fitting.get(i));
    let Some(progression) = chosen else { return vec![vec![tonic(genre, minor)]] };
    let stretch = usize::try_from(progression.stretch.max(1)).unwrap_or(1);
    progression
        .chart
        .bars
        .iter()
        .flat_map(|bar| std::iter::repeat_n(bar.clone(), stretch))
        .collect()
}

fn has(list: &[Progression], minor: bool) -> bool {
    list.iter().any(|p| p.mode.allows(minor))
}

/// Rises that every genre shares: they leave the tonic for the chorus.
fn rises(minor: bool) -> Vec<Progression> {
    use super::genre::chart::ModeClass;
    let texts: &[(&str, u32)] = if minor {
        &[("iv | bVI | bVII | v", 2), ("bVI | bVI | bVII | bVII", 2), ("iv | v | bVI | bVII", 1)]
    } else {
        &[("ii | IV | vi | V", 2), ("IV | IV | V | V", 2), ("vi | ii | IV | Vsus4", 1)]
    };
    let mode = if minor { ModeClass::Minor } else { ModeClass::Major };
    texts
        .iter()
        .filter_map(|(text, weight)| {
            let chart = Chart::try_from((*text).to_owned()).ok()?;
            Some(Progression { mode, chart, weight: *weight, stretch: 1 })
        })
        .collect()
}

/// How well a chart fits a key: 1 where no chord leaves the scale, less for each tone that does.
fn in_scale(chart: &Chart, key: Key) -> f64 {
    let classes = scale::classes(key);
    let mut outside = 0u32;
    for numeral in chart.bars.iter().flatten() {
        let Ok(read) = Numeral::read(numeral) else { continue };
        let strangers =
            read.chord(key).pitch_classes().iter().filter(|c| !classes.contains(c)).count();
        outside += u32::try_from(strangers).unwrap_or(0);
    }
    1.0 / (1.0 + f64::from(outside))
}

fn fill(chart: &[Bar], offset: u32, bars: u32) -> Vec<Bar> {
    let start = usize::try_from(offset).unwrap_or(0);
    let count = usize::try_from(bars).unwrap_or(0);
    chart.iter().cycle().skip(start % chart.len().max(1)).take(count).cloned().collect()
}

/// The tonic chord in the genre's own colour: as its progressions have it, sixths and sevenths included.
fn tonic(genre: &Genre, minor: bool) -> String {
    let fits = |p: &&Progression| p.mode.allows(minor);
    let bars = genre.progressions.iter().filter(fits).flat_map(|p| p.chart.bars.iter().flatten());
    let home = bars.filter(|n| Numeral::read(n).is_ok_and(|r| r.is_tonic() && !n.contains('/')));
    let wanted = |n: &&String| n.starts_with(if minor { 'i' } else { 'I' });
    home.filter(wanted)
        .find(|n| !n.contains("VI"))
        .cloned()
        .unwrap_or_else(|| if minor { "i" } else { "I" }.to_owned())
}

/// The dominant in the genre's colour.
fn dominant(genre: &Genre, minor: bool) -> String {
    let sevenths = !genre.tunes.is_empty();
    let nines = genre
        .progressions
        .iter()
        .flat_map(|p| p.chart.bars.iter().flatten())
        .any(|n| n.contains("9"));
    let power = genre
        .progressions
        .iter()
        .flat_map(|p| p.chart.bars.iter().flatten())
        .any(|n| n.ends_with('5'));
    match (sevenths, power, nines, minor) {
        (true, _, _, true) => "V7b9",
        (true, _, _, false) => "V13",
        (_, true, _, true) => "bVII5",
        (_, true, _, false) => "V5",
        (_, _, true, true) => "v7",
        (_, _, true, false) => "V9sus4",
        (_, _, _, true) => "bVII",
        (_, _, _, false) => "V",
    }
    .to_owned()
}

/// Genres whose harmony hardly moves have no dominants to close with.
fn is_static(genre: &Genre) -> bool {
    genre.progressions.iter().all(|p| p.stretch >= 4)
}

fn is(numeral: Option<&String>, test: fn(&Numeral) -> bool) -> bool {
    numeral.and_then(|n| Numeral::read(n).ok()).is_some_and(|n| test(&n))
}

/// Closes the piece: the tonic fills the last bar, and something that leads there stands before it.
fn close(bars: &mut [Bar], genre: &Genre, minor: bool, home: &str) {
    let count = bars.len();
    if let Some(last) = bars.last_mut() {
        *last = vec![home.to_owned()];
    }
    if count < 3 || is_static(genre) {
        return;
    }
    if let Some(before) = bars.get_mut(count - 2) {
        let leads = is(before.last(), Numeral::is_dominant)
            || before.last().is_some_and(|n| {
                n.starts_with("bVII") || n.starts_with("IV") || n.starts_with("iv")
            });
        if !leads {
            *before = if genre.tunes.is_empty() {
                vec![dominant(genre, minor)]
            } else if minor {
                vec!["iiø7".to_owned(), dominant(genre, minor)]
            } else {
                vec!["ii7".to_owned(), dominant(genre, minor)]
            };
        }
    }
}

/// Ends a loop on something that wants its beginning back.
fn turn_around(bars: &mut [Bar], genre: &Genre, minor: bool) {
    if bars.len() < 2 || is_static(genre) {
        return;
    }
    if let Some(last) = bars.last_mut()
        && is(last.last(), Numeral::is_tonic)
    {
        let kept = last.first().cloned().unwrap_or_else(|| tonic(genre, minor));
        *last = vec![kept, dominant(genre, minor)];
    }
}

/// Opens the end of a section where the next is another one that counts.
fn lead_into(
    bars: &mut [Bar],
    next: &PlannedSection,
    section: &PlannedSection,
    genre: &Genre,
    minor: bool,
) {
    let strong = matches!(next.kind, SectionKind::Chorus | SectionKind::Drop | SectionKind::Solo);
    let lifts = matches!(section.kind, SectionKind::Pre | SectionKind::Build | SectionKind::Bridge);
    if bars.len() < 4 || is_static(genre) || next.letter == section.letter || !(strong || lifts) {
        return;
    }
    if let Some(last) = bars.last_mut()
        && is(last.last(), Numeral::is_tonic)
    {
        let kept = last.first().cloned().unwrap_or_else(|| tonic(genre, minor));
        *last = vec![kept, dominant(genre, minor)];
    }
}

/// Puts the bars of a section on the time line; equal neighbours within a section become one span.
fn place(
    spans: &mut Vec<HarmonySpan>,
    plan: &Plan,
    section: &PlannedSection,
    index: usize,
    bars: &[Bar],
    key: Key,
) {
    let bar_beats = plan.metre.bar_beats();
    let start = f64::from(section.start_bar) * bar_beats;
    for (bar, chords) in bars.iter().enumerate() {
        let at = start + bar as f64 * bar_beats;
        let count = chords.len().max(1) as f64;
        for (place, numeral) in chords.iter().enumerate() {
            // Chords change on whole beats where the bar has enough of them.
            let share = |i: f64| {
                let exact = bar_beats * i / count;
                if bar_beats >= count && bar_beats.fract() == 0.0 { exact.round() } else { exact }
            };
            let (from, to) = (share(place as f64), share(place as f64 + 1.0));
            let chord = Numeral::read(numeral).map_or_else(|_| fallback(key), |n| n.chord(key));
            match spans.last_mut() {
                Some(last) if last.section == index && last.chord == chord && last.key == key => {
                    last.beats += to - from;
                }
                _ => spans.push(HarmonySpan {
                    beat: at + from,
                    beats: to - from,
                    chord,
                    key,
                    section: index,
                }),
            }
        }
    }
}

/// Genre files are checked, so this chord only sounds for a file of a user's own whose numerals can't be read.
fn fallback(key: Key) -> Chord {
    let suffix = if key.mode.is_minor() { "m" } else { "" };
    Chord::named(key.tonic, key.tonic_name(), suffix).unwrap_or(Chord {
        root: key.tonic,
        tones: vec![0, if key.mode == Mode::Ionian { 4 } else { 3 }, 7],
        bass: None,
        symbol: key.tonic_name().to_owned(),
    })
}

#[cfg(test)]
mod tests;
