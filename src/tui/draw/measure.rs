//! Text measured in columns, as the terminal lays it out: by grapheme clusters, wide ones counted as they are drawn.
//!
//! It agrees with the buffer that cells are written to, so that what is measured here is what is used there.

use std::ops::Range;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Columns of one grapheme cluster; 0 for what a terminal does not show, and for control characters, which are never drawn.
pub fn cluster(text: &str) -> usize {
    match text.as_bytes() {
        [byte] => usize::from((0x20..0x7f).contains(byte)),
        _ if text.contains(char::is_control) => 0,
        _ => usize::from(text.cell_width()),
    }
}

/// Columns of a text on one line.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.graphemes(true).map(cluster).sum()
}

/// Whether a text is made of printable ASCII alone, and takes as many columns as it has bytes.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Cuts a text to at most so many columns between clusters; where something is cut, `…` takes the last column.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for piece in text.graphemes(true) {
        used += cluster(piece);
        if used >= columns {
            break;
        }
        fitted.push_str(piece);
    }
    if columns > 0 {
        fitted.push('…');
    }
    fitted
}

/// Where a line without line breaks is broken: byte ranges that together are the whole line, none wider than `columns`
/// (unless one cluster alone is). Lines break after spaces, and inside of a word only where it is longer than a line;
/// spaces that hang over the edge stay with the line before them.
pub fn wrap(line: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(1);
    if is_plain(line) && line.len() <= columns {
        return std::iter::once(0..line.len()).collect();
    }
    let mut rows = Vec::new();
    // `start` begins the row, `used` are its columns until now, and `breakable` is the last place after a space in it.
    let (mut start, mut used) = (0, 0);
    let mut breakable: Option<(usize, usize)> = None;
    for (at, piece) in line.grapheme_indices(true) {
        let size = cluster(piece);
        let is_space = piece.chars().all(char::is_whitespace);
        // What follows the last space may itself be too long for a row, so this can break twice.
        while used + size > columns && at > start && !is_space {
            match breakable.filter(|(place, _)| *place > start) {
                Some((place, before)) => {
                    rows.push(start..place);
                    start = place;
                    used -= before;
                }
                None => {
                    rows.push(start..at);
                    start = at;
                    used = 0;
                }
            }
            breakable = None;
        }
        used += size;
        if is_space {
            breakable = Some((at + piece.len(), used));
        }
    }
    rows.push(start..line.len());
    rows
}

/// A cleaned text with all of its lines wrapped, at most `limit` of them; the flag tells whether there are more.
pub fn paragraphs(text: &str, columns: usize, limit: usize) -> (Vec<String>, bool) {
    let cleaned = crate::util::text::clean(text);
    let mut rows = Vec::new();
    for line in cleaned.lines() {
        let line = line.replace('\t', "    ");
        for range in wrap(&line, columns) {
            if rows.len() == limit {
                return (rows, true);
            }
            rows.push(line.get(range).unwrap_or_default().trim_end().to_owned());
        }
    }
    (rows, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(line: &str, columns: usize) -> Vec<&str> {
        wrap(line, columns).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn lines_break_after_spaces_and_inside_of_long_words_only() {
        assert_eq!(rows("slow rain on tin", 9), ["slow rain ", "on tin"]);
        assert_eq!(rows("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(rows("雨の夜の音楽", 5), ["雨の", "夜の", "音楽"]);
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("a b", 1), ["a ", "b"]);
    }

    #[test]
    fn a_cut_never_leaves_half_a_letter() {
        assert_eq!(fit("雨の夜", 4), "雨…");
        assert_eq!(fit("雨の夜", 5), "雨の…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(width("e\u{301}tude"), 5);
        assert_eq!(width("a\u{1b}b"), 2);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_never_overflows(line in "[^\\n\\r]{0,200}", columns in 1usize..40) {
            let ranges = wrap(&line, columns);
            let whole: String = ranges.iter().map(|range| &line[range.clone()]).collect();
            prop_assert_eq!(&whole, &line);
            for range in ranges {
                let row = line[range].trim_end();
                let widest = row.graphemes(true).map(cluster).max().unwrap_or(0);
                prop_assert!(width(row) <= columns.max(widest), "{row:?} is wider than {columns}");
            }
        }

        #[test]
        fn a_fitted_text_has_at_most_its_columns(text in "\\PC{0,60}", columns in 0usize..40) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }
    }
}
