//! The cells of the transcript: how high each one is, and how it is drawn. Every cell but a prompt ends in an empty line, so
//! that a prompt stands close to what came of it.

mod job;
mod take;

use ratatui::layout::Rect;

use crate::model::card::TakeCard;
use crate::tui::draw::{Pen, below, marks, measure, right_of, row_of};
use crate::tui::model::Model;
use crate::tui::model::conversation::Cell;
use crate::tui::scope::Scope;
use crate::util::text::one_line;

pub(super) use job::JobState;
pub use take::wave_area;
pub(super) use take::{facts, looped, playhead, ticks};

/// Columns before the text of a cell: the mark of the choice and a space.
pub(super) const GUTTER: u16 = 2;
/// Lines of a prompt that are shown.
const PROMPT_LINES: usize = 12;

/// Rows that a cell takes at a width. It costs as much as wrapping the cell's own text.
pub fn height(cell: &Cell, model: &Model, width: u16) -> usize {
    let columns = inner(width);
    match cell {
        Cell::Prompt { text, .. } => {
            let (rows, more) = measure::paragraphs(text, columns.saturating_sub(2), PROMPT_LINES);
            rows.len().max(1) + usize::from(more)
        }
        Cell::Job(card) => {
            let state = JobState::of(card, model);
            match state.take {
                Some(take) => take::height(take, model),
                None => job::height(&state, columns),
            }
        }
        Cell::Note(note) => {
            measure::paragraphs(&note.text, columns.saturating_sub(2), usize::MAX).0.len() + 1
        }
        Cell::Told { title, lines, .. } => told(title, lines, columns).len() + 1,
    }
}

/// Draws a cell into an area of its height; a lower one cuts it.
pub(super) fn draw(cell: &Cell, model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let inside = right_of(area, GUTTER);
    let inside = Rect { width: inside.width.saturating_sub(1), ..inside };
    match cell {
        Cell::Prompt { text, parent } => prompt(model, pen, inside, text, parent.as_deref()),
        Cell::Job(card) => {
            let state = JobState::of(card, model);
            match state.take {
                Some(take) => take::draw(take, model, pen, inside),
                None => job::draw(&state, model, pen, inside),
            }
        }
        Cell::Note(note) => {
            let (rows, _) =
                measure::paragraphs(&note.text, inner(area.width).saturating_sub(2), usize::MAX);
            pen.text(inside.x, inside.y, 1, "✎", Scope::Hint);
            for (index, row) in rows.iter().enumerate() {
                let line = row_at(inside, index);
                pen.text(line.x + 2, line.y, line.width.saturating_sub(2), row, Scope::Text);
            }
        }
        Cell::Told { weight, title, lines } => {
            let (mark, scope) = marks::weight(*weight);
            for (index, (row, heading)) in told(title, lines, inner(area.width)).iter().enumerate()
            {
                let line = row_at(inside, index);
                if line.height == 0 {
                    break;
                }
                if index == 0 {
                    pen.mark(line.x, line.y, mark, scope);
                }
                let scope = if *heading { Scope::Strong } else { Scope::Text };
                pen.text(line.x + 2, line.y, line.width.saturating_sub(2), row, scope);
            }
        }
    }
}

fn prompt(model: &Model, pen: &mut Pen<'_>, area: Rect, text: &str, parent: Option<&str>) {
    let columns = usize::from(area.width.saturating_sub(2));
    let (rows, more) = measure::paragraphs(text, columns, PROMPT_LINES);
    pen.text(area.x, area.y, 1, "›", Scope::PromptMark);
    for (index, row) in rows.iter().enumerate() {
        let line = row_at(area, index);
        let used = pen.text(line.x + 2, line.y, line.width.saturating_sub(2), row, Scope::Prompt);
        if index + 1 == rows.len()
            && let Some(number) = parent.and_then(|id| model.takes.get(id)).map(|take| take.number)
            && used + 12 < line.width
        {
            pen.text(line.x + 3 + used, line.y, 12, &format!(" ↳ {number}"), Scope::Dim);
        }
    }
    if more {
        let line = row_at(area, rows.len());
        pen.text(line.x + 2, line.y, line.width.saturating_sub(2), "… more of it", Scope::Dim);
    }
}

/// Rows of what Timbre says, and whether each is its heading.
fn told(title: &str, lines: &[String], columns: usize) -> Vec<(String, bool)> {
    let columns = columns.saturating_sub(2);
    let mut rows = Vec::new();
    if !title.is_empty() {
        rows.extend(
            measure::paragraphs(title, columns, usize::MAX).0.into_iter().map(|row| (row, true)),
        );
    }
    for line in lines {
        let (wrapped, _) = measure::paragraphs(line, columns, usize::MAX);
        if wrapped.is_empty() {
            rows.push((String::new(), false));
        }
        rows.extend(wrapped.into_iter().map(|row| (row, false)));
    }
    rows
}

/// The title of a take; its prompt where it has none.
pub(super) fn title(take: &TakeCard) -> String {
    let title = one_line(&take.title);
    if !title.is_empty() {
        return title;
    }
    let prompt = one_line(&take.prompt);
    if prompt.is_empty() { "untitled".to_owned() } else { prompt }
}

/// Columns for text in a cell: without the gutter and the last column, which stays free.
fn inner(width: u16) -> usize {
    usize::from(width.saturating_sub(GUTTER + 1).max(1))
}

fn row_at(area: Rect, index: usize) -> Rect {
    row_of(area, u16::try_from(index).unwrap_or(u16::MAX))
}

/// What is below the first rows of a cell.
fn rest(area: Rect, rows: usize) -> Rect {
    below(area, u16::try_from(rows).unwrap_or(u16::MAX))
}
