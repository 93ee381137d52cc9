//! Big pastes: a mark stands for them in the text, and the whole of them is sent.

use std::ops::Range;

use super::{Composer, Run};

/// Lines from which on a pasted text is folded.
const BIG_LINES: usize = 10;
/// Characters from which on it is.
const BIG_CHARACTERS: usize = 1_000;

/// Whether a text would push everything else out of sight.
pub(super) fn is_big(text: &str) -> bool {
    text.lines().count() > BIG_LINES || text.chars().nth(BIG_CHARACTERS).is_some()
}

/// A mark for a text that no other text has.
pub(super) fn mark(text: &str, taken: impl Fn(&str) -> bool) -> String {
    let what = match text.lines().count() {
        1 => format!("{} characters", text.chars().count()),
        lines => format!("{lines} lines"),
    };
    let plain = format!("[pasted {what}]");
    let numbered = (2..).map(|number| format!("[pasted {what} #{number}]"));
    // There are more numbers than pastes that fit into a prompt, so one is always free.
    std::iter::once(plain.clone()).chain(numbered).find(|mark| !taken(mark)).unwrap_or(plain)
}

/// Columns of the marks in a line.
pub(super) fn places<'a>(
    line: &'a str,
    folded: &'a [(String, String)],
) -> impl Iterator<Item = Range<usize>> + 'a {
    folded.iter().flat_map(move |(mark, _)| {
        line.match_indices(mark.as_str()).map(move |(at, _)| {
            let start = line.get(..at).unwrap_or_default().chars().count();
            start..start + mark.chars().count()
        })
    })
}

/// Puts the texts where their marks are. What a text says itself is never taken for a mark.
pub(super) fn unfold(shown: &str, folded: &[(String, String)]) -> String {
    let mut whole = String::with_capacity(shown.len());
    let mut rest = shown;
    loop {
        // No mark is a part of another one, so two never begin at the same place.
        let next = folded
            .iter()
            .filter_map(|(mark, text)| Some((rest.find(mark.as_str())?, mark, text)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, mark, text)) = next else { break };
        let (before, after) = rest.split_at(at);
        whole.push_str(before);
        whole.push_str(text);
        rest = after.strip_prefix(mark.as_str()).unwrap_or_default();
    }
    whole.push_str(rest);
    whole
}

impl Composer {
    /// Shows the text of the mark at the cursor, or of all of them where the cursor is at none.
    pub(super) fn unfold_here(&mut self) {
        let (row, column) = self.cursor();
        let line = self.row(row);
        let here = self.folded.iter().position(|entry| {
            places(line, std::slice::from_ref(entry))
                .any(|range| range.start <= column && column <= range.end)
        });
        let chosen = match here {
            Some(index) => self.folded.get(index).cloned().into_iter().collect::<Vec<_>>(),
            None => self.folded.clone(),
        };
        let shown = self.text();
        let text = unfold(&shown, &chosen);
        if text != shown {
            self.past.remember(&self.area, Run::Alone);
            self.show(&text);
        }
    }
}
