//! The words of prompts: what each phrase means. Gathered from assets/lexicon.toml, the genres and the instruments.
//!
//! The lexicon only looks phrases up; reading a prompt with all its grammar is `brief`'s work.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::genre::{GenreBook, GenreError};
use super::instruments::INSTRUMENTS;
use super::sketch::{MoodShape, Role};
use crate::model::key::Mode;

const TEXT: &str = include_str!("../../../assets/lexicon.toml");

/// Most words in one phrase.
pub const MAX_PHRASE_WORDS: usize = 4;

/// What a phrase means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A genre that has a file.
    Genre(String),
    /// A genre without a file, by its name.
    Nearest(String),
    /// A mood, by its canonical name.
    Mood(String),
    /// A quality of production, by its canonical name.
    Production(String),
    /// A tempo word, by its canonical name.
    Tempo(String),
    /// An instrument, by id.
    Instrument(&'static str),
    /// A role or a piece of a kit, by id, such as `drums` or `hats`.
    Role(&'static str),
    /// A kind of section.
    Form(String),
    /// A whole chorus such as `blues`, and the genre it comes from.
    Tune(String, String),
    /// A mode without a tonic.
    Mode(Mode),
    /// A metre by name, such as a waltz.
    Metre(u8, u8),
    /// A seamless loop.
    Loop,
    /// Half or double the tempo.
    Pace(bool),
    /// Music without voices.
    Instrumental,
    /// Nothing.
    Filler,
}

/// How a mood or a quality of production bends the music.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bend {
    words: Vec<String>,
    valence: f64,
    arousal: f64,
    brightness: f64,
    density: f64,
    space: f64,
    dirt: f64,
    /// Factor on the tempo; 0 leaves it alone.
    tempo: f64,
    /// Odds added to the genre's own.
    pub modes: BTreeMap<Mode, u32>,
    /// Instruments that come with it.
    pub wants: Vec<String>,
}

impl Bend {
    /// Its part in the shape of the mood.
    pub fn shape(&self) -> MoodShape {
        MoodShape {
            valence: self.valence,
            arousal: self.arousal,
            brightness: self.brightness,
            density: self.density,
            space: self.space,
            dirt: self.dirt,
        }
    }

    /// Factor on a tempo that nobody stated.
    pub fn tempo_factor(&self) -> f64 {
        if self.tempo > 0.0 { self.tempo } else { 1.0 }
    }
}

/// A tempo word: a tempo of its own, or a place in the genre's range.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TempoWord {
    bpm: Option<f64>,
    fraction: Option<f64>,
    words: Vec<String>,
}

/// A genre without a file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// The nearest genre that has one.
    pub genre: String,
    /// The tempo it is known for.
    pub bpm: f64,
    words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordList {
    words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    moods: BTreeMap<String, Bend>,
    production: BTreeMap<String, Bend>,
    tempos: BTreeMap<String, TempoWord>,
    nearest: BTreeMap<String, Neighbour>,
    form: BTreeMap<String, WordList>,
    filler: WordList,
}

/// Where a tempo word points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TempoHint {
    /// A tempo.
    Bpm(f64),
    /// A place in the genre's range, 0 to 1.
    Fraction(f64),
}

/// Every phrase that is known.
#[derive(Debug, Clone)]
pub struct Lexicon {
    phrases: BTreeMap<String, Meaning>,
    /// Single words worth recognising in spite of a slip, by first letter.
    words: BTreeMap<char, Vec<String>>,
    tables: Tables,
}

/// Roles, pieces of kits and other words that are no instruments of their own.
const ROLES: &[(&str, &str)] = &[
    ("drums", "drums"),
    ("drum", "drums"),
    ("drumming", "drums"),
    ("drum beat", "drums"),
    ("drumbeat", "drums"),
    ("kit", "drums"),
    ("drummer", "drums"),
    ("bass", "bass"),
    ("basses", "bass"),
    ("kick", "kick"),
    ("kick drum", "kick"),
    ("bass drum", "kick"),
    ("snare", "snare"),
    ("snares", "snare"),
    ("clap", "snare"),
    ("rimshot", "snare"),
    ("hats", "hats"),
    ("hi hats", "hats"),
    ("hi hat", "hats"),
    ("hihat", "hats"),
    ("hihats", "hats"),
    ("cymbals", "hats"),
    ("cymbal", "hats"),
    ("percussive", "percussion"),
    ("pad sound", "pad"),
    ("countermelody", "counter"),
    ("counter melody", "counter"),
    ("lead melody", "lead"),
    ("lead line", "lead"),
    ("effects", "fx"),
    ("fx", "fx"),
];

