//! Reads a prompt: what was asked for, what each phrase was taken for, and what was left over.
//!
//! Every word of the prompt ends in exactly one of three places: in a phrase of `understood`, among the fillers that
//! carry no music (`a`, `beat`, `with`), or in `unused`, which is shown. What is stated beside the prompt wins over it,
//! and within the prompt the later of two wishes wins; each time a note says so. Reading never fails.

use std::collections::BTreeMap;

use super::genre::GenreBook;
use super::instruments::instrument;
use super::lexicon::{Lexicon, MAX_PHRASE_WORDS, Meaning, role_of};
use crate::model::brief::{Brief, Reading};
use crate::model::request::Resolved;
use crate::model::tempo::Metre;

mod patterns;
mod tokens;

use patterns::Found;
use tokens::Token;

/// The word among `refused` that leaves nobody but those who are wanted.
pub const EVERYTHING_ELSE: &str = "everything else";

/// How many different unknown words are compared with the lexicon; beyond that a prompt is not worth guessing at.
const MAX_GUESSES: usize = 48;

/// Reads a request. Thread: any; takes well under a millisecond for a prompt that a person wrote.
pub fn read(request: &Resolved, lexicon: &Lexicon, genres: &GenreBook) -> Brief {
    let mut reader = Reader::new(&request.prompt, lexicon, genres);
    reader.run();
    reader.settle();
    let mut brief = reader.brief;
    state(&mut brief, request, genres);
    choose_genre(&mut brief, lexicon, genres);
    brief
}

struct Reader<'a> {
    prompt: &'a str,
    lexicon: &'a Lexicon,
    genres: &'a GenreBook,
    tokens: Vec<Token>,
    brief: Brief,
    /// Words that set the tempo, the key and so on, for notes when another one wins.
    said: BTreeMap<&'static str, String>,
    guesses: BTreeMap<String, Option<String>>,
    only: bool,
    /// Whether the phrase before was a wanted player.
    after_player: bool,
    tune_genre: Option<(String, String)>,
}

/// How a phrase is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Wanted,
    Refused,
    Only,
}

impl<'a> Reader<'a> {
    fn new(prompt: &'a str, lexicon: &'a Lexicon, genres: &'a GenreBook) -> Self {
        Self {
            prompt,
            lexicon,
            genres,
            tokens: tokens::cut(prompt),
            brief: Brief::default(),
            said: BTreeMap::new(),
            guesses: BTreeMap::new(),
            only: false,
            after_player: false,
            tune_genre: None,
        }
    }

    fn run(&mut self) {
        let tokens = std::mem::take(&mut self.tokens);
        let mut at = 0;
        while let Some(rest) = tokens.get(at..).filter(|r| !r.is_empty()) {
            at += self.step(rest).max(1);
        }
        self.tokens = tokens;
    }

    /// Reads the phrase that starts `rest`; returns how many words it took.
    fn step(&mut self, rest: &[Token]) -> usize {
        let after_player = std::mem::take(&mut self.after_player);
        if after_player && self.alone(rest) {
            return 1;
        }
        if self.counts_players(rest) {
            return 1;
        }
        if let Some(used) = self.negation(rest) {
            return used;
        }
        if let Some(used) = self.restriction(rest) {
            return used;
        }
        // Long phrases come before patterns, so that a twelve bar blues is not a length.
        if let Some((used, meaning)) = self.phrase(rest, 3..=MAX_PHRASE_WORDS) {
            self.take(rest, 0, used, &meaning, Sense::Wanted);
            return used;
        }
        if let Some((used, found)) = patterns::read(self.prompt, rest) {
            self.pattern(rest, used, &found);
            return used;
        }
        match self.phrase(rest, 1..=2).or_else(|| self.guess(rest)) {
            Some((used, meaning)) => {
                self.take(rest, 0, used, &meaning, Sense::Wanted);
                used
            }
            None => {
                self.leave(rest, 1);
                1
            }
        }
    }

