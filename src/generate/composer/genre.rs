//! Genres as data: one TOML file each under presets/genres, read into [`Genre`].
//!
//! The upper half of a file says what the piece is (tempo, swing, modes, progressions, forms, who plays); the lower
//! half, `[style]`, says how it is played. Everything is checked when it is read, so the stages need no checks.
//!
//! # How to add a genre
//!
//! 1. Copy the file of the nearest genre to `presets/genres/<id>.toml`, and change `id`, `name`, `aliases` and `doc`.
//! 2. Set `tempo`, `swing`, `metres` and `modes`; weights are relative odds, whole numbers.
//! 3. Write `progressions`: bars stand between `|`, chords of one bar share it evenly, `%` repeats the bar before.
//!    Numerals count from the major scale whatever the mode: the chord on the sixth of a minor key is `bVI`.
//!    At least one progression is needed for each class of mode (major, minor) that `modes` allows.
//! 4. Write `forms` from long to short: `I4 V8 C8 O4`. Letters: `I` intro, `V` verse, `P` pre-chorus, `C` chorus,
//!    `B` bridge, `D` drop, `Bd` build, `Br` breakdown, `S` solo, `O` outro, `F` field. `S=V8` is a solo over the
//!    harmony of the verse.
//! 5. List who may play (`palette`) and who plays in which section (`sections`): `roles` always, `layers` one after
//!    another as the piece grows.
//! 6. Fill `[style]`, and add the file to [`BUILT_IN`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::instruments::instrument;
use super::sketch::{Role, SectionKind};
use crate::model::key::{Key, Mode};
use crate::model::mastering::Mastering;
use crate::model::tempo::Metre;
use crate::music::numeral::Numeral;

pub mod chart;
pub mod style;

use chart::{FormTemplate, Progression, Substitution};

/// A genre: everything that makes a style sound like itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genre {
    /// Stable id, such as `lofi`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Other words for it in prompts, lower case.
    pub aliases: Vec<String>,
    /// One or two sentences about its sound.
    pub doc: String,
    /// Where its tempo lies, in BPM.
    pub tempo: TempoRange,
    /// How it swings.
    pub swing: SwingRule,
    /// Metres with their odds.
    pub metres: Vec<MetreOdds>,
    /// Modes with their odds.
    pub modes: BTreeMap<Mode, u32>,
    /// Tonics that its players like, for major and minor modes.
    pub tonics: Tonics,
    /// Bars of a piece whose length nobody asked for.
    pub default_bars: u32,
    /// Chance of a last chorus a whole tone higher, 0 to 1.
    #[serde(default)]
    pub modulation: f64,
    /// Substitutions that may be made, at most two in eight bars.
    #[serde(default)]
    pub substitutions: Vec<Substitution>,
    /// Progressions of verses, and of every section that has no list of its own.
    pub progressions: Vec<Progression>,
    /// Progressions of choruses and drops; those of verses where empty.
    #[serde(default)]
    pub choruses: Vec<Progression>,
    /// Progressions of bridges.
    #[serde(default)]
    pub bridges: Vec<Progression>,
    /// Whole choruses, such as a twelve-bar blues or a 32-bar AABA, used where the form has room.
    #[serde(default)]
    pub tunes: Vec<Tune>,
    /// Forms, from long to short.
    pub forms: Vec<FormTemplate>,
    /// Energy and roles by kind of section.
    pub sections: BTreeMap<SectionKind, SectionShape>,
    /// Instruments by role with their odds; an odd of 0 only lends the instrument to whoever asks for it.
    pub palette: BTreeMap<Role, BTreeMap<String, u32>>,
    /// How the master should be.
    #[serde(default)]
    pub mastering: Mastering,
    /// Level of each role against the usual, in dB.
    #[serde(default)]
    pub mix_db: BTreeMap<Role, f64>,
    /// How the parts are played.
    #[serde(default)]
    pub style: style::Style,
}

/// Where a genre's tempo lies, in BPM.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TempoRange {
    /// Slowest that still is the genre.
    pub min: f64,
    /// What it is when nobody asks.
    pub default: f64,
    /// Fastest that still is the genre.
    pub max: f64,
}