const MODES: &[(&str, Mode)] = &[
    ("major", Mode::Ionian),
    ("major key", Mode::Ionian),
    ("minor", Mode::Aeolian),
    ("minor key", Mode::Aeolian),
    ("ionian", Mode::Ionian),
    ("dorian", Mode::Dorian),
    ("phrygian", Mode::Phrygian),
    ("lydian", Mode::Lydian),
    ("mixolydian", Mode::Mixolydian),
    ("aeolian", Mode::Aeolian),
    ("locrian", Mode::Locrian),
    ("harmonic minor", Mode::HarmonicMinor),
    ("melodic minor", Mode::MelodicMinor),
];

impl Lexicon {
    /// Gathers the words. Where two sources claim a phrase, the earlier of genres, instruments and the file wins.
    /// Errors: [`GenreError`] naming the lexicon's file and line.
    pub fn new(genres: &GenreBook) -> Result<Self, GenreError> {
        let tables = toml::from_str::<Tables>(TEXT).map_err(|error| GenreError {
            file: "lexicon.toml".into(),
            line: error
                .span()
                .map_or(1, |s| TEXT[..s.start.min(TEXT.len())].lines().count().max(1)),
            message: error.message().to_owned(),
            nearest: None,
        })?;
        let mut phrases = BTreeMap::new();
        let mut put = |phrase: &str, meaning: Meaning| {
            phrases.entry(normal(phrase)).or_insert(meaning);
        };
        for genre in genres.all() {
            put(&genre.id, Meaning::Genre(genre.id.clone()));
            put(&genre.name, Meaning::Genre(genre.id.clone()));
            for alias in &genre.aliases {
                put(alias, Meaning::Genre(genre.id.clone()));
            }
            for tune in &genre.tunes {
                for word in &tune.words {
                    put(word, Meaning::Tune(tune.name.clone(), genre.id.clone()));
                }
            }
        }
        for (phrase, role) in ROLES {
            put(phrase, Meaning::Role(role));
        }
        for instrument in INSTRUMENTS {
            put(instrument.id, Meaning::Instrument(instrument.id));
            put(instrument.name, Meaning::Instrument(instrument.id));
            for word in instrument.words {
                put(word, Meaning::Instrument(instrument.id));
            }
        }
        for (phrase, mode) in MODES {
            put(phrase, Meaning::Mode(*mode));
        }
        for (phrase, top, bottom) in [
            ("waltz", 3, 4),
            ("waltzing", 3, 4),
            ("six eight", 6, 8),
            ("three four", 3, 4),
            ("four four", 4, 4),
            ("5 4 time", 5, 4),
        ] {
            put(phrase, Meaning::Metre(top, bottom));
        }
        for phrase in [
            "loop",
            "looped",
            "looping",
            "loopable",
            "seamless",
            "seamless loop",
            "seamlessly",
            "endless",
        ] {
            put(phrase, Meaning::Loop);
        }
        for phrase in ["half time", "halftime"] {
            put(phrase, Meaning::Pace(false));
        }
        for phrase in ["double time", "doubletime"] {
            put(phrase, Meaning::Pace(true));
        }
        for phrase in ["instrumental", "instrumentals"] {
            put(phrase, Meaning::Instrumental);
        }
        let named = |table: &BTreeMap<String, Bend>, make: fn(String) -> Meaning| {
            table
                .iter()
                .flat_map(|(name, bend)| {
                    std::iter::once(name)
                        .chain(&bend.words)
                        .map(|w| (w.clone(), make(name.clone())))
                        .collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        for (phrase, meaning) in named(&tables.moods, Meaning::Mood)
            .into_iter()
            .chain(named(&tables.production, Meaning::Production))
        {
            put(&phrase, meaning);
        }
        for (name, tempo) in &tables.tempos {
            for word in std::iter::once(name).chain(&tempo.words) {
                put(word, Meaning::Tempo(name.clone()));
            }
        }
        for (name, neighbour) in &tables.nearest {
            for word in std::iter::once(name).chain(&neighbour.words) {
                put(word, Meaning::Nearest(name.clone()));
            }
        }
        for (name, list) in &tables.form {
            for word in std::iter::once(name).chain(&list.words) {
                put(word, Meaning::Form(name.clone()));
            }
        }
        for word in &tables.filler.words {
            put(word, Meaning::Filler);
        }
        let mut words: BTreeMap<char, Vec<String>> = BTreeMap::new();
        for phrase in phrases.keys().filter(|p| !p.contains(' ') && p.chars().count() >= 4) {
            if let Some(first) = phrase.chars().next() {
                words.entry(first).or_default().push(phrase.clone());
            }
        }
        Ok(Self { phrases, words, tables })
    }

    /// The meaning of a phrase of lower-case words with single spaces; a plural or a possessive of its last word is
    /// understood too.
    pub fn meaning(&self, phrase: &str) -> Option<&Meaning> {
        let plural = || phrase.strip_suffix('s').filter(|p| p.chars().count() > 2);
        self.phrases.get(phrase).or_else(|| self.phrases.get(plural()?))
    }

    /// The known word that a misspelt one probably was: one slip away, or two in a word of eight letters or more, with
    /// the same first letter; `None` where two are equally near.
    pub fn nearest_word(&self, word: &str) -> Option<&str> {
        let length = word.chars().count();
        let slips = match length {
            4..=7 => 1,
            8..=20 => 2,
            _ => return None,
        };
        let mut best: Option<(usize, &str)> = None;
        let mut tied = false;
        for known in self.words.get(&word.chars().next()?)? {
            if known.chars().count().abs_diff(length) > slips {
                continue;
            }
            let distance = strsim::osa_distance(word, known);
            match best {
                _ if distance > slips => {}
                Some((least, _)) if distance > least => {}
                Some((least, kept)) if distance == least => {
                    tied = self.meaning(kept) != self.meaning(known);
                }
                _ => {
                    best = Some((distance, known));
                    tied = false;
                }
            }
        }
        best.filter(|_| !tied).map(|(_, known)| known)
    }

    /// The bend of a mood or a quality of production.
    pub fn bend(&self, name: &str) -> Option<&Bend> {
        self.tables.moods.get(name).or_else(|| self.tables.production.get(name))
    }

    /// Where a tempo word, or the name of a genre without a file, points.
    pub fn tempo(&self, name: &str) -> Option<TempoHint> {
        let word = self.tables.tempos.get(name);
        let own =
            word.and_then(|t| t.bpm.map(TempoHint::Bpm).or(t.fraction.map(TempoHint::Fraction)));
        own.or_else(|| self.neighbour(name).map(|n| TempoHint::Bpm(n.bpm)))
    }

    /// A genre without a file.
    pub fn neighbour(&self, name: &str) -> Option<&Neighbour> {
        self.tables.nearest.get(name)
    }

    /// Number of phrases.
    pub fn len(&self) -> usize {
        self.phrases.len()
    }

    /// Whether there are no phrases.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }
}

/// Roles that a wish such as `drums` or `hats` is about.
pub fn role_of(id: &str) -> Option<Role> {
    match id {
        "kick" | "snare" | "hats" => Some(Role::Drums),
        _ => Role::from_id(id),
    }
}

/// Lower case, with hyphens as spaces.
fn normal(phrase: &str) -> String {
    phrase.to_lowercase().replace('-', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::new(&GenreBook::built_in().expect("genres")).expect("the lexicon")
    }

    #[test]
    fn the_lexicon_is_large_and_its_references_hold() {
        let genres = GenreBook::built_in().expect("genres");
        let lexicon = lexicon();
        assert!(lexicon.len() > 800, "{}", lexicon.len());
        for (name, neighbour) in &lexicon.tables.nearest {
            assert!(genres.get(&neighbour.genre).is_some(), "{name}");
            assert!((40.0..200.0).contains(&neighbour.bpm), "{name}");
        }
        for bend in lexicon.tables.moods.values().chain(lexicon.tables.production.values()) {
            for want in &bend.wants {
                assert!(super::super::instruments::instrument(want).is_some(), "{want}");
            }
        }
        for phrase in lexicon.phrases.keys() {
            assert!(phrase.split(' ').count() <= MAX_PHRASE_WORDS, "'{phrase}' is never found");
        }
    }

    #[test]
    fn phrases_plurals_and_slips_are_found() {
        let lexicon = lexicon();
        assert_eq!(lexicon.meaning("lo fi hip hop"), Some(&Meaning::Genre("lofi".into())));
        assert_eq!(lexicon.meaning("electric pianos"), Some(&Meaning::Instrument("rhodes")));
        assert_eq!(lexicon.meaning("melancholic"), Some(&Meaning::Mood("sad".into())));
        assert_eq!(lexicon.nearest_word("rhodse"), Some("rhodes"));
        assert_eq!(lexicon.nearest_word("saxophne"), Some("saxophone"));
        assert_eq!(lexicon.nearest_word("xylograph"), None);
        assert_eq!(lexicon.tempo("techno"), Some(TempoHint::Bpm(130.0)));
        assert_eq!(lexicon.tempo("slow"), Some(TempoHint::Fraction(0.15)));
    }
}
