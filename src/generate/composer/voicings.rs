//! The voicings that a role plays over the whole piece, each one led from the last. Parallel chords and power chords need
//! no leading and are made here; all others come from the search in `music::voicing`.

use std::collections::BTreeMap;

use super::genre::style::{CompStyle, PadStyle};
use super::ground::{Ground, nearest};
use super::sketch::{GridNote, HarmonySpan, Role};
use crate::music::voicing::{self, Cue, VoicingRules};

/// A chord of a role, as notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Voiced {
    /// Where it starts, in beats.
    pub beat: f64,
    /// How long it lasts, in beats.
    pub beats: f64,
    /// Its notes, ascending.
    pub notes: Vec<u8>,
}

/// How a role voices its chords.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    voices: u8,
    parallel: bool,
    power: bool,
    rootless: bool,
}

impl From<&CompStyle> for Manner {
    fn from(style: &CompStyle) -> Self {
        Self {
            voices: style.voices,
            parallel: style.parallel,
            power: style.power,
            rootless: style.rootless,
        }
    }
}

impl From<&PadStyle> for Manner {
    fn from(style: &PadStyle) -> Self {
        Self { voices: style.voices, parallel: false, power: false, rootless: false }
    }
}

/// The chord that sounds at a beat.
pub fn at(voiced: &[Voiced], beat: f64) -> Option<&Voiced> {
    voiced.get(voiced.partition_point(|v| v.beat <= beat).saturating_sub(1))
}

/// Voices every chord of the piece for a role. Without a bass player the root stays in.
pub fn lead_voices(
    ground: &Ground<'_>,
    range: [u8; 2],
    manner: Manner,
    lead: &[GridNote],
) -> Vec<Voiced> {
    let spans = &ground.harmony.spans;
    let notes = if manner.power {
        spans.iter().map(|span| power(span, range)).collect()
    } else {
        let rules = VoicingRules {
            low: range[0],
            high: range[1],
            least: usize::from(manner.voices.saturating_sub(1)).clamp(2, 6),
            most: usize::from(manner.voices).clamp(2, 6),
            rootless: manner.rootless && ground.plan.voice(Role::Bass).is_some(),
            avoid_parallels: !manner.parallel,
            centre: (f64::from(range[0]) + f64::from(range[1])) / 2.0,
        };
        let melodies = spans.iter().map(|span| melody_over(span, lead)).collect::<Vec<_>>();
        let cues = spans
            .iter()
            .zip(&melodies)
            .map(|(span, melody)| Cue { chord: &span.chord, melody })
            .collect::<Vec<_>>();
        if manner.parallel { plane(&cues, spans, &rules) } else { voicing::lead(&cues, &rules) }
    };
    spans
        .iter()
        .zip(notes)
        .map(|(span, notes)| Voiced { beat: span.beat, beats: span.beats, notes })
        .collect()
}

/// Chords of one quality move in parallel, as a sampled stab does; another quality starts from a voicing of its own.
fn plane(cues: &[Cue<'_>], spans: &[HarmonySpan], rules: &VoicingRules) -> Vec<Vec<u8>> {
    let led = voicing::lead(cues, rules);
    let mut shapes: BTreeMap<&[u8], (u8, Vec<u8>)> = BTreeMap::new();
    spans
        .iter()
        .zip(led)
        .map(|(span, own)| match shapes.get(span.chord.tones.as_slice()) {
            Some((root, shape)) => planed(shape, *root, span, [rules.low, rules.high]),
            None => {
                shapes.insert(&span.chord.tones, (span.chord.root, own.clone()));
                own
            }
        })
        .collect()
}

/// Root, fifth and octave.
fn power(span: &HarmonySpan, range: [u8; 2]) -> Vec<u8> {
    let root = nearest(span.chord.bass_class(), i32::from(range[0]) + 5, [range[0], range[0] + 11]);
    let fifth = span.chord.tones.iter().find(|t| matches!(**t, 6..=8)).map_or(7, |t| *t);
    vec![root, root + fifth, root + 12]
}

/// The last chord, moved as it is to another root, by the shorter way that stays in range.
fn planed(last: &[u8], last_root: u8, span: &HarmonySpan, range: [u8; 2]) -> Vec<u8> {
    let up = (i32::from(span.chord.root) + 12 - i32::from(last_root)) % 12;
    let fits = |shift: i32| {
        last.iter().all(|n| {
            let moved = i32::from(*n) + shift;
            moved >= i32::from(range[0]) - 3 && moved <= i32::from(range[1]) + 3
        })
    };
    let ways = if up > 6 { [up - 12, up] } else { [up, up - 12] };
    let shift = ways.into_iter().find(|shift| fits(*shift)).unwrap_or(0);
    last.iter().map(|n| (i32::from(*n) + shift).clamp(0, 127) as u8).collect()
}

/// The melody while a chord sounds, without doublings.
fn melody_over(span: &HarmonySpan, lead: &[GridNote]) -> Vec<u8> {
    let from = lead.partition_point(|n| n.beat < span.beat - 1e-6);
    let mut pitches = lead
        .iter()
        .skip(from)
        .take_while(|n| n.beat < span.beat + span.beats - 1e-6)
        .map(|n| n.pitch)
        .collect::<Vec<_>>();
    pitches.sort_unstable();
    pitches.dedup();
    pitches
}
