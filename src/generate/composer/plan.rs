//! The plan: tempo, key, swing, form, energy and players, decided from a brief, a genre and a seed.
//!
//! A tempo and a length that were asked for are both kept exactly: the music ends on a bar, and the last chord rings
//! until the file ends. Where only the length was asked for, the tempo bends by at most 1.5 % so that the bars fit.
//! Without a length a piece has the genre's `default_bars`, a small whole form of about fifty seconds.

use std::sync::Arc;

use super::chance::Dice;
use super::form;
use super::genre::chart::{FormPart, kind_name};
use super::genre::{Genre, GenreBook, SectionShape};
use super::lexicon::{Lexicon, TempoHint};
use super::sketch::{MoodShape, Plan, PlannedSection, Role, SectionKind, Swing, substream};
use crate::model::brief::Brief;
use crate::model::key::{Key, Mode};
use crate::model::tempo::{Metre, TempoMap};
use crate::model::units::{Bpm, Length, Seed};

mod palette;

/// How far an open tempo may bend so that bars fit into seconds.
const BEND: f64 = 0.015;
/// Bars of a loop whose length nobody asked for.
const LOOP_BARS: u32 = 8;

/// Why nothing can be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The book of genres is empty.
    #[error("there is no genre to plan with")]
    NoGenres,
}

impl PlanError {
    /// What to do next.
    pub fn hint(self) -> &'static str {
        "add a genre file"
    }
}

/// Plans a piece. The same brief, genres and seed give the same plan. Errors: [`PlanError`].
pub fn plan(
    mut brief: Brief,
    genres: &GenreBook,
    lexicon: &Lexicon,
    seed: Seed,
) -> Result<Plan, PlanError> {
    let first = genres.all().first().ok_or(PlanError::NoGenres)?;
    let genre = brief.genres.first().and_then(|id| genres.get(id)).unwrap_or(first).clone();
    let colour = brief.genres.get(1).and_then(|id| genres.get(id)).unwrap_or(&genre).clone();
    let mood = mood_shape(&brief, lexicon);
    let metre = brief.metre.unwrap_or_else(|| choose_metre(&genre, seed));
    let key = choose_key(&brief, &colour, lexicon, mood, seed);
    let wished = brief.bpm.map_or_else(|| open_tempo(&brief, &genre, lexicon, seed), Bpm::get);
    let fitted = fit(&mut brief, &genre, metre, wished);
    let tune = form::tune(&colour, &brief, key.mode.is_minor(), metre, fitted.bars, seed);
    let parts = form::lay_out(form_of(&genre, &colour), &brief, tune, fitted.bars, brief.looped);
    let palette = palette::choose(&mut brief, &genre, &colour, seed);
    let forced = palette::forced(&brief, &palette);
    let playing = palette.iter().map(|v| v.role).collect::<Vec<_>>();
    let sections = sections(&genre, &parts, &playing, &forced, mood);
    let looped = brief.looped;
    let swing = choose_swing(&genre, fitted.bpm.get(), seed);
    Ok(Plan {
        brief,
        genre,
        colour,
        seed,
        key,
        metre,
        tempo: TempoMap::constant(fitted.bpm),
        swing,
        sections,
        palette,
        looped,
        fit_seconds: fitted.seconds,
        mood,
    })
}

/// Genres of improvised harmony bring their form along; otherwise the rhythm's genre decides.
fn form_of<'g>(genre: &'g Arc<Genre>, colour: &'g Arc<Genre>) -> &'g Genre {
    if colour.tunes.is_empty() {
        genre
    } else if genre.id == colour.id {
        colour
    } else {
        genre
    }
}