    /// `guitar only`, `piano alone`: what stands before is all that is wanted.
    fn alone(&mut self, rest: &[Token]) -> bool {
        let Some(word) = rest.first().filter(|t| !t.after_break) else { return false };
        // Before another player it belongs to that one: `piano, only drums` and `piano only drums`.
        let own = matches!(word.text.as_str(), "only" | "alone") && {
            let next = rest.get(1..).and_then(|tail| self.phrase(tail, 1..=MAX_PHRASE_WORDS));
            !matches!(next, Some((_, Meaning::Instrument(_) | Meaning::Role(_))))
                || rest.get(1).is_some_and(|t| t.after_break)
        };
        if own {
            self.only = true;
            let phrase = self.slice(rest, 0, 1);
            self.understood(phrase, "without", EVERYTHING_ELSE);
        }
        own
    }

    /// `two guitars`, `3 synths`: one player stands for all of a kind, so the number says nothing more.
    fn counts_players(&self, rest: &[Token]) -> bool {
        const NUMBERS: [&str; 14] = [
            "two", "three", "four", "five", "six", "both", "several", "couple", "2", "3", "4", "5",
            "6", "pair",
        ];
        let number = rest.first().is_some_and(|t| NUMBERS.contains(&t.text.as_str()));
        let of = usize::from(rest.get(1).is_some_and(|t| t.text == "of"));
        number
            && rest.get(1 + of..).is_some_and(|tail| {
                tail.first().is_some_and(|t| !t.after_break)
                    && self.phrase(rest, 2..=MAX_PHRASE_WORDS).is_none()
                    && matches!(
                        self.phrase(tail, 1..=MAX_PHRASE_WORDS),
                        Some((_, Meaning::Instrument(_) | Meaning::Role(_)))
                    )
            })
    }

    /// The longest known phrase at the start of `rest` within a range of word counts.
    fn phrase(
        &self,
        rest: &[Token],
        lengths: std::ops::RangeInclusive<usize>,
    ) -> Option<(usize, Meaning)> {
        for count in lengths.rev() {
            let Some(words) = rest.get(..count) else { continue };
            if words.iter().skip(1).any(|w| w.after_break) {
                continue;
            }
            let joined =
                words.iter().map(|w| w.text.trim_end_matches("'s")).collect::<Vec<_>>().join(" ");
            if let Some(meaning) = self.lexicon.meaning(&joined) {
                return Some((count, meaning.clone()));
            }
        }
        None
    }

    /// A single word with a slip in it.
    fn guess(&mut self, rest: &[Token]) -> Option<(usize, Meaning)> {
        let word = &rest.first()?.text;
        if !self.guesses.contains_key(word) {
            if self.guesses.len() >= MAX_GUESSES {
                return None;
            }
            let near = self.lexicon.nearest_word(word).map(str::to_owned);
            self.guesses.insert(word.clone(), near);
        }
        let near = self.guesses.get(word)?.clone()?;
        let meaning = self.lexicon.meaning(&near)?.clone();
        let note = format!("read '{word}' as '{near}'");
        if meaning != Meaning::Filler && !self.brief.notes.contains(&note) {
            self.brief.notes.push(note);
        }
        Some((1, meaning))
    }

