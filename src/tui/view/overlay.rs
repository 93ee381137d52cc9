//! What lies over everything and has the keys: pickers, the keys of a place, a question, the first start, the tour.

mod guide;
mod picker;

pub use guide::{FIRST_PROMPT, STEPS};
use ratatui::layout::{Position, Rect};

use super::hits::Target;
use crate::tui::draw::bounds::{centred, inset};
use crate::tui::draw::{Pen, measure, row_of};
use crate::tui::model::Model;
use crate::tui::model::panes::Overlay;
use crate::tui::scope::Scope;
use crate::util::text::one_line;

/// Draws one, and returns where the cursor is.
pub(super) fn draw(
    lying: &Overlay,
    model: &Model,
    pen: &mut Pen<'_>,
    screen: Rect,
) -> Option<Position> {
    let area = place(lying, model, screen);
    if area.is_empty() {
        return None;
    }
    pen.clear(area, Scope::Popup);
    match lying {
        Overlay::Palette(list) | Overlay::Pick(list) => return picker::draw(list, pen, area),
        Overlay::Help { top } => help(model, pen, area, *top),
        Overlay::Confirm { question, .. } => confirm(pen, area, question),
        Overlay::Welcome => guide::welcome(model, pen, area),
        Overlay::Tour(step) => guide::tour(pen, area, *step),
    }
    None
}

/// Where one lies.
fn place(lying: &Overlay, model: &Model, screen: Rect) -> Rect {
    let width = |most: u16| screen.width.saturating_sub(4).min(most).max(screen.width.min(12));
    match lying {
        Overlay::Palette(list) | Overlay::Pick(list) => {
            let rows = (list.matches.len().clamp(1, 16) as u16) + 4;
            let area = centred(screen, width(84), rows);
            // A list that shrinks while one types must not jump: its upper edge stays.
            Rect {
                y: screen.y + (screen.height / 8).min(screen.height.saturating_sub(area.height)),
                ..area
            }
        }
        Overlay::Help { .. } => {
            let rows = help_rows(model).len() as u16 + 2;
            centred(
                screen,
                width(72),
                rows.min(screen.height.saturating_sub(2)).max(screen.height.min(3)),
            )
        }
        Overlay::Confirm { question, .. } => {
            let columns = width(60);
            let (rows, _) =
                measure::paragraphs(question, usize::from(columns.saturating_sub(4).max(1)), 8);
            centred(screen, columns, rows.len() as u16 + 4)
        }
        Overlay::Welcome => centred(screen, width(74), 19),
        Overlay::Tour(_) => {
            let area = centred(screen, width(60), 9);
            // In the upper right, so that what it speaks of can be seen.
            Rect {
                x: screen.right().saturating_sub(area.width + 1).max(screen.x),
                y: screen.y + 1.min(screen.height - area.height),
                ..area
            }
        }
    }
}

/// What lies under the mouse while one is there.
pub(super) fn hit(lying: &Overlay, model: &Model, screen: Rect, at: Position) -> Target {
    let area = place(lying, model, screen);
    if !area.contains(at) {
        return Target::Outside;
    }
    match lying {
        Overlay::Palette(list) | Overlay::Pick(list) => {
            picker::row_at(list, area, at).map_or(Target::Popup, Target::PopupRow)
        }
        _ => Target::Popup,
    }
}

fn confirm(pen: &mut Pen<'_>, area: Rect, question: &str) {
    let inside = pen.frame(area, "question", Scope::BorderFocus, Scope::Title);
    let inside = inset(inside, 1, 0);
    let (rows, _) = measure::paragraphs(question, usize::from(inside.width.max(1)), 8);
    for (index, row) in rows.iter().enumerate() {
        let line = row_of(inside, index as u16);
        pen.text(line.x, line.y, line.width, row, Scope::Strong);
    }
    let line = row_of(inside, inside.height.saturating_sub(1));
    pen.pieces(
        line.x,
        line.y,
        line.width,
        [("y", Scope::Hint), (" yes   ", Scope::Text), ("n", Scope::Hint), (" no", Scope::Text)],
    );
}

/// Lines of the help: a heading, or a key with what it does.
fn help_rows(model: &Model) -> Vec<(&str, &str)> {
    let mut rows = Vec::new();
    for (heading, keys) in &model.help {
        if !rows.is_empty() {
            rows.push(("", ""));
        }
        rows.push((heading.as_str(), ""));
        rows.extend(keys.iter().map(|(key, doc)| (key.as_str(), doc.as_str())));
    }
    rows
}

/// The last line that the help can begin with at the model's size, so that its end is on the last row.
pub(super) fn help_most(model: &Model, screen: Rect) -> usize {
    let area = place(&Overlay::Help { top: 0 }, model, screen);
    help_rows(model).len().saturating_sub(usize::from(area.height.saturating_sub(2)))
}

fn help(model: &Model, pen: &mut Pen<'_>, area: Rect, top: usize) {
    let inside = inset(pen.frame(area, "keys", Scope::BorderFocus, Scope::Title), 1, 0);
    let rows = help_rows(model);
    let keys =
        rows.iter().filter(|(_, doc)| !doc.is_empty()).map(|(key, _)| measure::width(key)).max();
    let keys = (keys.unwrap_or(0) as u16 + 2).min(inside.width / 2);
    let top = top.min(rows.len().saturating_sub(usize::from(inside.height)));
    for (at, (key, doc)) in rows.iter().enumerate().skip(top).take(usize::from(inside.height)) {
        let line = row_of(inside, (at - top) as u16);
        if doc.is_empty() {
            pen.text(line.x, line.y, line.width, &one_line(key), Scope::Title);
            continue;
        }
        pen.text(line.x, line.y, keys, &one_line(key), Scope::Hint);
        pen.text(
            line.x + keys,
            line.y,
            line.width.saturating_sub(keys),
            &one_line(doc),
            Scope::Text,
        );
    }
    if top + usize::from(inside.height) < rows.len() && area.width > 16 {
        pen.text_right(area.x, area.bottom() - 1, area.width - 2, " more ↓ ", Scope::Hint);
    }
}
