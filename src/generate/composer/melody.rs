//! The melody. A tune is written once for each letter of the form and comes back note for note; solos are improvised. After
//! Steedman, Keller and Temperley: motifs by rhythm and contour, developed by a few operators, fitted to the chords.

mod climax;
mod counter;
mod motif;
mod solo;
mod tune;

use std::collections::BTreeMap;

use super::ground::{Ground, nearest_of};
use super::sketch::{GridNote, Line, Role, SectionKind};

pub use counter::write as write_counter;

/// Semitones from the lowest to the highest note of a tune; its one climax goes up to five higher.
const SINGABLE: u8 = 12;

/// Writes the lead.
pub fn write(ground: &Ground<'_>) -> Line {
    let style = ground.lead();
    let range = singable(ground.range(Role::Lead, style.range), style.improvise);
    let bar_beats = ground.bar_beats();
    let mut tunes: BTreeMap<char, tune::Tune> = BTreeMap::new();
    let mut notes: Vec<GridNote> = Vec::new();
    for (index, section) in ground.plan.sections.iter().enumerate() {
        if !section.roles.contains(&Role::Lead) {
            continue;
        }
        let start = f64::from(section.start_bar) * bar_beats;
        let end = start + f64::from(section.bars) * bar_beats;
        if section.kind == SectionKind::Solo && style.improvise {
            notes.extend(solo::improvise(ground, index, range));
            continue;
        }
        let tune =
            tunes.entry(section.letter).or_insert_with(|| tune::compose(ground, index, range));
        notes.extend(placed(ground, tune, start, end, range));
    }
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    super::bass::monophonic(&mut notes);
    climax::raise(ground, &mut notes, range);
    Line { role: Role::Lead, notes }
}

/// The stretch of a range that a tune keeps to: what a voice can sing, a little under the middle. Improvisers have it all.
fn singable(range: [u8; 2], improvise: bool) -> [u8; 2] {
    let spare = (range[1] - range[0]).saturating_sub(SINGABLE);
    if improvise { range } else { [range[0] + spare / 3, range[1] - (spare - spare / 3)] }
}

/// A tune in a section: as it is, as often as it fits, moved with the key, and mended where the chords are not those it
/// was written for.
fn placed(
    ground: &Ground<'_>,
    tune: &tune::Tune,
    start: f64,
    end: f64,
    range: [u8; 2],
) -> Vec<GridNote> {
    let mut out = Vec::new();
    let mut from = start;
    while from < end - 1e-6 && tune.beats > 0.0 {
        for note in &tune.notes {
            let beat = from + note.beat;
            if beat >= end - 1e-6 {
                continue;
            }
            let Some(span) = ground.chord(beat + 1e-6) else { continue };
            let shift = (i32::from(span.key.tonic) - i32::from(tune.tonic) + 18).rem_euclid(12) - 6;
            let mut pitch = (i32::from(note.pitch) + shift).clamp(0, 127) as u8;
            let classes = span.chord.pitch_classes();
            if note.fitted && !classes.contains(&(pitch % 12)) {
                pitch = nearest_of(&classes, i32::from(pitch), range);
            }
            out.push(GridNote {
                beat,
                beats: note.beats.min(end - beat),
                pitch,
                accent: note.accent,
            });
        }
        from += tune.beats;
    }
    out
}