    /// `no drums or bass`, `without a piano`, `minus the hats`, `not too dark`.
    fn negation(&mut self, rest: &[Token]) -> Option<usize> {
        let words = |i: usize| rest.get(i).map_or("", |t| t.text.as_str());
        let lead = match (words(0), words(1)) {
            (
                "no" | "without" | "minus" | "sans" | "except" | "exclude" | "excluding" | "skip"
                | "remove" | "zero" | "nor",
                _,
            ) => 1,
            ("don't" | "dont", "use" | "want" | "add" | "include") => 2,
            ("not" | "never" | "non" | "hold", _) => 1,
            ("free" | "instead", "of") | ("rather", "than") => 2,
            _ => return None,
        };
        let mut at = lead;
        let mut first = 0;
        let mut any = false;
        loop {
            let skip = |w: &str| {
                matches!(
                    w,
                    "the"
                        | "a"
                        | "an"
                        | "any"
                        | "too"
                        | "so"
                        | "very"
                        | "more"
                        | "much"
                        | "really"
                        | "use"
                )
            };
            let mut start = at;
            while rest.get(start).is_some_and(|t| skip(&t.text) && (!t.after_break || start == 0)) {
                start += 1;
            }
            let Some(tail) = rest
                .get(start..)
                .filter(|t| t.first().is_some_and(|t| !t.after_break || start == 0))
            else {
                break;
            };
            // Words that say nothing when they are wished for, since there is always a melody and a beat.
            let part = match tail.first().map(|t| t.text.as_str()) {
                Some("melody" | "melodies") => Some((1, Meaning::Role("lead"))),
                Some("beat" | "beats") => Some((1, Meaning::Role("drums"))),
                _ => None,
            };
            let known = self.phrase(tail, 1..=MAX_PHRASE_WORDS);
            let Some((used, meaning)) = known.filter(|(_, m)| *m != Meaning::Filler).or(part)
            else {
                break;
            };
            // After `and`, only another instrument goes on being refused: `no drums and slow` is slow.
            let thing = matches!(meaning, Meaning::Instrument(_) | Meaning::Role(_));
            if any && !thing {
                break;
            }
            self.take(rest, first, start + used, &meaning, Sense::Refused);
            any = true;
            at = start + used;
            first = at;
            let and = matches!(words(at), "or" | "and" | "nor")
                && rest.get(at).is_some_and(|t| !t.after_break);
            let article = matches!(words(at + 1), "a" | "an" | "some");
            if !thing || !and || article {
                break;
            }
            at += 1;
        }
        any.then_some(first)
    }

    /// `only piano and bass`, `just rain`, `solo piano`.
    fn restriction(&mut self, rest: &[Token]) -> Option<usize> {
        let word = |i: usize| rest.get(i).map_or("", |t| t.text.as_str());
        if !matches!(word(0), "only" | "just" | "solo" | "purely" | "nothing") {
            return None;
        }
        let mut at = if word(0) == "nothing" && word(1) == "but" { 2 } else { 1 };
        let mut first = 0;
        let mut any = false;
        loop {
            let mut start = at;
            while matches!(word(start), "a" | "an" | "the" | "some" | "soft" | "gentle") {
                start += 1;
            }
            let tail = rest.get(start..)?;
            let found = self.phrase(tail, 1..=MAX_PHRASE_WORDS);
            let Some((used, meaning @ (Meaning::Instrument(_) | Meaning::Role(_)))) = found else {
                break;
            };
            self.take(rest, first, start + used, &meaning, Sense::Only);
            any = true;
            at = start + used;
            first = at;
            if !matches!(word(at), "and" | "with" | "plus") {
                break;
            }
            at += 1;
            if word(0) == "solo" {
                break;
            }
        }
        any.then_some(first)
    }

    fn slice(&self, tokens: &[Token], from: usize, to: usize) -> String {
        let start = tokens.get(from).map_or(0, |t| t.start);
        let end = tokens.get(to.saturating_sub(1)).map_or(start, |t| t.end);
        self.prompt.get(start..end).unwrap_or_default().to_owned()
    }

    fn leave(&mut self, rest: &[Token], count: usize) {
        for index in 0..count {
            let word = self.slice(rest, index, index + 1);
            self.brief.unused.push(word);
        }
    }

    fn understood(&mut self, phrase: String, field: &str, value: impl Into<String>) {
        self.brief.understood.push(Reading {
            phrase,
            field: field.to_owned(),
            value: value.into(),
        });
    }

    /// Notes that a later phrase wins over an earlier one of the same field.
    fn say(&mut self, field: &'static str, phrase: &str, changed: bool) {
        if let Some(before) = self.said.insert(field, phrase.to_owned())
            && changed
        {
            self.brief
                .notes
                .push(format!("'{phrase}' wins over '{before}', because it comes later"));
        }
    }