impl TempoRange {
    /// The tempo at a fraction of the way through the range, 0 to 1, with the default at 0.5.
    pub fn at(self, fraction: f64) -> f64 {
        let f = fraction.clamp(0.0, 1.0);
        if f < 0.5 {
            self.min + (self.default - self.min) * f * 2.0
        } else {
            self.default + (self.max - self.default) * (f - 0.5) * 2.0
        }
    }
}

/// How a genre swings.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwingRule {
    /// Length of the subdivision that swings, in beats: 0.5 for eighths, 0.25 for sixteenths.
    pub unit: f64,
    /// Least position of the off subdivision inside its pair, 0.5 is straight.
    #[serde(default = "straight")]
    pub min: f64,
    /// Greatest position.
    #[serde(default = "straight")]
    pub max: f64,
    /// Whether the position follows the tempo, as jazz drummers play it (Friberg and Sundström 2002).
    #[serde(default)]
    pub by_tempo: bool,
}

fn straight() -> f64 {
    0.5
}

/// A metre and its odds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetreOdds {
    /// The metre.
    pub metre: Metre,
    /// Relative odds.
    pub weight: u32,
}

/// Tonics that suit a genre's instruments, as note names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tonics {
    /// For modes with a major third.
    pub major: Vec<String>,
    /// For modes with a minor third.
    pub minor: Vec<String>,
}

impl Tonics {
    /// Pitch classes for a mode; never empty once the genre was checked.
    pub fn classes(&self, mode: Mode) -> Vec<u8> {
        let names = if mode.is_minor() { &self.minor } else { &self.major };
        names.iter().filter_map(|n| n.parse::<Key>().ok()).map(|k| k.tonic).collect()
    }
}

/// A whole chorus with letters that share harmony.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tune {
    /// What musicians call it, such as `rhythm changes`.
    pub name: String,
    /// Relative odds.
    pub weight: u32,
    /// Words in a prompt that ask for it.
    #[serde(default)]
    pub words: Vec<String>,
    /// Class of mode it is in.
    pub mode: chart::ModeClass,
    /// Letters in order, such as `AABA`, or `A` for a blues.
    pub letters: String,
    /// Chart of each letter.
    pub charts: BTreeMap<char, chart::Chart>,
}

/// Energy and roles of a kind of section.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionShape {
    /// Name for markers; the kind's own where left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Energy at start and end, 0 to 1.
    pub energy: (f64, f64),
    /// Roles that always play.
    pub roles: Vec<Role>,
    /// Roles that join one after another when the section comes back or energy is high.
    #[serde(default)]
    pub layers: Vec<Role>,
}

/// The built-in genre files: file name and text.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("lofi.toml", include_str!("../../../presets/genres/lofi.toml")),
    ("house.toml", include_str!("../../../presets/genres/house.toml")),
    ("ambient.toml", include_str!("../../../presets/genres/ambient.toml")),
    ("pop.toml", include_str!("../../../presets/genres/pop.toml")),
    ("rock.toml", include_str!("../../../presets/genres/rock.toml")),
    ("jazz.toml", include_str!("../../../presets/genres/jazz.toml")),
];

/// Why a genre file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {message}")]
pub struct GenreError {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The key that was probably meant.
    pub nearest: Option<String>,
}

impl GenreError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match &self.nearest {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!("compare {} with a built-in genre file", self.file),
        }
    }
}

/// All genres, in a fixed order.
#[derive(Debug, Clone, PartialEq)]
pub struct GenreBook {
    genres: Vec<Arc<Genre>>,
}

impl GenreBook {
    /// Reads the built-in genres. Errors: [`GenreError`] where a file is at fault (tests keep that from shipping).
    pub fn built_in() -> Result<Self, GenreError> {
        let genres = BUILT_IN
            .iter()
            .map(|(file, text)| Genre::read(file, text).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { genres })
    }

    /// Adds a genre, or replaces the one of the same id.
    pub fn insert(&mut self, genre: Genre) {
        let genre = Arc::new(genre);
        match self.genres.iter_mut().find(|g| g.id == genre.id) {
            Some(slot) => *slot = genre,
            None => self.genres.push(genre),
        }
    }

    /// The genre of an id.
    pub fn get(&self, id: &str) -> Option<&Arc<Genre>> {
        self.genres.iter().find(|g| g.id == id)
    }

