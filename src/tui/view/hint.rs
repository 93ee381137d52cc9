//! The last line: which place has the keys, and the most useful of them.

use ratatui::layout::Rect;

use crate::tui::draw::{Pen, measure};
use crate::tui::model::panes::Overlay;
use crate::tui::model::{Focus, Model};
use crate::tui::scope::Scope;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, row: Rect) {
    if row.width < 4 || row.height == 0 {
        return;
    }
    let place = place(model);
    let mut x = row.x + 1;
    x += pen.text(x, row.y, row.right() - x, place, Scope::Strong) + 2;
    for (key, word) in &model.hints {
        let wanted = (measure::width(key) + measure::width(word) + 1) as u16;
        if x + wanted > row.right() {
            break;
        }
        x += pen.text(x, row.y, row.right() - x, key, Scope::Hint) + 1;
        x += pen.text(x, row.y, row.right().saturating_sub(x), word, Scope::Dim) + 2;
    }
}

/// The word of the place that has the keys.
fn place(model: &Model) -> &'static str {
    match model.overlays.last() {
        Some(Overlay::Palette(_)) => return "commands",
        Some(Overlay::Pick(_)) => return "choose",
        Some(Overlay::Help { .. }) => return "keys",
        Some(Overlay::Confirm { .. }) => return "question",
        Some(Overlay::Welcome) => return "welcome",
        Some(Overlay::Tour(_)) => return "tour",
        None => {}
    }
    match model.focus {
        Focus::Composer if model.composer.search.is_some() => "search",
        Focus::Composer => "prompt",
        Focus::Transcript => "transcript",
        Focus::Inspector => model.inspector.tab.word(),
        Focus::View => model.big.as_ref().map_or("view", |big| big.kind.word()),
    }
}
