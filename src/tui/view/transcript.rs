//! The transcript: only the cells in sight are measured and drawn, however many there are. Scrolling walks from where it is,
//! cell by cell, and never looks at the whole conversation.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{cell, empty, layout};
use crate::tui::draw::Pen;
use crate::tui::model::conversation::Scroll;
use crate::tui::model::{Focus, Model};
use crate::tui::scope::Scope;

/// A cell in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible {
    /// Its index in the conversation.
    pub cell: usize,
    /// Its lines that are above the edge.
    pub skip: usize,
    /// Where its lines in sight are.
    pub area: Rect,
}

/// The first line in sight: its cell, and its line in it.
type Top = (usize, usize);

/// The area of the transcript on the terminal, as the model knows it.
pub fn area(model: &Model) -> Rect {
    layout::screen(model, layout::terminal(model)).main
}

/// The cells in sight of an area, from its top down.
pub fn visible(model: &Model, area: Rect) -> Vec<Visible> {
    let cells = &model.conversation.cells;
    let mut seen = Vec::new();
    if area.is_empty() || cells.is_empty() {
        return seen;
    }
    let (first, mut skip) = top(model, area);
    let mut y = area.y;
    for (index, cell) in cells.iter().enumerate().skip(first) {
        if y >= area.bottom() {
            break;
        }
        let rows = cell::height(cell, model, area.width).saturating_sub(skip);
        let rows = rows.min(usize::from(area.bottom() - y)) as u16;
        seen.push(Visible { cell: index, skip, area: Rect::new(area.x, y, area.width, rows) });
        y += rows;
        skip = 0;
    }
    seen
}

/// Where the transcript is after moving by lines; fewer than 0 move up. It ends at [`Scroll::Bottom`], which then follows
/// what comes.
pub fn scroll_by(model: &Model, lines: i32) -> Scroll {
    let area = area(model);
    if model.conversation.cells.is_empty() {
        return Scroll::Bottom;
    }
    let moved = if lines < 0 {
        back(model, area.width, top(model, area), lines.unsigned_abs() as usize)
    } else {
        forth(model, area.width, top(model, area), lines as usize)
    };
    settled(model, area, moved)
}

/// Where the transcript is so that a cell is in sight, all of it where it fits; it moves only as far as it must.
pub fn reveal(model: &Model, cell: usize) -> Scroll {
    let area = area(model);
    let Some(wanted) = model.conversation.cells.get(cell) else { return model.conversation.scroll };
    let (first, skip) = top(model, area);
    if cell < first || (cell == first && skip > 0) {
        return settled(model, area, (cell, 0));
    }
    let height = cell::height(wanted, model, area.width);
    if height >= usize::from(area.height) {
        return settled(model, area, (cell, 0));
    }
    // Counted from the top, the cell may lie far below; what is further than a screen is not counted to its end.
    let mut above = 0;
    for (index, other) in model.conversation.cells.iter().enumerate().take(cell).skip(first) {
        above += cell::height(other, model, area.width) - if index == first { skip } else { 0 };
        if above + height > usize::from(area.height) {
            let room = usize::from(area.height) - height;
            return settled(model, area, back(model, area.width, (cell, 0), room));
        }
    }
    model.conversation.scroll
}

/// The first line in sight.
fn top(model: &Model, area: Rect) -> Top {
    match model.conversation.scroll {
        Scroll::Bottom => bottom(model, area),
        Scroll::At { cell, line } => {
            let cells = &model.conversation.cells;
            let cell = cell.min(cells.len().saturating_sub(1));
            let height = cells.get(cell).map_or(0, |cell| cell::height(cell, model, area.width));
            let wanted = (cell, line.min(height.saturating_sub(1)));
            if fills(model, area, wanted) { wanted } else { bottom(model, area) }
        }
    }
}

/// The first line in sight when the last line of all is on the last row.
fn bottom(model: &Model, area: Rect) -> Top {
    back(model, area.width, (model.conversation.cells.len(), 0), usize::from(area.height))
}

/// Whether there are lines for the whole height from here on.
fn fills(model: &Model, area: Rect, top: Top) -> bool {
    let mut rows = 0;
    for (index, cell) in model.conversation.cells.iter().enumerate().skip(top.0) {
        rows += cell::height(cell, model, area.width) - if index == top.0 { top.1 } else { 0 };
        if rows >= usize::from(area.height) {
            return true;
        }
    }
    false
}

fn settled(model: &Model, area: Rect, top: Top) -> Scroll {
    let (cell, line) = top;
    // A line more than the height must be there, else this is the end.
    let end = !fills(model, Rect { height: area.height.saturating_add(1), ..area }, top);
    if end { Scroll::Bottom } else { Scroll::At { cell, line } }
}

fn back(model: &Model, width: u16, from: Top, mut lines: usize) -> Top {
    let (mut index, line) = from;
    if lines <= line {
        return (index, line - lines);
    }
    lines -= line;
    while index > 0 {
        index -= 1;
        let height =
            model.conversation.cells.get(index).map_or(0, |cell| cell::height(cell, model, width));
        if lines <= height {
            return (index, height - lines);
        }
        lines -= height;
    }
    (0, 0)
}

fn forth(model: &Model, width: u16, from: Top, mut lines: usize) -> Top {
    let (mut index, mut line) = from;
    while let Some(cell) = model.conversation.cells.get(index) {
        let height = cell::height(cell, model, width);
        if line + lines < height {
            return (index, line + lines);
        }
        lines -= height.saturating_sub(line).min(lines);
        line = 0;
        index += 1;
    }
    (index.saturating_sub(1), 0)
}

/// Draws the transcript.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if model.conversation.cells.is_empty() {
        empty::transcript(model, pen, area);
        return;
    }
    for place in visible(model, area) {
        let Some(cell) = model.conversation.cells.get(place.cell) else { continue };
        let chosen = model.conversation.selected == Some(place.cell);
        let height = cell::height(cell, model, area.width);
        if place.skip == 0 && usize::from(place.area.height) == height {
            cell::draw(cell, model, pen, place.area);
        } else {
            // A cell that is cut by an edge is drawn aside from its first line on, and the rows in sight are taken over.
            // It has its full height there, up to what no waveform exceeds; long texts are cut where the edge is.
            let until = (place.skip + usize::from(place.area.height)).max(height.min(64));
            let whole = Rect::new(0, 0, area.width, u16::try_from(until).unwrap_or(u16::MAX));
            let mut aside = Buffer::empty(whole);
            let mut other = Pen::new(&mut aside, &model.look.theme, model.look.glyphs);
            other.clear(whole, Scope::Text);
            cell::draw(cell, model, &mut other, whole);
            pen.take_over(&aside, place.skip, place.area);
        }
        if chosen && area.width > 2 {
            let scope =
                if model.focus == Focus::Transcript { Scope::BorderFocus } else { Scope::Border };
            let rows = place
                .area
                .height
                .saturating_sub(u16::from(usize::from(place.area.height) + place.skip == height));
            for y in place.area.y..place.area.y + rows.max(1) {
                pen.mark(place.area.x, y, '▌', scope);
            }
        }
    }
    if area.height > 2 && model.conversation.scroll != Scroll::Bottom {
        let row = Rect::new(area.x, area.bottom() - 1, area.width, 1);
        pen.text_right(row.x, row.y, row.width, " more below ↓ ", Scope::Hint);
    }
}
