//! Voicings: chords as stacks of notes that move little from one to the next, found by dynamic programming.
//!
//! For every chord all sensible stacks in the range are listed (each inversion, close and dropped), and the cheapest
//! way through all chords is taken (Viterbi). The costs follow what Huron 2001 and Tymoczko 2011 describe: little
//! motion, no parallel fifths and octaves, held common tones, wide spacing below. Ties fall to the lower stack, so the
//! result never depends on anything but its input.

use super::chord::Chord;

/// What a voicing may be.
#[derive(Debug, Clone, PartialEq)]
pub struct VoicingRules {
    /// Lowest note, MIDI.
    pub low: u8,
    /// Highest note, MIDI.
    pub high: u8,
    /// Fewest notes, at least 1.
    pub least: usize,
    /// Most notes, at most 6.
    pub most: usize,
    /// Whether the root (and then the fifth) of four-note and larger chords is left to the bass.
    pub rootless: bool,
    /// Whether parallel fifths and octaves cost; power chords and planing want them.
    pub avoid_parallels: bool,
    /// Note around which the stacks lie, MIDI.
    pub centre: f64,
}

impl VoicingRules {
    /// Keys in the middle of the keyboard, three to four notes.
    pub fn keys(rootless: bool) -> Self {
        Self { low: 48, high: 76, least: 3, most: 4, rootless, avoid_parallels: true, centre: 62.0 }
    }

    /// Pads, three to five notes, a little higher and wider.
    pub fn pads() -> Self {
        Self {
            low: 52,
            high: 79,
            least: 3,
            most: 5,
            rootless: false,
            avoid_parallels: true,
            centre: 65.0,
        }
    }
}

/// A chord to voice, and the melody notes that sound with it.
#[derive(Debug, Clone, Copy)]
pub struct Cue<'a> {
    /// The chord.
    pub chord: &'a Chord,
    /// MIDI notes of the melody while it sounds.
    pub melody: &'a [u8],
}

impl<'a> Cue<'a> {
    /// A chord without a melody.
    pub fn alone(chord: &'a Chord) -> Self {
        Self { chord, melody: &[] }
    }
}

const MOVE: f64 = 1.0;
const TOP_LEAP: f64 = 6.0;
const PARALLEL: f64 = 8.0;
const GAP: f64 = 4.0;
const LOW_THIRD: f64 = 3.0;
const TOP_NOT_GUIDE: f64 = 2.0;
const DROPPED_COMMON: f64 = 3.0;
const CLASH: f64 = 10.0;
const SEMITONE_INSIDE: f64 = 2.5;
const OFF_CENTRE: f64 = 0.35;
/// A voice that moves further than this is no longer led.
const VOICE_LEAP: f64 = 3.0;
const MAX_STATES: usize = 96;

