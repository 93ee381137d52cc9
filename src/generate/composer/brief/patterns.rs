//! What is read by its form rather than by its words: tempos, keys, metres and lengths.

use super::tokens::Token;
use crate::model::key::Key;
use crate::model::tempo::Metre;
use crate::model::units::{Bpm, Length, UnitError};

/// What a few words say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Tempo(Bpm),
    Key(Key),
    Metre(Metre),
    Length(Length),
    /// Readable, and outside of what can be done.
    Refused(UnitError),
    /// A place in time within a section (`drop at 0:45`), which is not followed.
    Place,
}

/// Reads a pattern at the start of `tokens`; returns how many words it takes.
pub(super) fn read(prompt: &str, tokens: &[Token]) -> Option<(usize, Found)> {
    let first = tokens.first()?;
    metre(first)
        .or_else(|| tempo(tokens))
        .or_else(|| length(tokens))
        .or_else(|| key(prompt, tokens))
}

fn text(tokens: &[Token], index: usize) -> &str {
    tokens.get(index).map_or("", |t| t.text.as_str())
}

/// Whether the word at an index continues the phrase before it.
fn joined(tokens: &[Token], index: usize) -> bool {
    tokens.get(index).is_some_and(|t| !t.after_break)
}

fn metre(first: &Token) -> Option<(usize, Found)> {
    first.text.contains('/').then_some(())?;
    first.text.parse::<Metre>().ok().map(|m| (1, Found::Metre(m)))
}

fn number(word: &str) -> Option<f64> {
    const WORDS: [(&str, f64); 20] = [
        ("one", 1.0),
        ("two", 2.0),
        ("three", 3.0),
        ("four", 4.0),
        ("five", 5.0),
        ("six", 6.0),
        ("seven", 7.0),
        ("eight", 8.0),
        ("nine", 9.0),
        ("ten", 10.0),
        ("twelve", 12.0),
        ("fifteen", 15.0),
        ("sixteen", 16.0),
        ("twenty", 20.0),
        ("thirty", 30.0),
        ("forty", 40.0),
        ("fifty", 50.0),
        ("sixty", 60.0),
        ("ninety", 90.0),
        ("a", 1.0),
    ];
    let digits = word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 12;
    if digits && word.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return word.parse().ok();
    }
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn digits(word: &str) -> Option<f64> {
    word.starts_with(|c: char| c.is_ascii_digit()).then(|| number(word)).flatten()
}

fn checked_tempo(count: usize, value: f64) -> (usize, Found) {
    (count, Bpm::new(value).map_or_else(Found::Refused, Found::Tempo))
}

fn tempo(tokens: &[Token]) -> Option<(usize, Found)> {
    let first = text(tokens, 0);
    if let Some(value) = first.strip_suffix("bpm").and_then(digits) {
        return Some(checked_tempo(1, value));
    }
    // `bpm 120`, `bpm of 120`, `tempo: 120`.
    if matches!(first, "bpm" | "tempo") {
        let filler =
            usize::from(matches!(text(tokens, 1), "of" | "is" | "at" | "around" | "about"));
        if let Some(value) = digits(text(tokens, 1 + filler)) {
            let unit = usize::from(text(tokens, 2 + filler) == "bpm");
            return Some(checked_tempo(2 + filler + unit, value));
        }
        return None;
    }
    let lead = usize::from(matches!(first, "at" | "around" | "about" | "roughly" | "circa"));
    let value = digits(text(tokens, lead))?;
    let next = text(tokens, lead + 1);
    if next == "bpm" {
        return Some(checked_tempo(lead + 2, value));
    }
    if next == "ish" && joined(tokens, lead + 1) {
        let unit = usize::from(text(tokens, lead + 2) == "bpm");
        return Some(checked_tempo(lead + 2 + unit, value));
    }
    if next == "beats" && text(tokens, lead + 2) == "per" && text(tokens, lead + 3) == "minute" {
        return Some(checked_tempo(lead + 4, value));
    }
    // A bare number is a tempo where it stands alone or after `at`, and could be nothing else.
    let alone = tokens.get(lead + 1).is_none_or(|t| t.after_break);
    let likely = if lead > 0 { 40.0..=300.0 } else { 50.0..=220.0 };
    let instrument = matches!(first, "808" | "909" | "303");
    let unit = is_unit(next);
    // `house 124 with pads`: nothing that could be counted follows.
    let alone = alone || matches!(next, "with" | "without" | "in" | "no" | "and" | "for");
    (likely.contains(&value) && !unit && !instrument && (lead > 0 || alone))
        .then(|| checked_tempo(lead + 1, value))
}

fn is_unit(word: &str) -> bool {
    seconds_per(word).is_some() || matches!(word, "bar" | "bars" | "measures" | "measure")
}

fn seconds_per(word: &str) -> Option<f64> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        _ => None,
    }
}

/// `90s` in front of a word is the nineties, not a minute and a half.
fn is_decade(tokens: &[Token]) -> bool {
    let decade = matches!(text(tokens, 0), "50s" | "60s" | "70s" | "80s" | "90s");
    let counts = [
        "long", "loop", "clip", "track", "song", "version", "of", "in", "at", "with", "piece",
        "beat",
    ];
    decade && joined(tokens, 1) && !counts.contains(&text(tokens, 1))
}

