//! Text that came from outside (prompts, tags, file names, models), made safe and fitted for a terminal.
//!
//! Cleaning removes what a terminal would obey: escape sequences, control characters, and marks that reorder
//! a line. It never removes letters, emoji or right-to-left text. It does not wrap or colour.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cleans a text and puts it on one line: line breaks and tabs become single spaces, and the ends are trimmed.
pub fn one_line(text: &str) -> String {
    let cleaned = clean(text);
    let mut line = String::with_capacity(cleaned.len());
    for word in cleaned.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Cleans a text and keeps its line breaks and tabs; `\r\n` and a lone `\r` become `\n`.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = match character {
            '\u{1b}' => skip_escape(after),
            '\u{9b}' => skip_csi(after),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(after),
            '\r' => {
                cleaned.push('\n');
                after.strip_prefix('\n').unwrap_or(after)
            }
            '\n' | '\t' => {
                cleaned.push(character);
                after
            }
            '\u{2028}' | '\u{2029}' => {
                cleaned.push('\n');
                after
            }
            _ if character.is_control() || reorders(character) => after,
            _ => {
                cleaned.push(character);
                after
            }
        };
    }
    cleaned
}

/// Columns that a text takes on a terminal, counted by grapheme cluster: a family emoji is two, not eight.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(cluster_width).sum()
}

/// Cuts a text to at most `columns`, between grapheme clusters, and marks the cut with `…`.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let next = used + cluster_width(cluster);
        // One column is kept for the ellipsis.
        if next + 1 > columns {
            break;
        }
        fitted.push_str(cluster);
        used = next;
    }
    if columns > 0 {
        fitted.push('…');
    }
    fitted
}

/// Fills a text with spaces up to `columns`; a longer one is cut.
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = fit(text, columns);
    let missing = columns.saturating_sub(width(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// The candidate that is most likely meant by `word`, if one is near enough to be worth a suggestion.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn cluster_width(cluster: &str) -> usize {
    cluster.width().min(2)
}

/// Explicit bidirectional controls (Unicode 15, UAX #9 section 2): they could make a line read as something else.
fn reorders(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// What follows an escape sequence whose ESC has been read (ECMA-48 section 5).
fn skip_escape(after: &str) -> &str {
    let mut characters = after.chars();
    match characters.next() {
        Some('[') => skip_csi(characters.as_str()),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(characters.as_str()),
        // Intermediate bytes, then one final byte: `ESC ( B`.
        Some(' '..='/') => {
            let tail = characters.as_str().trim_start_matches(|c| matches!(c, ' '..='/'));
            let mut tail_characters = tail.chars();
            match tail_characters.next() {
                Some('0'..='~') => tail_characters.as_str(),
                _ => tail,
            }
        }
        Some('0'..='~') => characters.as_str(),
        _ => after,
    }
}

/// What follows a control sequence: parameters, intermediates, one final byte.
fn skip_csi(after: &str) -> &str {
    let tail = after.trim_start_matches(|c| matches!(c, '0'..='?'));
    let tail = tail.trim_start_matches(|c| matches!(c, ' '..='/'));
    let mut characters = tail.chars();
    match characters.next() {
        Some('@'..='~') => characters.as_str(),
        _ => tail,
    }
}

/// What follows a control string, up to BEL or the string terminator. Without an end only the introducer goes,
/// so that one stray byte can't swallow a whole prompt.
fn skip_string(after: &str) -> &str {
    let ends = ["\u{7}", "\u{1b}\\", "\u{9c}"];
    ends.iter()
        .filter_map(|end| after.find(end).map(|at| (at, end.len())))
        .min()
        .map_or(after, |(at, length)| &after[at + length..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_terminal_finds_nothing_to_obey() {
        for (dirty, expected) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}rest", "rest"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}]unterminated", "unterminated"),
            ("\u{9b}2Jgone", "gone"),
            ("\u{1b}(Bascii", "ascii"),
            ("a\u{0}b\u{8}c\u{7f}", "abc"),
            ("safe\u{202e}desrever", "safedesrever"),
            ("two\r\nlines\rthree", "two lines three"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(one_line(dirty), expected, "{dirty:?}");
        }
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in ["موسيقى هادئة", "雨の夜 🎹", "👩‍👩‍👧‍👦 lofi", "naïve café", "'; DROP TABLE takes;--"]
        {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn width_counts_what_the_eye_sees() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("雨"), 2);
        assert_eq!(width("👩‍👩‍👧‍👦"), 2);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(fit("雨の夜", 5), "雨の…");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        assert_eq!(nearest("formt", ["format", "stems"]), Some("format"));
        assert_eq!(nearest("zzz", ["format", "stems"]), None);
    }

    proptest! {
        #[test]
        fn cleaning_is_final_and_leaves_no_control(text in "\\PC*|[\\x00-\\x9f\\[\\]a-z;0-9]*") {
            let once = clean(&text);
            prop_assert!(once.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn a_fitted_text_never_exceeds_its_columns(text in "\\PC*", columns in 0usize..40) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }
    }
}