/// Voices chords one after another. Gives one stack (ascending MIDI notes) for each cue; a stack is empty only where
/// the chord has no tones or the range holds none of them.
pub fn lead(cues: &[Cue<'_>], rules: &VoicingRules) -> Vec<Vec<u8>> {
    let columns = cues.iter().map(|cue| candidates(cue.chord, rules)).collect::<Vec<_>>();
    let mut best: Vec<f64> = Vec::new();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(columns.len());
    for (index, (column, cue)) in columns.iter().zip(cues).enumerate() {
        let previous = index.checked_sub(1).and_then(|i| columns.get(i));
        let mut costs = Vec::with_capacity(column.len());
        let mut from = Vec::with_capacity(column.len());
        for stack in column {
            let own = static_cost(stack, cue, rules);
            let (origin, way) = previous
                .into_iter()
                .flatten()
                .zip(&best)
                .enumerate()
                .map(|(i, (before, cost))| (i, cost + transition(before, stack, rules)))
                .fold((0, f64::INFINITY), |kept, new| if new.1 < kept.1 { new } else { kept });
            from.push(origin);
            costs.push(own + if way.is_finite() { way } else { 0.0 });
        }
        best = costs;
        back.push(from);
    }
    let mut at = best
        .iter()
        .enumerate()
        .fold((0, f64::INFINITY), |kept, (i, c)| if *c < kept.1 { (i, *c) } else { kept })
        .0;
    let mut stacks = Vec::with_capacity(columns.len());
    for (column, from) in columns.iter().zip(&back).rev() {
        stacks.push(column.get(at).cloned().unwrap_or_default());
        at = from.get(at).copied().unwrap_or(0);
    }
    stacks.reverse();
    stacks
}

/// The pitch classes that a stack must hold, most important first in what is kept, in chord order in what is returned.
fn kept_tones(chord: &Chord, rules: &VoicingRules) -> Vec<u8> {
    let mut tones = chord.tones.clone();
    let limit = rules.most.clamp(1, 6);
    if rules.rootless && tones.len() >= 4 {
        tones.retain(|t| *t != 0);
    }
    // A perfect fifth says least, then the root, then the sixth-or-higher tensions from the bottom.
    for expendable in [7u8, 0, 14, 17] {
        if tones.len() <= limit {
            break;
        }
        tones.retain(|t| *t != expendable);
    }
    while tones.len() > limit {
        tones.pop();
    }
    tones
}

/// Every stack worth looking at: all inversions in close position, with the second or third voice from the top
/// dropped an octave, and with doubled root where the chord is smaller than the stack.
fn candidates(chord: &Chord, rules: &VoicingRules) -> Vec<Vec<u8>> {
    let tones = kept_tones(chord, rules);
    let mut classes = tones.iter().map(|t| (chord.root + t) % 12).collect::<Vec<_>>();
    classes.sort_unstable();
    classes.dedup();
    let mut found: Vec<Vec<u8>> = Vec::new();
    let fifth = (chord.root + 7) % 12;
    for bottom in rules.low..=rules.high.min(127) {
        let Some(start) = classes.iter().position(|c| *c == bottom % 12) else { continue };
        let mut close = vec![bottom];
        let mut at = bottom;
        for class in classes.iter().cycle().skip(start + 1).take(classes.len() - 1) {
            at = at.saturating_add((class + 12 - at % 12) % 12);
            close.push(at);
        }
        let mut shapes = vec![close.clone()];
        for from_top in [2usize, 3] {
            if let Some(index) = close.len().checked_sub(from_top).filter(|i| *i > 0) {
                let mut dropped = close.clone();
                if let Some(note) = dropped.get_mut(index) {
                    *note = note.saturating_sub(12);
                }
                dropped.sort_unstable();
                shapes.push(dropped);
            }
        }
        // A small chord fills up with an octave of its lowest tone, which must be root or fifth.
        if close.len() < rules.least.max(1)
            && (bottom % 12 == chord.root || bottom % 12 == fifth)
            && let Some(low) = close.first()
        {
            let mut doubled = close.clone();
            doubled.push(low.saturating_add(12));
            doubled.sort_unstable();
            shapes.push(doubled);
        }
        for shape in shapes {
            let inside = shape.iter().all(|n| (rules.low..=rules.high).contains(n));
            if inside && !found.contains(&shape) {
                found.push(shape);
            }
        }
    }
    let wanted = rules.least.min(rules.most);
    if found.iter().any(|s| s.len() >= wanted) {
        found.retain(|s| s.len() >= wanted);
    }
    if found.len() > MAX_STATES {
        found.sort_by(|a, b| {
            let off = |s: &[u8]| (mean(s) - rules.centre).abs();
            off(a).total_cmp(&off(b)).then_with(|| a.cmp(b))
        });
        found.truncate(MAX_STATES);
    }
    found.sort();
    if found.is_empty() {
        // A range narrower than the chord still gets whichever tones fit.
        let lone = (rules.low..=rules.high.min(127))
            .filter(|n| classes.contains(&(n % 12)))
            .collect::<Vec<_>>();
        if !lone.is_empty() {
            found.push(lone.into_iter().take(rules.most.max(1)).collect());
        }
    }
    found
}

fn mean(stack: &[u8]) -> f64 {
    let sum = stack.iter().map(|n| f64::from(*n)).sum::<f64>();
    sum / f64::from(u32::try_from(stack.len().max(1)).unwrap_or(1))
}

/// What a stack costs by itself.
fn static_cost(stack: &[u8], cue: &Cue<'_>, rules: &VoicingRules) -> f64 {
    let mut cost = OFF_CENTRE * (mean(stack) - rules.centre).abs();
    for (index, pair) in stack.windows(2).enumerate() {
        let [low, high] = pair else { continue };
        let gap = high - low;
        if gap > 12 && index > 0 {
            cost += GAP;
        }
        if gap <= 4 && *low < 48 {
            cost += LOW_THIRD;
        }
        if gap == 1 {
            // A semitone at the top of a stack hides the tune; inside it is colour, and still not free.
            cost += if index + 2 == stack.len() { 2.0 * SEMITONE_INSIDE } else { SEMITONE_INSIDE };
        }
    }
    if let Some(top) = stack.last()
        && !cue.chord.guide_tones().contains(&(top % 12))
    {
        cost += TOP_NOT_GUIDE;
    }
    for melody in cue.melody {
        let clashes = stack.iter().filter(|n| melody.abs_diff(**n) == 1).count();
        cost += CLASH * f64::from(u32::try_from(clashes).unwrap_or(0));
    }
    cost
}

/// What moving from one stack to the next costs.
fn transition(before: &[u8], after: &[u8], rules: &VoicingRules) -> f64 {
    let mut cost = 0.0;
    let pairs = pairing(before, after);
    for (old, new) in &pairs {
        let distance = f64::from(old.abs_diff(*new));
        cost += MOVE * distance;
        if distance > 7.0 {
            cost += VOICE_LEAP;
        }
    }
    if let (Some(old), Some(new)) = (before.last(), after.last())
        && old.abs_diff(*new) > 7
    {
        cost += TOP_LEAP;
    }
    for old in before {
        let shared = after.iter().any(|n| n % 12 == old % 12);
        if shared && !after.contains(old) {
            cost += DROPPED_COMMON;
        }
    }
    if rules.avoid_parallels {
        cost += PARALLEL * f64::from(parallels(before, after));
    }
    cost
}

/// Voices of two stacks matched from the bottom; of unequal ones every note of the larger with the nearest of the other.
fn pairing(before: &[u8], after: &[u8]) -> Vec<(u8, u8)> {
    let near = |note: u8, stack: &[u8]| {
        stack.iter().copied().min_by_key(|n| n.abs_diff(note)).unwrap_or(note)
    };
    match before.len().cmp(&after.len()) {
        std::cmp::Ordering::Equal => before.iter().copied().zip(after.iter().copied()).collect(),
        std::cmp::Ordering::Less => after.iter().map(|n| (near(*n, before), *n)).collect(),
        std::cmp::Ordering::Greater => before.iter().map(|n| (*n, near(*n, after))).collect(),
    }
}

/// How many pairs of voices move in parallel perfect fifths or octaves between two stacks.
pub fn parallels(before: &[u8], after: &[u8]) -> u32 {
    let pairs = pairing(before, after);
    let mut found = 0;
    for (index, (low_old, low_new)) in pairs.iter().enumerate() {
        for (high_old, high_new) in pairs.iter().skip(index + 1) {
            let old = i32::from(*high_old) - i32::from(*low_old);
            let new = i32::from(*high_new) - i32::from(*low_new);
            let low_step = i32::from(*low_new) - i32::from(*low_old);
            let high_step = i32::from(*high_new) - i32::from(*high_old);
            let same =
                old.rem_euclid(12) == new.rem_euclid(12) && matches!(old.rem_euclid(12), 0 | 7);
            if same && old > 0 && low_step != 0 && low_step.signum() == high_step.signum() {
                found += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