fn length(tokens: &[Token]) -> Option<(usize, Found)> {
    let first = text(tokens, 0);
    let answer = |count: usize, length: Result<Length, UnitError>| {
        Some((count, length.map_or_else(Found::Refused, Found::Length)))
    };
    if first == "at" && text(tokens, 1).contains(':') {
        return Some((2, Found::Place));
    }
    if first.contains(':') {
        return first.parse::<Length>().ok().map(|l| (1, Found::Length(l)));
    }
    if is_decade(tokens) {
        return None;
    }
    let whole_bars = |value: f64| {
        if value.fract() == 0.0 && (0.0..=1e6).contains(&value) {
            Length::bars(value as u32)
        } else {
            format!("{value} bars").parse()
        }
    };
    if let Some(value) = first.strip_suffix("bars").or(first.strip_suffix("bar")).and_then(digits) {
        return answer(1, whole_bars(value));
    }
    if let Some(seconds) = compact(first) {
        return answer(1, Length::seconds(seconds));
    }
    let value = number(first)?;
    if !joined(tokens, 1) {
        return None;
    }
    let unit = text(tokens, 1);
    if matches!(unit, "bar" | "bars" | "measure" | "measures") && first != "a" {
        return answer(2, whole_bars(value));
    }
    let scale = seconds_per(unit)?;
    // `2 minutes 30 seconds`, `2 minutes and 30 seconds`.
    if scale == 60.0 {
        let and = usize::from(text(tokens, 2) == "and");
        if let (Some(rest), Some(1.0)) =
            (number(text(tokens, 2 + and)), seconds_per(text(tokens, 3 + and)))
        {
            return answer(4 + and, Length::seconds(value * 60.0 + rest));
        }
    }
    answer(2, Length::seconds(value * scale))
}

/// `30s`, `45sec`, `2min`, `1m30s`.
fn compact(word: &str) -> Option<f64> {
    let split = word.find(|c: char| c.is_ascii_alphabetic())?;
    let (amount, unit) = word.split_at_checked(split)?;
    let value = digits(amount)?;
    if let Some(scale) = seconds_per(unit) {
        return Some(value * scale);
    }
    let rest = unit.strip_prefix("min").or_else(|| unit.strip_prefix('m'))?;
    let tail = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = digits(tail)?;
    (seconds_per(rest.get(tail.len()..)?) == Some(1.0)).then_some(value * 60.0 + seconds)
}

fn key(prompt: &str, tokens: &[Token]) -> Option<(usize, Found)> {
    let first = text(tokens, 0);
    // `in C`, `key of C`, `in the key of C`.
    let lead = match (first, text(tokens, 1), text(tokens, 2), text(tokens, 3)) {
        ("in", "the", "key", "of") => 4,
        ("in", "key", "of", _) => 3,
        ("key", "of", _, _) => 2,
        ("in" | "key", _, _, _) => 1,
        _ => 0,
    };
    let token = tokens.get(lead)?;
    let written = prompt.get(token.start..token.end)?;
    let camelot = written.len() <= 3
        && written.ends_with(['A', 'B'])
        && written.starts_with(|c: char| c.is_ascii_digit());
    if camelot {
        return written.parse::<Key>().ok().map(|k| (lead + 1, Found::Key(k)));
    }
    let mut name = token.text.clone();
    let mut used = lead + 1;
    if !name.starts_with(|c: char| ('a'..='g').contains(&c)) {
        return None;
    }
    if matches!(text(tokens, used), "sharp" | "flat") {
        name = format!("{name} {}", text(tokens, used));
        used += 1;
    }
    let bare =
        |n: &str| n.len() == 1 || (n.len() == 2 && n.ends_with(['#', 'b'])) || n.contains(' ');
    if bare(&name) {
        for words in [2usize, 1] {
            let mode = (0..words).map(|i| text(tokens, used + i)).collect::<Vec<_>>().join(" ");
            let whole = (0..words).all(|i| joined(tokens, used + i));
            let known = whole && mode != "m";
            if known && let Ok(key) = format!("{name} {mode}").parse::<Key>() {
                return Some((used + words, Found::Key(key)));
            }
        }
        // A letter alone is a key only as a capital after `in` or `key of`, or with its accidental.
        let capital = written.starts_with(|c: char| c.is_ascii_uppercase());
        let marked = name.len() > 1 && name != "ab" && name != "eb" || name.ends_with('#');
        if capital && (lead > 0 || marked) {
            return name.parse::<Key>().ok().map(|k| (used, Found::Key(k)));
        }
        return None;
    }
    // `Am`, `F#m`, `Bbmin`: the letter must be a capital, or `am` would be a word.
    let capital = written.starts_with(|c: char| c.is_ascii_uppercase()) && !written.ends_with('M');
    let chordal = ["m", "min", "maj"].iter().any(|s| name.strip_suffix(s).is_some_and(bare));
    let pronoun = name == "am" && text(tokens, used) == "i";
    if capital && chordal && !pronoun {
        return written.parse::<Key>().ok().map(|k| (used, Found::Key(k)));
    }
    None
}