/// The sum of what mood and production words bend, each number within -1 to 1.
fn mood_shape(brief: &Brief, lexicon: &Lexicon) -> MoodShape {
    let production = brief.understood.iter().filter(|r| r.field == "production").map(|r| &r.value);
    let mut names = brief.moods.iter().chain(production).collect::<Vec<_>>();
    names.sort();
    names.dedup();
    let mut sum = MoodShape::default();
    for bend in
        names.into_iter().filter_map(|name| lexicon.bend(name)).map(super::lexicon::Bend::shape)
    {
        sum.valence += bend.valence;
        sum.arousal += bend.arousal;
        sum.brightness += bend.brightness;
        sum.density += bend.density;
        sum.space += bend.space;
        sum.dirt += bend.dirt;
    }
    let unit = |x: f64| x.clamp(-1.0, 1.0);
    MoodShape {
        valence: unit(sum.valence),
        arousal: unit(sum.arousal),
        brightness: unit(sum.brightness),
        density: unit(sum.density),
        space: unit(sum.space),
        dirt: unit(sum.dirt),
    }
}

fn choose_metre(genre: &Genre, seed: Seed) -> Metre {
    let mut dice = Dice::new(substream(seed, "metre", 0, 0, ""));
    let chosen = dice.weighted(genre.metres.iter().map(|m| f64::from(m.weight)));
    chosen.and_then(|i| genre.metres.get(i)).map_or(Metre::FOUR_FOUR, |m| m.metre)
}

fn choose_key(
    brief: &Brief,
    colour: &Genre,
    lexicon: &Lexicon,
    mood: MoodShape,
    seed: Seed,
) -> Key {
    if let Some(key) = brief.key {
        return key;
    }
    let mut dice = Dice::new(substream(seed, "key", 0, 0, ""));
    let mut odds = colour.modes.iter().map(|(m, w)| (*m, f64::from(*w))).collect::<Vec<_>>();
    for bend in brief.moods.iter().filter_map(|name| lexicon.bend(name)) {
        for (mode, weight) in &bend.modes {
            match odds.iter_mut().find(|(m, _)| m == mode) {
                Some((_, odd)) => *odd += f64::from(*weight),
                // A mood only brings a mode in that the genre lacks as a rare guest.
                None => odds.push((*mode, f64::from(*weight) / 4.0)),
            }
        }
    }
    let chosen = dice.weighted(odds.iter().map(|(mode, odd)| {
        let lean = if mode.is_minor() { 1.0 - mood.valence } else { 1.0 + mood.valence };
        odd * lean.max(0.05)
    }));
    let mode = brief
        .mode
        .or_else(|| chosen.and_then(|i| odds.get(i)).map(|(m, _)| *m))
        .unwrap_or(Mode::Ionian);
    let tonic = dice.pick(&colour.tonics.classes(mode)).copied().unwrap_or(0);
    Key::new(tonic, mode)
}

/// A tempo where no number was asked for: a word's, or the genre's bent by moods and a little chance.
fn open_tempo(brief: &Brief, genre: &Genre, lexicon: &Lexicon, seed: Seed) -> f64 {
    let mut dice = Dice::new(substream(seed, "tempo", 0, 0, ""));
    let jitter = 1.0 + 0.04 * (dice.unit() - 0.5);
    let factor = brief
        .moods
        .iter()
        .filter_map(|m| lexicon.bend(m))
        .map(super::lexicon::Bend::tempo_factor)
        .product::<f64>();
    let factor = factor.clamp(0.8, 1.2);
    let range = genre.tempo;
    let bpm = match brief.tempo_word.as_deref().and_then(|w| lexicon.tempo(w)) {
        Some(TempoHint::Bpm(bpm)) => bpm,
        Some(TempoHint::Fraction(fraction)) => range.at(fraction) * jitter,
        None => (range.default * factor * jitter).clamp(range.min, range.max),
    };
    let paced = |name: &str| brief.understood.iter().any(|r| r.field == "tempo" && r.value == name);
    let pace = if paced("half-time") {
        0.5
    } else if paced("double-time") {
        2.0
    } else {
        1.0
    };
    // Half and double time change the feel where the result is still a tempo to play at.
    let result = if (50.0..=220.0).contains(&(bpm * pace)) { bpm * pace } else { bpm };
    Bpm::clamped(result.round()).get()
}

struct Fitted {
    bpm: Bpm,
    bars: u32,
    seconds: Option<f64>,
}

