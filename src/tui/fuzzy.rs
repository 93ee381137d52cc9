//! Finds things by a few of their letters: what begins with them first, then what has them in order somewhere.
//!
//! Marks are grapheme indices, so that a view can colour what matched whatever the letters are made of.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use unicode_segmentation::UnicodeSegmentation;

/// What is added to the score of a match at the very beginning, above anything that the matcher gives by itself.
const AT_START: u32 = 1 << 20;

/// Looks for one text in many.
pub struct Finder {
    pattern: Pattern,
    query: Vec<String>,
    matcher: Matcher,
    letters: Vec<char>,
    marks: Vec<u32>,
}

/// How well something matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Higher is better.
    pub score: u32,
    /// The letters that matched, as grapheme indices, in order.
    pub marks: Vec<usize>,
}

impl Finder {
    /// For words with blanks between them: all of them have to match, in any order. Case and accents count only where the
    /// query has them.
    pub fn new(query: &str) -> Self {
        let pattern =
            Pattern::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        let query = query.trim().graphemes(true).map(str::to_lowercase).collect();
        let matcher = Matcher::new(Config::DEFAULT);
        Self { pattern, query, matcher, letters: Vec::new(), marks: Vec::new() }
    }

    /// Whether nothing is looked for, so that everything matches.
    pub fn is_empty(&self) -> bool {
        self.query.is_empty()
    }

    /// How well a text matches, if it does.
    pub fn fit(&mut self, text: &str) -> Option<Fit> {
        if self.is_empty() {
            return Some(Fit { score: 0, marks: Vec::new() });
        }
        let clusters = text.graphemes(true).collect::<Vec<_>>();
        let begins = clusters.len() >= self.query.len()
            && clusters.iter().zip(&self.query).all(|(have, want)| have.to_lowercase() == *want);
        if begins {
            // Of two that begin with it, the shorter one is nearer to it.
            let spare = u32::try_from(clusters.len() - self.query.len()).unwrap_or(u32::MAX);
            let score = AT_START + AT_START.saturating_sub(spare);
            return Some(Fit { score, marks: (0..self.query.len()).collect() });
        }
        // One character stands for each cluster. The matcher would make its own choice, and for a text whose clusters all
        // begin with ASCII letters its indices would count bytes.
        self.letters.clear();
        self.letters.extend(clusters.iter().filter_map(|cluster| cluster.chars().next()));
        let hay = if text.is_ascii() && clusters.len() == text.len() {
            Utf32Str::Ascii(text.as_bytes())
        } else {
            Utf32Str::Unicode(&self.letters)
        };
        self.marks.clear();
        let score = self.pattern.indices(hay, &mut self.matcher, &mut self.marks)?;
        let mut marks = self.marks.iter().map(|mark| *mark as usize).collect::<Vec<_>>();
        marks.sort_unstable();
        marks.dedup();
        Some(Fit { score, marks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn best<'a>(query: &str, all: &[&'a str]) -> Vec<&'a str> {
        let mut finder = Finder::new(query);
        let mut found = all
            .iter()
            .filter_map(|text| Some((finder.fit(text)?.score, *text)))
            .collect::<Vec<_>>();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn beginnings_come_first_and_short_ones_before_long_ones() {
        let names = ["export", "tempo", "param", "params", "play", "preset"];
        assert_eq!(best("par", &names), ["param", "params"]);
        assert_eq!(best("p", &names)[..2], ["play", "param"]);
        assert_eq!(best("xp", &names), ["export"]);
        assert!(best("zzz", &names).is_empty());
    }

    #[test]
    fn words_match_in_any_order_and_blanks_match_all() {
        assert_eq!(best("open ses", &["session open", "session new"]), ["session open"]);
        assert_eq!(best("  ", &["a", "b"]), ["a", "b"]);
    }

    #[test]
    fn marks_count_what_the_eye_sees() {
        let marks = |query: &str, text: &str| Finder::new(query).fit(text).map(|fit| fit.marks);
        assert_eq!(marks("rain", "雨の rain"), Some(vec![3, 4, 5, 6]));
        assert_eq!(marks("b", "e\u{301}e\u{301}b"), Some(vec![2]));
        assert_eq!(marks("rd", "👩‍👩‍👧‍👦 rod"), Some(vec![2, 4]));
        assert_eq!(marks("雨", "a雨"), Some(vec![1]));
        assert_eq!(marks("cafe", "un café"), Some(vec![3, 4, 5, 6]));
        assert_eq!(marks("SES", "session"), Some(vec![0, 1, 2]));
    }

    proptest! {
        #[test]
        fn nothing_breaks_and_marks_are_inside(query in "\\PC{0,8}", text in "\\PC{0,30}") {
            if let Some(fit) = Finder::new(&query).fit(&text) {
                let clusters = text.graphemes(true).count();
                prop_assert!(fit.marks.iter().all(|mark| *mark < clusters));
                prop_assert!(fit.marks.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }

        #[test]
        fn a_text_is_found_by_its_own_beginning(text in "[a-zé雨]{1,12}", cut in 1usize..12) {
            let query = text.chars().take(cut).collect::<String>();
            prop_assert!(Finder::new(&query).fit(&text).is_some());
        }
    }
}
