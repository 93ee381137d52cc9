//! Typing: moving, erasing, cutting and pasting by grapheme clusters, with readline's habits.
//!
//! It changes a [`Composer`] and nothing else. Old prompts and the search through them are in `recall`, big pastes in `fold`,
//! what can be taken back in `past`. What a key means is the keymap's business; here are only letters and [`EditWish`]es.

mod fold;
mod past;
mod recall;

#[cfg(test)]
mod tests;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};
use unicode_segmentation::UnicodeSegmentation;

use super::action::EditWish;
use super::highlight::Highlighter;
pub use super::model::input::Composer;
use crate::model::request::MAX_PROMPT_BYTES;
use crate::util::text;

pub use past::Past;
use past::Run;

/// A place in the text: row, and column in characters.
type Place = (usize, usize);

/// Why text was not taken in. The text stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("that makes {bytes} bytes, and a prompt has room for {MAX_PROMPT_BYTES}")]
pub struct TooLong {
    /// How long the whole would have been.
    pub bytes: usize,
}

impl TooLong {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        "paste less of it, or put it into a file: timbre --generate - < FILE"
    }
}

impl Default for Composer {
    fn default() -> Self {
        Self::new()
    }
}

impl Composer {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            area: TextArea::default(),
            history: Vec::new(),
            recalled: None,
            draft: String::new(),
            search: None,
            brief: None,
            question: 0,
            ask_at: None,
            completion: None,
            killed: String::new(),
            folded: Vec::new(),
            waiting: Vec::new(),
            highlighter: Highlighter::new(),
            past: Past::default(),
        }
    }

    /// The text as it is shown: big pastes are marks.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The text as it will be sent: big pastes stand where their marks are.
    pub fn unfolded(&self) -> String {
        fold::unfold(&self.text(), &self.folded)
    }

    /// Whether there is nothing to send; blanks alone are something to erase, so they count.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// The cursor: row, and column in characters, both from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// The line that the cursor is in.
    pub fn line(&self) -> &str {
        self.row(self.cursor().0)
    }

    /// Puts text in at the cursor, cleaned of what a terminal would obey.
    ///
    /// Errors: [`TooLong`] where a prompt has no room for it.
    pub fn insert(&mut self, text: &str) -> Result<(), TooLong> {
        let clean = text::clean(text).replace('\t', "    ");
        self.make_room(clean.len())?;
        if !clean.is_empty() {
            self.past.remember(&self.area, Run::Alone);
            self.area.insert_str(&clean);
        }
        self.completion = None;
        Ok(())
    }

    /// Puts pasted text in at the cursor. It never sends anything, whatever line breaks it has; a big one is folded into a
    /// mark such as `[pasted 240 lines]`.
    ///
    /// Errors: [`TooLong`] where a prompt has no room for it.
    pub fn paste(&mut self, pasted: &str) -> Result<(), TooLong> {
        // Cleaning may shorten a text, but twice the room is too much in any case, and this bounds the work.
        if pasted.len() > 2 * MAX_PROMPT_BYTES {
            return Err(TooLong { bytes: pasted.len() });
        }
        self.end_search(true);
        let clean = text::clean(pasted).replace('\t', "    ");
        let clean = clean.trim_end_matches('\n');
        self.make_room(clean.len())?;
        if fold::is_big(clean) {
            let mark = fold::mark(clean, |mark| {
                self.folded.iter().any(|(taken, _)| taken == mark)
                    || self.area.lines().iter().any(|line| line.contains(mark))
            });
            self.folded.push((mark.clone(), clean.to_owned()));
            return self.insert(&mark);
        }
        self.insert(clean)
    }

    /// Shows another text, with the cursor at its end. What was there can be had back with undo.
    pub fn set_text(&mut self, text: &str) {
        self.past.remember(&self.area, Run::Alone);
        self.show(text);
        self.completion = None;
    }

    /// Empties it, as Ctrl-C does. What was there can be had back with undo.
    pub fn clear(&mut self) {
        self.end_search(false);
        if !self.is_empty() {
            self.set_text("");
        }
        self.recalled = None;
    }

    /// The whole text to be sent; the composer is empty afterwards, and the text is the newest of the history.
    pub fn take(&mut self) -> String {
        self.end_search(true);
        let sent = self.unfolded();
        self.remember_sent(&sent);
        self.show("");
        self.past = Past::default();
        self.folded.clear();
        self.completion = None;
        self.recalled = None;
        self.draft.clear();
        self.brief = None;
        self.ask_at = None;
        sent
    }

    /// Where the text ends in a backslash, makes a new line of it, as a shell does; says whether it did. To be asked before
    /// a line is sent.
    pub fn continue_line(&mut self) -> bool {
        let (row, column) = self.end();
        let slashes = self.row(row).chars().rev().take_while(|c| *c == '\\').count();
        if slashes % 2 == 0 {
            return false;
        }
        self.past.remember(&self.area, Run::Alone);
        self.remove((row, column - 1), (row, column));
        self.area.insert_newline();
        true
    }

    /// Takes a key that is plain typing; says whether it was. Searching, it goes into what is searched for.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let KeyCode::Char(letter) = key.code else { return false };
        // AltGr arrives as Ctrl and Alt together from some terminals; its letters are none that shortcuts use.
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let modifiers = key.modifiers - KeyModifiers::SHIFT;
        let typing =
            modifiers.is_empty() || (modifiers == alt_gr && !letter.is_ascii_alphanumeric());
        if !typing || key.kind == KeyEventKind::Release {
            return false;
        }
        let mut buffer = [0; 4];
        let letters = text::clean(letter.encode_utf8(&mut buffer));
        let Some(letter) = letters.chars().next().filter(|letter| !letter.is_control()) else {
            return false;
        };
        if self.search.is_some() {
            self.search_type(letter);
            return true;
        }
        if self.make_room(letter.len_utf8()).is_err() {
            return true;
        }
        self.past.remember_typing(&self.area, letter);
        self.area.insert_char(letter);
        true
    }

    /// Does some work on the text; says whether it was work for here. `External`, and `Complete` without choices, are not.
    pub fn apply(&mut self, wish: EditWish) -> bool {
        if self.search.is_some() {
            match wish {
                EditWish::Search | EditWish::Older | EditWish::Up => self.search_next(),
                EditWish::Newer | EditWish::Down => self.search_back(),
                EditWish::EraseLeft => self.search_erase(),
                // Readline's Ctrl-G leaves a search; Ctrl-G is the editor's key otherwise.
                EditWish::External => self.end_search(false),
                _ => {
                    self.end_search(true);
                    return self.apply(wish);
                }
            }
            return true;
        }
        if self.completion.is_some() {
            match wish {
                EditWish::Up | EditWish::Older | EditWish::CompleteBack => {
                    self.choose(-1);
                    return true;
                }
                EditWish::Down | EditWish::Newer => {
                    self.choose(1);
                    return true;
                }
                EditWish::Complete => return self.accept(),
                _ => {}
            }
        }
        match wish {
            EditWish::Left => self.go(self.left_of(self.cursor()), false),
            EditWish::Right => self.go(self.right_of(self.cursor()), true),
            EditWish::WordLeft => self.go(self.word_left(), false),
            EditWish::WordRight => self.go(self.word_right(), true),
            EditWish::Home => self.go((self.cursor().0, 0), false),
            EditWish::End => self.go(self.line_end(self.cursor().0), true),
            EditWish::Up => self.up(),
            EditWish::Down => self.down(),
            EditWish::Older => self.older(),
            EditWish::Newer => self.newer(),
            EditWish::Search => self.begin_search(),
            EditWish::Newline => {
                if self.make_room(1).is_ok() {
                    self.past.remember(&self.area, Run::Alone);
                    self.area.insert_newline();
                }
            }
            EditWish::EraseLeft => self.erase(self.left_of(self.cursor()), self.cursor()),
            EditWish::EraseRight => self.erase(self.cursor(), self.right_of(self.cursor())),
            EditWish::CutWordLeft => self.cut(self.blank_left(), self.cursor(), false),
            EditWish::CutWordRight => self.cut(self.cursor(), self.word_right(), true),
            EditWish::CutToHome => {
                let (row, column) = self.cursor();
                // At the beginning of a line the line break goes, so that the key never seems dead.
                let from = if column == 0 { self.left_of((row, 0)) } else { (row, 0) };
                self.cut(from, (row, column), false);
            }
            EditWish::CutToEnd => {
                let cursor = self.cursor();
                let end = self.line_end(cursor.0);
                let to = if end == cursor { self.right_of(cursor) } else { end };
                self.cut(cursor, to, true);
            }
            EditWish::Yank => {
                let killed = self.killed.clone();
                let whole = fold::unfold(&killed, &self.folded).len();
                if !killed.is_empty() && self.make_room(whole).is_ok() {
                    self.past.remember(&self.area, Run::Alone);
                    self.area.insert_str(&killed);
                }
            }
            EditWish::Transpose => self.transpose(),
            EditWish::Undo => {
                self.past.undo(&mut self.area);
            }
            EditWish::Redo => {
                self.past.redo(&mut self.area);
            }
            EditWish::Unfold => self.unfold_here(),
            EditWish::Complete | EditWish::CompleteBack | EditWish::External => return false,
        }
        true
    }

    /// Replaces what stands between a column of the cursor's line and the cursor.
    pub(super) fn replace_from(&mut self, column: usize, with: &str) {
        let (row, end) = self.cursor();
        self.past.remember(&self.area, Run::Alone);
        self.remove((row, column.min(end)), (row, end));
        self.area.insert_str(with);
    }

    fn row(&self, row: usize) -> &str {
        self.area.lines().get(row).map_or("", String::as_str)
    }

    fn end(&self) -> Place {
        self.line_end(self.area.lines().len().saturating_sub(1))
    }

    fn line_end(&self, row: usize) -> Place {
        (row, self.row(row).chars().count())
    }

    fn make_room(&self, more: usize) -> Result<(), TooLong> {
        let shown = self.area.lines().iter().map(|line| line.len() + 1).sum::<usize>() - 1;
        let whole = if self.folded.is_empty() { shown } else { self.unfolded().len() };
        let bytes = whole + more;
        if bytes <= MAX_PROMPT_BYTES { Ok(()) } else { Err(TooLong { bytes }) }
    }

    /// Shows a text without a word about what was there.
    fn show(&mut self, text: &str) {
        self.area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        self.jump(self.end());
        self.past.pause();
    }

    fn jump(&mut self, (row, column): Place) {
        // A prompt has fewer characters than a u16 counts.
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(narrow(row), narrow(column)));
    }

    /// Moves the cursor, never into a mark: it goes around, in the direction it came.
    fn go(&mut self, place: Place, forward: bool) {
        let place = self.outside_of_marks(place, forward);
        self.jump(place);
        self.past.pause();
    }

    fn outside_of_marks(&self, (row, column): Place, forward: bool) -> Place {
        let line = self.row(row);
        let inside = fold::places(line, &self.folded)
            .find(|range| range.start < column && column < range.end);
        match inside {
            Some(range) if forward => (row, range.end),
            Some(range) => (row, range.start),
            None => (row, column),
        }
    }

    fn left_of(&self, (row, column): Place) -> Place {
        if column == 0 {
            return if row == 0 { (0, 0) } else { self.line_end(row - 1) };
        }
        let before = boundaries(self.row(row)).into_iter().take_while(|at| *at < column).last();
        self.outside_of_marks((row, before.unwrap_or(0)), false)
    }

    fn right_of(&self, (row, column): Place) -> Place {
        match boundaries(self.row(row)).into_iter().find(|at| *at > column) {
            Some(at) => self.outside_of_marks((row, at), true),
            None if row + 1 < self.area.lines().len() => (row + 1, 0),
            None => self.line_end(row),
        }
    }

    fn word_left(&self) -> Place {
        let (row, column) = self.cursor();
        let before = words(self.row(row)).into_iter().rfind(|word| word.0 < column);
        match before {
            Some((start, _)) => self.outside_of_marks((row, start), false),
            None if column == 0 => self.left_of((row, column)),
            None => (row, 0),
        }
    }

    fn word_right(&self) -> Place {
        let (row, column) = self.cursor();
        let after = words(self.row(row)).into_iter().find(|word| word.1 > column);
        match after {
            Some((_, end)) => self.outside_of_marks((row, end), true),
            None if self.line_end(row) == (row, column) => self.right_of((row, column)),
            None => self.line_end(row),
        }
    }

    /// The beginning of what stands before the cursor up to a blank, as readline's Ctrl-W wants it.
    fn blank_left(&self) -> Place {
        let (row, column) = self.cursor();
        if column == 0 {
            return self.left_of((row, column));
        }
        let before = self.row(row).chars().take(column).collect::<Vec<_>>();
        let blanks = before.iter().rev().take_while(|c| c.is_whitespace()).count();
        let letters = before.iter().rev().skip(blanks).take_while(|c| !c.is_whitespace()).count();
        self.outside_of_marks((row, column - blanks - letters), false)
    }

    fn up(&mut self) {
        let (row, column) = self.cursor();
        if row == 0 { self.older() } else { self.go_to_row(row - 1, column) }
    }

    fn down(&mut self) {
        let (row, column) = self.cursor();
        if row + 1 < self.area.lines().len() {
            self.go_to_row(row + 1, column);
        } else {
            self.newer();
        }
    }

    /// The same place of another row, as wide as the eye sees it, never inside of a cluster.
    fn go_to_row(&mut self, row: usize, column: usize) {
        let current = self.line().chars().take(column).collect::<String>();
        let wanted = text::width(&current);
        let (mut width, mut at) = (0, 0);
        for cluster in self.row(row).graphemes(true) {
            let next = width + text::width(cluster);
            if next > wanted {
                break;
            }
            (width, at) = (next, at + cluster.chars().count());
        }
        self.go((row, at), false);
    }

    fn erase(&mut self, from: Place, to: Place) {
        if from == to {
            return;
        }
        self.past.remember(&self.area, Run::Erasing);
        self.remove(from, to);
    }

    /// Erases and keeps what was erased; cuts in a row are kept as one.
    fn cut(&mut self, from: Place, to: Place, forward: bool) {
        if from >= to {
            return;
        }
        let goes_on = self.past.run == Run::Cutting;
        self.past.remember(&self.area, Run::Cutting);
        let removed = self.remove(from, to);
        self.killed = match (goes_on, forward) {
            (true, true) => format!("{}{removed}", self.killed),
            (true, false) => format!("{removed}{}", self.killed),
            (false, _) => removed,
        };
    }

    /// Takes the text between two places out, and leaves the cursor there.
    fn remove(&mut self, from: Place, to: Place) -> String {
        let mut removed = String::new();
        for row in from.0..=to.0 {
            let line = self.row(row);
            let start = if row == from.0 { byte_at(line, from.1) } else { 0 };
            let end = if row == to.0 { byte_at(line, to.1) } else { line.len() };
            removed.push_str(line.get(start..end).unwrap_or_default());
            if row < to.0 {
                removed.push('\n');
            }
        }
        self.jump(from);
        self.area.delete_str(removed.chars().count());
        removed
    }

    /// Swaps the clusters around the cursor, and goes on by one; at the end of a line the last two.
    fn transpose(&mut self) {
        let (row, column) = self.cursor();
        let end = self.line_end(row).1;
        let middle = if column == end { self.left_of((row, column)).1 } else { column };
        if middle == 0 || middle >= end {
            return;
        }
        let (from, to) = (self.left_of((row, middle)), self.right_of((row, middle)));
        self.past.remember(&self.area, Run::Alone);
        let both = self.remove(from, to);
        let split = byte_at(&both, middle - from.1);
        let (left, right) = both.split_at(split);
        let swapped = format!("{right}{left}");
        self.area.insert_str(&swapped);
    }
}

/// Columns between grapheme clusters, with that of the end.
fn boundaries(line: &str) -> Vec<usize> {
    let mut at = 0;
    let mut columns = vec![0];
    for cluster in line.graphemes(true) {
        at += cluster.chars().count();
        columns.push(at);
    }
    columns
}

/// First and last columns of the words of a line (UAX #29).
fn words(line: &str) -> Vec<Place> {
    let mut at = 0;
    let mut words = Vec::new();
    for piece in line.split_word_bounds() {
        let end = at + piece.chars().count();
        // An emoji is a word to the hand, though not to the standard.
        if piece.chars().any(|c| c.is_alphanumeric() || (!c.is_ascii() && !c.is_whitespace())) {
            words.push((at, end));
        }
        at = end;
    }
    words
}

/// Byte offset of a column.
fn byte_at(line: &str, column: usize) -> usize {
    line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}