    fn pattern(&mut self, rest: &[Token], used: usize, found: &Found) {
        let phrase = self.slice(rest, 0, used);
        match found {
            Found::Tempo(bpm) => {
                let changed = self.brief.bpm.is_some_and(|b| b != *bpm);
                self.say("tempo", &phrase, changed);
                self.brief.bpm = Some(*bpm);
                self.understood(phrase, "tempo", format!("{bpm} BPM"));
            }
            Found::Key(key) => {
                let changed = self.brief.key.is_some_and(|k| k != *key);
                self.say("key", &phrase, changed);
                self.brief.key = Some(*key);
                self.understood(phrase, "key", key.to_string());
            }
            Found::Metre(metre) => {
                let changed = self.brief.metre.is_some_and(|m| m != *metre);
                self.say("metre", &phrase, changed);
                self.brief.metre = Some(*metre);
                self.understood(phrase, "metre", metre.to_string());
            }
            Found::Length(length) => {
                let changed = self.brief.length.is_some_and(|l| l != *length);
                self.say("duration", &phrase, changed);
                self.brief.length = Some(*length);
                self.understood(phrase, "duration", length.to_string());
            }
            Found::Refused(error) => {
                self.brief.notes.push(format!("'{phrase}' is left out: {error}"));
                self.leave(rest, used);
            }
            Found::Place => {
                self.brief
                    .notes
                    .push(format!("'{phrase}' is left out: sections can't be put at a time"));
                self.leave(rest, used);
            }
        }
    }

    /// Takes the words `from..to` of `rest` for what they mean.
    fn take(&mut self, rest: &[Token], from: usize, to: usize, meaning: &Meaning, sense: Sense) {
        let phrase = self.slice(rest, from, to);
        match meaning {
            Meaning::Filler => {}
            Meaning::Instrument(id) | Meaning::Role(id) => self.player(&phrase, id, sense),
            Meaning::Instrumental if sense == Sense::Wanted => {
                self.player(&phrase, "choir", Sense::Refused)
            }
            _ if sense == Sense::Refused => self.refuse(phrase, meaning),
            Meaning::Genre(id) => self.genre(&phrase, id, None),
            Meaning::Nearest(name) => self.genre(
                &phrase,
                self.lexicon.neighbour(name).map_or("pop", |n| n.genre.as_str()),
                Some(name),
            ),
            Meaning::Mood(name) => {
                push(&mut self.brief.moods, name);
                self.understood(phrase, "mood", name);
            }
            Meaning::Production(name) => {
                let wants = self.lexicon.bend(name).map(|b| b.wants.clone()).unwrap_or_default();
                self.understood(phrase, "production", name);
                for want in wants {
                    push(&mut self.brief.wanted, &want);
                }
            }
            Meaning::Tempo(name) => {
                let changed = self.brief.tempo_word.as_ref().is_some_and(|t| t != name);
                self.say("tempo word", &phrase, changed);
                self.brief.tempo_word = Some(name.clone());
                self.understood(phrase, "tempo", name);
            }
            Meaning::Pace(double) => {
                let name = if *double { "double-time" } else { "half-time" };
                self.understood(phrase, "tempo", name);
            }
            Meaning::Form(name) => {
                self.brief.form.push(name.clone());
                self.understood(phrase, "form", name);
            }
            Meaning::Tune(name, genre) => {
                self.brief.form.push(name.clone());
                self.tune_genre = Some((name.clone(), genre.clone()));
                self.understood(phrase, "form", name);
            }
            Meaning::Mode(mode) => {
                let changed = self.brief.mode.is_some_and(|m| m != *mode);
                self.say("mode", &phrase, changed);
                self.brief.mode = Some(*mode);
                self.understood(phrase, "key", mode.name());
            }
            Meaning::Metre(numerator, denominator) => {
                let metre = Metre { numerator: *numerator, denominator: *denominator };
                let changed = self.brief.metre.is_some_and(|m| m != metre);
                self.say("metre", &phrase, changed);
                self.brief.metre = Some(metre);
                self.understood(phrase, "metre", metre.to_string());
            }
            Meaning::Loop => {
                self.brief.looped = true;
                self.understood(phrase, "form", "loop");
            }
            Meaning::Instrumental => {}
        }
    }