    /// Every genre, in order; never empty.
    pub fn all(&self) -> &[Arc<Genre>] {
        &self.genres
    }
}

impl Genre {
    /// Reads a genre from the text of its file and checks it. `file` is only used in messages.
    pub fn read(file: &str, text: &str) -> Result<Self, GenreError> {
        let genre = toml::from_str::<Self>(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let message = error.message().trim().replace('\n', " ");
            GenreError { file: file.to_owned(), line, nearest: nearest(&message), message }
        })?;
        genre.check().map_err(|(key, message)| {
            let line = text
                .lines()
                .position(|l| l.trim_start().trim_start_matches('[').starts_with(key))
                .map_or(1, |i| i + 1);
            GenreError { file: file.to_owned(), line, message, nearest: None }
        })?;
        Ok(genre)
    }

    /// What the types can't say. The key names the line that is at fault.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let TempoRange { min, default, max } = self.tempo;
        if !(20.0 <= min && min <= default && default <= max && max <= 400.0) {
            return Err(("tempo", "tempo wants 20 <= min <= default <= max <= 400".into()));
        }
        let swing = self.swing;
        let in_order = 0.5 <= swing.min && swing.min <= swing.max && swing.max <= 0.78;
        if !in_order || ![0.25, 0.5].contains(&swing.unit) {
            return Err((
                "swing",
                "swing wants a unit of 0.25 or 0.5 and 0.5 <= min <= max".into(),
            ));
        }
        if self.metres.iter().map(|m| m.weight).sum::<u32>() == 0 {
            return Err(("metres", "at least one metre needs a weight above 0".into()));
        }
        if self.modes.values().sum::<u32>() == 0 {
            return Err(("modes", "at least one mode needs a weight above 0".into()));
        }
        for names in [&self.tonics.major, &self.tonics.minor] {
            if names.is_empty() {
                return Err(("tonics", "both lists of tonics need a name".into()));
            }
            if let Some(bad) = names.iter().find(|n| n.parse::<Key>().is_err()) {
                return Err(("tonics", format!("'{bad}' is not a note name such as Eb")));
            }
        }
        for (minor, word) in [(false, "major"), (true, "minor")] {
            let wanted = self.modes.iter().any(|(m, w)| *w > 0 && m.is_minor() == minor);
            if wanted && !self.progressions.iter().any(|p| p.mode.allows(minor)) {
                return Err(("modes", format!("there is no progression for {word} modes")));
            }
        }
        let lists = [&self.progressions, &self.choruses, &self.bridges];
        let charts = lists.into_iter().flatten().map(|p| &p.chart);
        for chart in charts.chain(self.tunes.iter().flat_map(|t| t.charts.values())) {
            for numeral in chart.bars.iter().flatten() {
                Numeral::read(numeral).map_err(|e| ("progressions", e.to_string()))?;
            }
        }
        if self.forms.is_empty() {
            return Err(("forms", "at least one form is needed".into()));
        }
        for kind in self.forms.iter().flat_map(|f| f.parts.iter().map(|p| p.kind)) {
            if !self.sections.contains_key(&kind) {
                let word = chart::kind_name(kind);
                return Err((
                    "forms",
                    format!("there is no [sections.{word}] for a form's {word}"),
                ));
            }
        }
        for (role, odds) in &self.palette {
            for id in odds.keys() {
                let Some(known) = instrument(id) else {
                    return Err(("palette", format!("there is no instrument '{id}'")));
                };
                if !known.plays(*role) {
                    return Err(("palette", format!("'{id}' can't play the role {}", role.id())));
                }
            }
        }
        for tune in &self.tunes {
            if let Some(letter) = tune.letters.chars().find(|l| !tune.charts.contains_key(l)) {
                return Err(("tunes", format!("'{}' has no chart for {letter}", tune.name)));
            }
        }
        Ok(())
    }
}

/// Line number, from 1, of a byte offset.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// The expected name nearest to an unknown one, out of serde's message "unknown field `x`, expected one of `a`, `b`".
fn nearest(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.contains("unknown") {
        return None;
    }
    let unknown = quoted.next()?;
    quoted
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests;