/// Bars and tempo that fit the wished length.
fn fit(brief: &mut Brief, genre: &Genre, metre: Metre, wished: f64) -> Fitted {
    let beats = metre.bar_beats();
    let bar = beats * 60.0 / wished;
    let bend = |bpm: f64| {
        if brief.bpm.is_some() {
            wished
        } else {
            bpm.clamp(wished * (1.0 - BEND), wished * (1.0 + BEND))
        }
    };
    let whole = |x: f64| (x.max(1.0) as u32).clamp(1, 4000);
    match brief.length {
        Some(Length::Bars(bars)) => {
            let most = whole((Length::MAX_SECONDS / bar).floor());
            if bars > most {
                brief
                    .notes
                    .push(format!("{bars} bars would last over half an hour; it is {most} bars"));
            }
            Fitted { bpm: Bpm::clamped(wished), bars: bars.clamp(1, most), seconds: None }
        }
        Some(Length::Seconds(seconds)) if brief.looped => {
            let bars = whole((seconds / bar).round());
            let bpm = Bpm::clamped(bend(f64::from(bars) * beats * 60.0 / seconds));
            let length = f64::from(bars) * beats * bpm.beat_seconds();
            if (length - seconds).abs() > 0.01 {
                brief.notes.push(format!("a loop is whole bars, so it lasts {length:.2} s"));
            }
            Fitted { bpm, bars, seconds: None }
        }
        Some(Length::Seconds(seconds)) => {
            // Room for the last chord to ring.
            let tail = (seconds * 0.06).clamp(0.4, 2.0);
            let room = (seconds - tail).max(seconds * 0.5);
            let exact = room / bar;
            // A bar that a small bend saves is worth more than the bend costs.
            let reach = if brief.bpm.is_some() { exact } else { exact * (1.0 + BEND) };
            let bars = whole(reach.floor());
            let bpm = Bpm::clamped(bend(f64::from(bars) * beats * 60.0 / room));
            Fitted { bpm, bars, seconds: Some(seconds) }
        }
        None => {
            let bars = if brief.looped { LOOP_BARS } else { genre.default_bars };
            Fitted { bpm: Bpm::clamped(wished), bars: bars.max(1), seconds: None }
        }
    }
}

fn choose_swing(genre: &Genre, bpm: f64, seed: Seed) -> Swing {
    let rule = genre.swing;
    if rule.by_tempo {
        // Long to short as 3.5 to 1 near 120 BPM, even near 300; Friberg and Sundström 2002.
        let long = (60_000.0 / bpm / 100.0 - 1.0).clamp(1.0, 3.5);
        return Swing { unit: rule.unit, ratio: (long / (1.0 + long)).clamp(rule.min, rule.max) };
    }
    let mut dice = Dice::new(substream(seed, "swing", 0, 0, ""));
    Swing { unit: rule.unit, ratio: dice.between(rule.min, rule.max) }
}

/// What a kind of section is like in a genre; a kind that the genre lacks is like its nearest relative there.
fn shape_of(genre: &Genre, kind: SectionKind) -> Option<&SectionShape> {
    use SectionKind::{
        Breakdown, Bridge, Build, Chorus, Drop, Field, Intro, Outro, Pre, Solo, Verse,
    };
    let relatives: &[SectionKind] = match kind {
        Chorus | Drop => &[Chorus, Drop, Bridge, Field],
        Pre | Build => &[Pre, Build, Verse, Field],
        Breakdown => &[Breakdown, Intro],
        Bridge => &[Bridge, Breakdown, Verse],
        Intro | Outro => &[kind, Intro, Outro],
        Verse | Solo | Field => &[Verse, Field, Drop, Chorus],
    };
    let own = genre.sections.get(&kind);
    own.or_else(|| relatives.iter().find_map(|k| genre.sections.get(k)))
        .or_else(|| genre.sections.values().next())
}