    fn refuse(&mut self, phrase: String, meaning: &Meaning) {
        let value = match meaning {
            Meaning::Genre(name) | Meaning::Nearest(name) => {
                self.brief.genres.retain(|g| g != name);
                name.clone()
            }
            Meaning::Mood(name) => {
                self.brief.moods.retain(|m| m != name);
                name.clone()
            }
            Meaning::Form(name) | Meaning::Tune(name, _) => {
                self.brief.form.retain(|f| f != name);
                name.clone()
            }
            Meaning::Production(name) | Meaning::Tempo(name) => name.clone(),
            Meaning::Mode(mode) => mode.name().to_owned(),
            Meaning::Loop => {
                self.brief.looped = false;
                "loop".to_owned()
            }
            _ => String::new(),
        };
        self.understood(phrase, "without", value);
    }

    fn player(&mut self, phrase: &str, id: &str, sense: Sense) {
        let field = if sense == Sense::Refused { "without" } else { "instrument" };
        self.understood(phrase.to_owned(), field, id);
        let (into, out_of) = match sense {
            Sense::Refused => (&mut self.brief.refused, &mut self.brief.wanted),
            _ => (&mut self.brief.wanted, &mut self.brief.refused),
        };
        if out_of.iter().any(|x| x == id) {
            out_of.retain(|x| x != id);
            self.brief.notes.push(format!(
                "'{phrase}' wins over what was said of {id} before, because it comes later"
            ));
        }
        push(into, id);
        self.only |= sense == Sense::Only;
        self.after_player = sense == Sense::Wanted;
        let lower = phrase.to_lowercase();
        let sung = ["vocal", "sing", "voice"].iter().any(|word| lower.contains(word));
        if id == "choir" && sense != Sense::Refused && sung && !lower.contains("pad") {
            self.brief
                .notes
                .push(format!("nobody can sing here, so '{phrase}' is a choir without words"));
        }
    }

    fn genre(&mut self, phrase: &str, id: &str, stands_for: Option<&str>) {
        if let Some(name) = stands_for {
            let near = self.genres.get(id).map_or(id, |g| g.name.as_str());
            let note = format!("there is no {name} yet; the nearest is {near}");
            push(&mut self.brief.notes, &note);
            if self.brief.tempo_word.is_none() && self.brief.genres.is_empty() {
                self.brief.tempo_word = Some(name.to_owned());
            }
        }
        self.understood(phrase.to_owned(), "genre", id);
        if self.brief.genres.iter().any(|g| g == id) {
            return;
        }
        if self.brief.genres.len() >= 2 {
            self.brief.notes.push(format!(
                "'{phrase}' is left out: two genres can be mixed, and there are two already"
            ));
            return;
        }
        self.brief.genres.push(id.to_owned());
    }

    fn settle(&mut self) {
        if let Some((tune, genre)) = self.tune_genre.take()
            && !self.brief.genres.contains(&genre)
        {
            if self.brief.genres.is_empty() {
                self.brief.notes.push(format!("{tune} is played as {genre}"));
            }
            if self.brief.genres.len() < 2 {
                self.brief.genres.push(genre);
            }
        }
        if self.only {
            push(&mut self.brief.refused, EVERYTHING_ELSE);
        }
    }
}

fn push(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|x| x == item) {
        list.push(item.to_owned());
    }
}

