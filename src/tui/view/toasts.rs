//! Short messages in the lower right, the newest lowest. They say what happened and what to do next.

use ratatui::layout::Rect;

use crate::tui::draw::{Pen, marks, measure, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;

/// Messages that are shown at once.
const MOST: usize = 4;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if area.width < 6 {
        return;
    }
    let columns = usize::from(area.width.saturating_sub(6)).min(56);
    let mut bottom = area.bottom();
    for toast in model.toasts.iter().rev().take(MOST) {
        let (mut rows, _) = measure::paragraphs(&toast.text, columns, 4);
        let said = rows.len();
        if !toast.hint.is_empty() {
            rows.extend(measure::paragraphs(&format!("→ {}", toast.hint), columns, 3).0);
        }
        let height = rows.len() as u16;
        if rows.is_empty() || bottom < area.y + height {
            return;
        }
        let width = rows.iter().map(|row| measure::width(row)).max().unwrap_or(0) as u16 + 4;
        bottom -= height;
        let place = Rect::new(area.right().saturating_sub(width + 1), bottom, width, height);
        pen.clear(place, Scope::Toast);
        let (mark, scope) = marks::weight(toast.weight);
        pen.mark(place.x + 1, place.y, mark, scope);
        for (index, row) in rows.iter().enumerate() {
            let line = row_of(place, index as u16);
            let scope = if index < said { Scope::Toast } else { Scope::Hint };
            pen.text(line.x + 3, line.y, line.width.saturating_sub(3), row, scope);
        }
    }
}
