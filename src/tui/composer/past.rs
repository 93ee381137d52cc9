//! What can be taken back while typing: snapshots of the text, one for each word that was typed or each piece of work.

use ratatui_textarea::{CursorMove, TextArea};

/// Most snapshots that are kept. A prompt has at most 16 KiB, so they take at most a few megabytes.
const DEPTH: usize = 200;

/// What was done last, so that more of the same belongs to one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Run {
    /// Nothing, or something that is a step by itself.
    #[default]
    Alone,
    /// Letters of a word were typed.
    Typing,
    /// Blanks were typed.
    Spacing,
    /// Letters were erased.
    Erasing,
    /// Text was cut.
    Cutting,
}

/// What can be taken back, and done again.
#[derive(Debug, Clone, Default)]
pub struct Past {
    undone: Vec<Snapshot>,
    done: Vec<Snapshot>,
    pub(super) run: Run,
}

#[derive(Debug, Clone, PartialEq)]
struct Snapshot {
    lines: Vec<String>,
    cursor: (usize, usize),
}

impl Snapshot {
    fn of(area: &TextArea<'_>) -> Self {
        let cursor = area.cursor();
        Self { lines: area.lines().to_vec(), cursor: (cursor.0, cursor.1) }
    }

    fn restore(self, area: &mut TextArea<'static>) {
        *area = TextArea::new(self.lines);
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        area.move_cursor(CursorMove::Jump(narrow(self.cursor.0), narrow(self.cursor.1)));
    }
}

impl Past {
    /// To be called before a change.
    pub(super) fn remember(&mut self, area: &TextArea<'_>, run: Run) {
        let goes_on = run != Run::Alone && run == self.run;
        self.run = run;
        self.undone.clear();
        if goes_on {
            return;
        }
        if self.done.len() == DEPTH {
            self.done.remove(0);
        }
        self.done.push(Snapshot::of(area));
    }

    /// To be called before a letter is put in: the letters of a word, with the blanks before it, are one step.
    pub(super) fn remember_typing(&mut self, area: &TextArea<'_>, letter: char) {
        let blank = letter.is_whitespace();
        if !blank && self.run == Run::Spacing {
            self.run = Run::Typing;
        }
        self.remember(area, if blank { Run::Spacing } else { Run::Typing });
    }

    /// The cursor was moved: what comes is another step.
    pub(super) fn pause(&mut self) {
        self.run = Run::Alone;
    }

    /// Takes a step back, if there is one.
    pub(super) fn undo(&mut self, area: &mut TextArea<'static>) -> bool {
        let Some(before) = self.done.pop() else { return false };
        self.undone.push(Snapshot::of(area));
        before.restore(area);
        self.pause();
        true
    }

    /// Does it again.
    pub(super) fn redo(&mut self, area: &mut TextArea<'static>) -> bool {
        let Some(after) = self.undone.pop() else { return false };
        self.done.push(Snapshot::of(area));
        after.restore(area);
        self.pause();
        true
    }
}
