//! Pieces for the tests of the parts: a genre's own forms, progressions and players, without prompts and without chance, so
//! that the writers are tested apart from the planner.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::genre::{Genre, GenreBook};
use super::ground::Ground;
use super::instruments::instrument;
use super::sketch::{Harmony, HarmonySpan, MoodShape, Plan, PlannedSection, Role, Swing, Voice};
use crate::model::brief::Brief;
use crate::model::key::{Key, Mode};
use crate::model::tempo::{Metre, TempoMap};
use crate::model::units::{Bpm, Seed};
use crate::music::numeral;

pub(super) const GENRES: [&str; 6] = ["lofi", "house", "ambient", "pop", "rock", "jazz"];

/// A planned and harmonised piece.
pub(super) struct Piece {
    pub(super) plan: Plan,
    pub(super) harmony: Harmony,
    pub(super) salts: BTreeMap<String, u64>,
}

impl Piece {
    pub(super) fn ground(&self) -> Ground<'_> {
        Ground { plan: &self.plan, harmony: &self.harmony, salts: &self.salts }
    }
}

pub(super) fn genre(id: &str) -> Arc<Genre> {
    Arc::clone(GenreBook::built_in().unwrap().get(id).unwrap())
}

/// A piece of a genre with at most `bars` bars.
pub(super) fn piece(id: &str, seed: u64, bars: u32) -> Piece {
    in_metre(id, seed, bars, Metre::FOUR_FOUR)
}

/// The same in another metre.
pub(super) fn in_metre(id: &str, seed: u64, bars: u32, metre: Metre) -> Piece {
    let genre = genre(id);
    let form = genre.forms.iter().find(|f| f.bars() <= bars).or(genre.forms.last()).unwrap();
    let minor = seed % 2 == 1 && genre.modes.keys().any(|m| m.is_minor())
        || genre.modes.keys().all(|m| m.is_minor());
    let mode = *genre.modes.keys().find(|m| m.is_minor() == minor).unwrap_or(&Mode::Ionian);
    let key = Key::new((seed % 12) as u8, mode);
    let mut seen: BTreeMap<char, u32> = BTreeMap::new();
    let mut sections = Vec::new();
    let mut start_bar = 0;
    for part in &form.parts {
        let shape = &genre.sections[&part.kind];
        let repeat = seen.entry(part.letter).and_modify(|n| *n += 1).or_insert(0);
        let mut roles = shape.roles.clone();
        roles.extend(&shape.layers);
        sections.push(PlannedSection {
            kind: part.kind,
            name: format!("{:?} {}", part.kind, *repeat + 1),
            start_bar,
            bars: part.bars,
            energy: shape.energy,
            roles,
            letter: part.letter,
            repeat: *repeat,
        });
        start_bar += part.bars;
    }
    let palette = Role::ALL
        .into_iter()
        .filter_map(|role| {
            let id = genre.palette.get(&role)?.iter().max_by_key(|(_, weight)| **weight)?.0;
            let known = instrument(id)?;
            Some(Voice {
                role,
                instrument: id.clone(),
                name: known.name.to_owned(),
                node: known.node.to_owned(),
                program: known.program,
            })
        })
        .collect();
    let harmony = harmonise(&genre, &sections, key, metre, seed);
    let ratio = if genre.swing.by_tempo { 0.64 } else { (genre.swing.min + genre.swing.max) / 2.0 };
    let plan = Plan {
        brief: Brief::default(),
        colour: Arc::clone(&genre),
        seed: Seed(seed),
        key,
        metre,
        tempo: TempoMap::constant(Bpm::clamped(genre.tempo.default)),
        swing: Swing { unit: genre.swing.unit, ratio },
        sections,
        palette,
        looped: false,
        fit_seconds: None,
        mood: MoodShape::default(),
        genre,
    };
    Piece { plan, harmony, salts: BTreeMap::new() }
}

fn harmonise(
    genre: &Genre,
    sections: &[PlannedSection],
    key: Key,
    metre: Metre,
    seed: u64,
) -> Harmony {
    let bar_beats = metre.bar_beats();
    let mut spans = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        let fitting = genre
            .progressions
            .iter()
            .filter(|p| p.mode.allows(key.mode.is_minor()))
            .collect::<Vec<_>>();
        let progression = fitting[(seed as usize + section.letter as usize) % fitting.len()];
        for bar in 0..section.bars {
            let place = bar / progression.stretch.max(1);
            let chords = &progression.chart.bars[place as usize % progression.chart.bars.len()];
            let beats = bar_beats / chords.len() as f64;
            for (i, text) in chords.iter().enumerate() {
                let chord = numeral::chord(text, key).unwrap();
                let beat = f64::from(section.start_bar + bar) * bar_beats + i as f64 * beats;
                match spans.last_mut() {
                    Some(HarmonySpan { chord: last, beats: length, section: s, .. })
                        if *last == chord && *s == index =>
                    {
                        *length += beats;
                    }
                    _ => spans.push(HarmonySpan { beat, beats, chord, key, section: index }),
                }
            }
        }
    }
    Harmony { spans }
}
