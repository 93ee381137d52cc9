//! Files that the workstation ships with, held to each other: themes, keys, and the words of prompts.
//! `TIMBRE_BLESS=1` writes assets/prompt-words.toml anew.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use timbre::config::keymap::{DEFAULT_NAME, default_text};
use timbre::config::theme::Shelf;
use timbre::generate::composer::genre::GenreBook;
use timbre::generate::composer::instruments::INSTRUMENTS;
use timbre::generate::composer::lexicon::{Lexicon, MAX_PHRASE_WORDS, Meaning};
use timbre::tui::highlight::Highlighter;
use timbre::tui::keymap::{Context, Keymap};
use timbre::tui::themes;

const WORDS: &str = "assets/prompt-words.toml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_theme_of_the_folder_ships_and_is_read_without_a_warning() {
    let shelf = Shelf::new("nowhere");
    let files = fs::read_dir(root().join("themes")).unwrap();
    let files = files
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect::<BTreeSet<_>>();
    assert_eq!(files, shelf.names().into_iter().collect());
    assert!(files.len() >= 6);
    for name in files {
        let spec = shelf.load(&name, &themes::scope_names()).unwrap();
        assert!(spec.warnings.is_empty(), "{name}: {:?}", spec.warnings);
    }
}

#[test]
fn the_keys_that_ship_are_read_without_a_mistake_as_a_users_file_would_be() {
    let map = Keymap::load(&default_text(), DEFAULT_NAME).unwrap();
    assert_eq!(map.help(Context::Composer), Keymap::default().help(Context::Composer));
}

/// What a word is for the eye, by what it means to the composer.
fn kind(meaning: &Meaning) -> Option<&'static str> {
    match meaning {
        Meaning::Genre(_) | Meaning::Nearest(_) | Meaning::Tune(..) => Some("genre"),
        Meaning::Instrument(_) | Meaning::Role(_) => Some("instrument"),
        Meaning::Mood(_) | Meaning::Production(_) => Some("mood"),
        Meaning::Tempo(_) | Meaning::Pace(_) => Some("tempo"),
        Meaning::Form(_) => Some("form"),
        Meaning::Mode(_)
        | Meaning::Metre(..)
        | Meaning::Loop
        | Meaning::Instrumental
        | Meaning::Filler => None,
    }
}

/// Every phrase that stands in a file or in the table of instruments.
fn phrases() -> BTreeSet<String> {
    fn collect(value: &toml::Value, found: &mut BTreeSet<String>) {
        match value {
            toml::Value::String(word) => {
                found.insert(word.clone());
            }
            toml::Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
            toml::Value::Table(table) => {
                for (key, value) in table {
                    found.insert(key.clone());
                    collect(value, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let genres = fs::read_dir(root().join("presets/genres")).unwrap();
    let files = genres.map(|entry| entry.unwrap().path());
    for path in files.chain([root().join("assets/lexicon.toml")]) {
        let text = fs::read_to_string(path).unwrap();
        collect(&toml::from_str::<toml::Value>(&text).unwrap(), &mut found);
    }
    for instrument in INSTRUMENTS {
        found.extend([instrument.id, instrument.name].map(str::to_owned));
        found.extend(instrument.words.iter().map(|word| (*word).to_owned()));
    }
    // Roles and pieces of kits have no file; those that are no words are sorted out below.
    let roles = "drums drum drumming drumbeat kit drummer bass basses kick snare snares clap rimshot hats hihat hihats \
                 cymbals cymbal percussive countermelody effects fx";
    found.extend(roles.split_whitespace().map(str::to_owned));
    let phrases =
        ["drum beat", "kick drum", "bass drum", "hi hat", "hi hats", "counter melody", "lead line"];
    found.extend(phrases.map(str::to_owned));
    found.into_iter().map(|phrase| phrase.to_lowercase().replace('-', " ")).collect()
}

/// The words as the lexicon has them, by kind.
fn words() -> BTreeMap<&'static str, BTreeSet<String>> {
    let lexicon = Lexicon::new(&GenreBook::built_in().unwrap()).unwrap();
    let mut words: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for phrase in phrases() {
        // A plural that is understood only as one is found by its singular.
        let singular = phrase
            .strip_suffix('s')
            .is_some_and(|one| lexicon.meaning(one) == lexicon.meaning(&phrase));
        if singular || phrase.split(' ').count() > MAX_PHRASE_WORDS {
            continue;
        }
        if let Some(kind) = lexicon.meaning(&phrase).and_then(kind) {
            words.entry(kind).or_default().insert(phrase);
        }
    }
    words
}

#[test]
fn the_words_that_are_coloured_are_those_that_the_composer_understands() {
    let mut text = String::from(
        "# Words of prompts by kind, for colouring and completing them. Made from lexicon.toml, the genres and the\n\
         # instruments: TIMBRE_BLESS=1 cargo nextest run --test tui_assets\n",
    );
    for (kind, list) in words() {
        text.push_str(&format!("\n{kind} = [\n"));
        list.iter().for_each(|word| text.push_str(&format!("  \"{word}\",\n")));
        text.push_str("]\n");
    }
    let file = root().join(WORDS);
    if std::env::var_os("TIMBRE_BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == text,
        "{WORDS} is behind: TIMBRE_BLESS=1 cargo nextest run --test tui_assets"
    );
}

#[test]
fn every_word_gets_a_colour_and_filler_gets_none() {
    let highlighter = Highlighter::new();
    for (kind, list) in words().into_iter().filter(|(kind, _)| *kind != "form") {
        for word in list {
            let spans = highlighter.spans(&word);
            assert!(!spans.is_empty(), "{kind}: '{word}' has no colour");
        }
    }
    for filler in ["the", "please", "with", "something"] {
        assert!(highlighter.spans(filler).is_empty(), "{filler}");
    }
}
