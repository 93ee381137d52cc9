//! The voicings that a role plays over the whole piece, each one led from the last. Parallel chords and power chords need
//! no leading and are made here; all others come from the search in `music::voicing`.

use super::genre::style::{CompStyle, PadStyle};
use super::ground::{Ground, nearest};
use super::sketch::{GridNote, HarmonySpan, Role};

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
    role: Role,
    range: [u8; 2],
    manner: Manner,
    lead: &[GridNote],
) -> Vec<Voiced> {
    let rootless = manner.rootless && ground.plan.voice(Role::Bass).is_some();
    let mut last: Vec<u8> = Vec::new();
    let mut last_root = 0;
    let mut out = Vec::with_capacity(ground.harmony.spans.len());
    let _ = role;
    for span in &ground.harmony.spans {
        let notes = if manner.power {
            power(span, range)
        } else if manner.parallel && !last.is_empty() {
            planed(&last, last_root, span, range)
        } else {
            led(&last, span, range, manner.voices, rootless, lead)
        };
        last.clone_from(&notes);
        last_root = span.chord.root;
        out.push(Voiced { beat: span.beat, beats: span.beats, notes });
    }
    out
}

/// Root, fifth and octave.
fn power(span: &HarmonySpan, range: [u8; 2]) -> Vec<u8> {
    let root = nearest(span.chord.bass_class(), i32::from(range[0]) + 5, [range[0], range[0] + 11]);
    let fifth = span.chord.tones.iter().find(|t| matches!(**t, 6..=8)).map_or(7, |t| *t);
    vec![root, root + fifth, root + 12]
}