fn sections(
    genre: &Genre,
    parts: &[FormPart],
    playing: &[Role],
    forced: &[Role],
    mood: MoodShape,
) -> Vec<PlannedSection> {
    let mut done: Vec<PlannedSection> = Vec::with_capacity(parts.len());
    let mut bar = 0;
    let names = names(genre, parts);
    for (index, (part, name)) in parts.iter().zip(names).enumerate() {
        let count = |f: &dyn Fn(&PlannedSection) -> bool| {
            u32::try_from(done.iter().filter(|s| f(s)).count()).unwrap_or(0)
        };
        let repeat = count(&|s| s.letter == part.letter);
        let again = count(&|s| s.kind == part.kind);
        let Some(shape) = shape_of(genre, part.kind) else { continue };
        let lift = 0.05 * mood.arousal + 0.02 * f64::from(again.min(4));
        let at = |e: f64| (e + lift).clamp(0.05, 1.0);
        let energy = (at(shape.energy.0), at(shape.energy.1));
        let position = index as f64 / parts.len().max(1) as f64;
        let extra = again
            + u32::from(energy.0 > 0.8)
            + u32::from(mood.density > 0.3)
            + u32::from(position > 0.6 && energy.0 > 0.6);
        let extra = if mood.density < -0.3 { extra.saturating_sub(1) } else { extra };
        let layers =
            shape.layers.iter().filter(|r| playing.contains(r)).copied().collect::<Vec<_>>();
        let mut roles =
            shape.roles.iter().filter(|r| playing.contains(r)).copied().collect::<Vec<_>>();
        let taken = usize::try_from(extra).unwrap_or(0).min(layers.len());
        roles.extend(layers.iter().take(taken));
        let quiet =
            matches!(part.kind, SectionKind::Intro | SectionKind::Outro | SectionKind::Breakdown);
        if !quiet || parts.len() <= 2 {
            roles.extend(forced);
        }
        if roles.iter().all(|r| *r == Role::Fx) {
            let fallback = [
                Role::Comp,
                Role::Pad,
                Role::Arp,
                Role::Comp2,
                Role::Lead,
                Role::Bass,
                Role::Drums,
                Role::Percussion,
                Role::Counter,
                Role::Texture,
                Role::Fx,
            ];
            roles.extend(fallback.into_iter().find(|r| playing.contains(r)));
        }
        roles.sort();
        roles.dedup();
        // The same players twice in a row: one more joins, or a colour steps back.
        if done.last().is_some_and(|s| s.roles == roles && s.kind == part.kind) {
            let joins = layers.iter().find(|r| !roles.contains(r)).copied();
            let leaves = layers
                .iter()
                .rev()
                .find(|r| roles.contains(r) && !forced.contains(r) && roles.len() > 2)
                .copied();
            match (joins, leaves) {
                (Some(role), _) => roles.push(role),
                (None, Some(role)) => roles.retain(|r| *r != role),
                (None, None) => {}
            }
            roles.sort();
        }
        done.push(PlannedSection {
            kind: part.kind,
            name,
            start_bar: bar,
            bars: part.bars,
            energy,
            roles,
            letter: part.letter,
            repeat,
        });
        bar += part.bars;
    }
    done
}

/// Names for markers: blocks of one kind in a row form a group, `verse 1a`, `verse 1b`; lone kinds have no number.
fn names(genre: &Genre, parts: &[FormPart]) -> Vec<String> {
    let word = |p: &FormPart| {
        let own = shape_of(genre, p.kind).filter(|_| genre.sections.contains_key(&p.kind));
        own.and_then(|s| s.name.clone()).unwrap_or_else(|| kind_name(p.kind).to_owned())
    };
    let mut groups: Vec<(usize, String, u32)> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let same =
            index.checked_sub(1).and_then(|i| parts.get(i)).is_some_and(|p| p.kind == part.kind);
        match groups.last_mut() {
            Some(group) if same => group.2 += 1,
            _ => groups.push((index, word(part), 1)),
        }
    }
    let mut names = Vec::with_capacity(parts.len());
    for (place, (_, name, blocks)) in groups.iter().enumerate() {
        let of_kind = groups.iter().filter(|g| g.1 == *name).count();
        let number = groups.iter().take(place + 1).filter(|g| g.1 == *name).count();
        for block in 0..*blocks {
            let letter = char::from_u32(u32::from('a') + block % 26).unwrap_or('a');
            names.push(match (of_kind > 1, *blocks > 1) {
                (false, false) => name.clone(),
                (true, false) => format!("{name} {number}"),
                (false, true) => format!("{name} {letter}"),
                (true, true) => format!("{name} {number}{letter}"),
            });
        }
    }
    names
}

#[cfg(test)]
mod tests;
