//! Titles: what the prompt calls the piece, and the key it came out in.

use unicode_segmentation::UnicodeSegmentation;

use super::sketch::Plan;

/// Most words that are taken from a prompt.
const WORDS: usize = 6;

/// Words that say what to do and not what it is.
const FILLERS: [&str; 24] = [
    "a", "an", "the", "some", "please", "make", "me", "give", "create", "generate", "write",
    "play", "i", "want", "need", "would", "like", "track", "song", "music", "piece", "of", "for",
    "to",
];

/// A title such as `Dusty Lofi Beat in A minor`.
pub fn make(prompt: &str, plan: &Plan) -> String {
    let phrase =
        prompt.split([',', ';', '.', '!', '?', '\n', '(', ':']).find(|p| !p.trim().is_empty());
    let words = phrase.unwrap_or("").split_whitespace().collect::<Vec<_>>();
    // Filler in front goes; in the middle it holds the phrase together.
    let from = words.iter().position(|w| !FILLERS.contains(&w.to_lowercase().as_str()));
    let meant = from.and_then(|from| words.get(from..)).unwrap_or(&[]);
    let told = meant
        .iter()
        .take_while(|w| !is_measure(w))
        .take(WORDS)
        .map(|word| capital(word))
        .collect::<Vec<_>>();
    let named = if told.is_empty() { plan.genre.name.clone() } else { told.join(" ") };
    let named = named.trim_end_matches([' ', '-', '–']).to_owned();
    // `Beat In A Minor` already says its key.
    let lower = named.to_lowercase();
    if [" minor", " major", " dorian"].iter().any(|mode| lower.ends_with(mode)) {
        return named;
    }
    let named = ["In", "At", "With", "And", "From", "On"].iter().fold(named, |name, word| {
        name.strip_suffix(&format!(" {word}")).map_or(name.clone(), str::to_owned)
    });
    format!("{named} in {}", plan.key)
}

/// Whether a word is a number with or without a unit: tempo and length are no names.
fn is_measure(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == ':' || c == '.')
        && !matches!(word, "808" | "909" | "80s" | "90s" | "70s")
}

/// The word with its first letter in upper case.
fn capital(word: &str) -> String {
    let clean = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut letters = clean.graphemes(true);
    letters.next().map_or_else(String::new, |first| first.to_uppercase() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::composer::fixture::piece;
    use crate::model::key::{Key, Mode};

    #[test]
    fn titles_say_what_it_is_and_the_key() {
        let mut plan = piece("lofi", 1, 16).plan;
        plan.key = Key::new(9, Mode::Aeolian);
        assert_eq!(make("dusty lofi beat", &plan), "Dusty Lofi Beat in A minor");
        assert_eq!(make("make me a dusty lofi beat, 82 bpm", &plan), "Dusty Lofi Beat in A minor");
        assert_eq!(make("slow 80s pop ballad 90 bpm", &plan), "Slow 80s Pop Ballad in A minor");
        assert_eq!(make("", &plan), "Lo-fi hip-hop in A minor");
        assert_eq!(make("lofi in A minor", &plan), "Lofi In A Minor");
        assert_eq!(make("  ...  ", &plan), "Lo-fi hip-hop in A minor");
    }
}