/// Lets what is stated beside the prompt win over it.
fn state(brief: &mut Brief, request: &Resolved, genres: &GenreBook) {
    let phrase_of = |brief: &Brief, field: &str| {
        brief
            .understood
            .iter()
            .rev()
            .find(|r| r.field == field)
            .map(|r| r.phrase.clone())
            .unwrap_or_default()
    };
    if let Some(bpm) = request.bpm {
        if brief.bpm.is_some_and(|b| b != bpm)
            || brief.bpm.is_none() && brief.understood.iter().any(|r| r.field == "tempo")
        {
            brief.notes.push(format!(
                "--bpm {bpm} wins over '{}' in the prompt",
                phrase_of(brief, "tempo")
            ));
        }
        brief.bpm = Some(bpm);
    }
    if let Some(key) = request.key {
        let other_mode = brief.mode.is_some_and(|m| m != key.mode);
        if brief.key.is_some_and(|k| k != key) || other_mode {
            brief
                .notes
                .push(format!("--key {key} wins over '{}' in the prompt", phrase_of(brief, "key")));
        }
        brief.key = Some(key);
        brief.mode = None;
    }
    if let Some(metre) = request.metre {
        if brief.metre.is_some_and(|m| m != metre) {
            brief.notes.push(format!(
                "--metre {metre} wins over '{}' in the prompt",
                phrase_of(brief, "metre")
            ));
        }
        brief.metre = Some(metre);
    }
    if let Some(length) = request.duration {
        if brief.length.is_some_and(|l| l != length) {
            brief.notes.push(format!(
                "--duration {length} wins over '{}' in the prompt",
                phrase_of(brief, "duration")
            ));
        }
        brief.length = Some(length);
    }
    if let Some(genre) = &request.genre {
        if genres.get(genre).is_none() {
            brief.notes.push(format!("there is no genre '{genre}'"));
        } else if brief.genres.first().is_none_or(|g| g != genre) {
            if !brief.genres.is_empty() {
                brief.notes.push(format!(
                    "the genre {genre} that was stated wins over '{}' in the prompt",
                    phrase_of(brief, "genre")
                ));
            }
            brief.genres = vec![genre.clone()];
        }
    }
    for id in &request.instruments {
        if instrument(id).is_none() && role_of(id).is_none() {
            brief.notes.push(format!("there is no instrument '{id}'"));
        } else if brief.refused.iter().any(|r| r == id) {
            brief.notes.push(format!("{id} was stated and plays, although the prompt refuses it"));
            brief.refused.retain(|r| r != id);
            push(&mut brief.wanted, id);
        } else {
            push(&mut brief.wanted, id);
        }
    }
    for id in &request.without {
        if brief.wanted.iter().any(|w| w == id) {
            brief
                .notes
                .push(format!("{id} was ruled out and does not play, although it is wanted too"));
            brief.wanted.retain(|w| w != id);
        }
        push(&mut brief.refused, id);
    }
}

/// Where no genre was named: by instruments, then by mood.
fn choose_genre(brief: &mut Brief, lexicon: &Lexicon, genres: &GenreBook) {
    brief.genres.retain(|g| genres.get(g).is_some());
    if !brief.genres.is_empty() {
        return;
    }
    let clue = |id: &str| match id {
        "sax" | "brush-kit" | "upright" | "trumpet" | "muted-trumpet" => Some("jazz"),
        "drive-guitar" | "lead-guitar" | "acoustic-kit" | "pick-bass" => Some("rock"),
        "909" | "stab" | "fm-bass" => Some("house"),
        "drone" | "air-pad" | "glass-pad" | "wind" | "rain" | "choir" => Some("ambient"),
        "rhodes" | "vinyl" | "lofi-kit" | "wurli" => Some("lofi"),
        "steel-guitar" | "pop-kit" | "synth-lead" => Some("pop"),
        _ => None,
    };
    let arousal =
        brief.moods.iter().filter_map(|m| lexicon.bend(m)).map(|b| b.shape().arousal).sum::<f64>();
    let by_mood = match arousal {
        a if a >= 1.2 => "house",
        a if a > 0.2 => "pop",
        a if a <= -1.3 => "ambient",
        _ => "lofi",
    };
    let waltz = brief.metre.is_some_and(|m| m.numerator == 3) && by_mood == "lofi";
    let by_mood = if waltz { "jazz" } else { by_mood };
    let chosen = brief.wanted.iter().find_map(|id| clue(id)).unwrap_or(by_mood);
    let Some(genre) = genres.get(chosen).or_else(|| genres.all().first()) else { return };
    brief.genres.push(genre.id.clone());
    brief.notes.push(format!("no genre was named, so it is {}", genre.name));
}

#[cfg(test)]
mod tests;
